#include "global_scheduler/log_question.hpp"

#include "wire/query.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>

namespace rayd {

namespace {

using json = nlohmann::json;

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_in(const json& from, const char* name) {
  const auto at = from.find(name);
  return at != from.end() && at->is_string() ? at->get<std::string>() : "";
}

log_step refuse(const std::string& sentence) {
  return {log_step::kind::answer, text_of({{"error", sentence}}), 0};
}

/// *question* for the process *pid* of *node*; 0: the node itself.
log_step ask(const head_machine& machine, json question,
             const std::string& node, std::int64_t pid) {
  const auto at = machine.nodes().find(parse_node(node));
  if (at == machine.nodes().end())
    return refuse(fmt::format("there is no node \"{}\": rayd list nodes shows "
                              "those there are",
                              node));
  if (!counts(at->second))
    return refuse(fmt::format("node {} is dead: its logs are in its session "
                              "folder on its machine",
                              node));
  question["pid"] = pid;
  if (pid != 0)
    question["worker"] = fmt::format("{}:{}", node, pid);
  return {log_step::kind::ask_node, text_of(question), at->first};
}

} // namespace

log_step log_asked(const head_machine& machine, const std::string& text) {
  const auto asked = json::parse(text, nullptr, false);
  const auto kind = text_in(asked, "kind");
  const auto id = text_in(asked, "id");
  if (kind == "node" || kind == "files")
    return ask(machine, asked, id, 0);
  if (kind == "worker") {
    const auto colon = id.find(':');
    std::int64_t pid = 0;
    if (colon != std::string::npos)
      std::from_chars(id.data() + colon + 1, id.data() + id.size(), pid);
    if (pid <= 0)
      return refuse(fmt::format("\"{}\" is not the id of a worker: those are "
                                "NODE:PID, such as n1:4711",
                                id));
    return ask(machine, asked, id.substr(0, colon), pid);
  }
  if (kind == "task" || kind == "actor") {
    if (!parse_object_id(id))
      return refuse(fmt::format("\"{}\" is not the id of a task or actor: "
                                "those have 32 hexadecimal digits, rayd dump "
                                "shows them",
                                id));
    return {log_step::kind::ask_store, id, 0};
  }
  return refuse("logs are those of a kind: worker, node, task, actor or files "
                "(of a node)");
}

log_step log_recorded(const head_machine& machine, const std::string& text,
                      const std::string& page) {
  const auto asked = json::parse(text, nullptr, false);
  const auto answer = json::parse(page, nullptr, false);
  if (!answer.is_object() || !answer.contains("row"))
    return {log_step::kind::answer,
            answer.is_object() && answer.contains("error") ? page
                                                           : log_unanswered(0),
            0};
  const auto& task = answer["row"];
  const auto pid = task.find("pid");
  const auto number = pid != task.end() && pid->is_number_integer()
                        ? pid->get<std::int64_t>()
                        : 0;
  if (number == 0 || text_in(task, "node").empty())
    return refuse(fmt::format("{} has not run yet: rayd why says what it "
                              "waits for",
                              text_in(asked, "id")));
  return ask(machine, asked, text_in(task, "node"), number);
}

log_step log_refused() {
  return refuse("the head is asked for too many logs at once: try again");
}

std::string log_unanswered(node_index node) {
  if (node == 0)
    return text_of({{"error", "the control store does not answer"}});
  return text_of({{"error", fmt::format("node {}, which has this log, does not "
                                        "answer",
                                        node_name(node))}});
}

} // namespace rayd
