#include "cli/ask_apart.hpp"
#include "cli/cluster_view.hpp"
#include "cli/commands.hpp"
#include "cli/ended_logs.hpp"
#include "cli/table.hpp"
#include "wire/query.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ostream>
#include <thread>

namespace rayd {

namespace {

using json = nlohmann::json;

constexpr std::chrono::milliseconds follow_interval{300};
constexpr std::uint64_t tail_max = 100'000;

std::vector<flag> log_flags() {
  auto flags = query_flags();
  flags.push_back({"tail", "N", "Only the last N lines."});
  flags.push_back({"follow", "", "Go on with what is written from now on, "
                                 "until the process ends."});
  return flags;
}

std::string text_in(const json& from, const char* name) {
  const auto at = from.find(name);
  return at != from.end() && at->is_string() ? at->get<std::string>() : "";
}

std::uint64_t number_in(const json& from, const char* name) {
  const auto at = from.find(name);
  return at != from.end() && at->is_number_unsigned()
           ? at->get<std::uint64_t>()
           : 0;
}

/// The logs of one node, as rows for people and as JSON.
void add_files(command_context& context, const parsed_flags& given,
               const std::string& node, json& files) {
  const auto said = ask_apart(
    context, given, {{"what", query_logs}, {"kind", "files"}, {"id", node}});
  const auto answer = json::parse(said.text, nullptr, false);
  if (said.code != exit_code::ok || !answer.is_object())
    return; // It died since: the others have theirs.
  files.push_back({{"kind", "node"},
                   {"id", node},
                   {"file", text_in(answer, "node_log")}});
  for (auto row : answer.value("rows", json::array())) {
    row["kind"] = "worker";
    row["id"] = fmt::format("{}:{}", node, row.value("pid", 0));
    files.push_back(std::move(row));
  }
}

/// Those of all nodes that live.
query_answer find_files(command_context& context, const parsed_flags& given,
                        json& files) {
  auto said = ask_apart(context, given, {{"what", query_nodes}});
  const auto answer = json::parse(said.text, nullptr, false);
  files = json::array();
  if (said.code == exit_code::ok && answer.is_object())
    for (const auto& node : answer.value("nodes", json::array()))
      if (text_in(node, "state") != "dead")
        add_files(context, given, text_in(node, "id"), files);
  return said;
}

int list_logs(command_context& context, const parsed_flags& given) {
  json files;
  const auto said = find_files(context, given, files);
  if (said.code != exit_code::ok)
    return complain(context, said.code, said.text);
  if (given.value("json") == "true") {
    context.out << files.dump(2) << '\n';
    return 0;
  }
  std::vector<std::vector<std::string>> table{
    {"KIND", "ID", "JOB", "STATE", "BYTES", "FILE"}};
  for (const auto& file : files) {
    const bool worker = text_in(file, "kind") == "worker";
    table.push_back({text_in(file, "kind"), text_in(file, "id"),
                     worker ? text_in(file, "job") : "-",
                     !worker                     ? "-"
                     : file.value("runs", false) ? "running"
                                                 : "ended",
                     worker ? std::to_string(number_in(file, "bytes")) : "-",
                     text_in(file, "file")});
  }
  context.out << format_table(table);
  return 0;
}

/// Prints page after page; with *follow* until the process has ended.
int print_log(command_context& context, const parsed_flags& given,
              json question) {
  const bool follow = given.value("follow") == "true";
  for (;;) {
    const auto said = ask_apart(context, given, question);
    if (said.code != exit_code::ok)
      return complain(context, said.code, said.text);
    const auto page = json::parse(said.text, nullptr, false);
    if (!page.is_object())
      return complain(context, exit_code::failed,
                      "the node's answer is not as this version of rayd "
                      "expects: use the rayd of the cluster's version");
    if (given.value("json") == "true")
      context.out << page.dump() << '\n';
    else
      context.out << text_in(page, "text");
    context.out.flush();
    const auto next = number_in(page, "next");
    const bool moved = next != number_in(question, "offset")
                       && !question.contains("tail");
    if (!follow && (question.contains("tail") || !moved))
      return 0;
    if (follow && !moved && page.value("end", false))
      return 0;
    if (!moved && !question.contains("tail"))
      std::this_thread::sleep_for(follow_interval);
    question.erase("tail");
    question["offset"] = next;
    // Who ran the task is known now, and need not be looked up each time.
    if (const auto worker = text_in(page, "worker"); !worker.empty()) {
      question["kind"] = "worker";
      question["id"] = worker;
    }
  }
}

/// The logs of all workers of a job that printed something, one by one.
int print_job(command_context& context, const parsed_flags& given,
              json question) {
  const auto job = text_in(question, "id");
  json files;
  const auto said = find_files(context, given, files);
  if (said.code != exit_code::ok)
    return complain(context, said.code, said.text);
  bool any = false;
  for (const auto& file : files) {
    if (text_in(file, "job") != job)
      continue;
    any = true;
    if (number_in(file, "bytes") == 0)
      continue;
    if (given.value("json") != "true")
      context.out << "==> worker " << text_in(file, "id") << " <==\n";
    question["kind"] = "worker";
    question["id"] = text_in(file, "id");
    if (const int code = print_log(context, given, question); code != 0)
      return code;
  }
  if (!any)
    return complain(context, exit_code::failed,
                    fmt::format("no node has a log of job \"{}\": rayd logs "
                                "lists what there is",
                                job));
  return 0;
}

/// No node of this user runs, and no other cluster is asked: what is left of
/// the last one counts.
bool all_ended(const command_context& context, const parsed_flags& given) {
  auto address = given.value("address");
  if (address.empty())
    address = context.environment("RAY_ADDRESS").value_or("auto");
  return (address.empty() || address == "auto" || address == "local")
         && !find_auto(session_base(context, given.value("session-dir")));
}

} // namespace

int run_logs(command_context& context, const arguments& args) {
  const auto flags = log_flags();
  auto given = parse_flags("logs", flags, args, 2);
  if (given.help) {
    context.out << describe_flags(
      "rayd logs [worker|node|task|actor|job ID] [FLAGS]", flags);
    return 0;
  }
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  const bool ended = all_ended(context, given);
  if (given.words.empty())
    return ended ? run_ended_logs(context, given, std::nullopt)
                 : list_logs(context, given);
  const std::vector<std::string> kinds{"worker", "node", "task", "actor",
                                       "job"};
  if (given.words.size() != 2
      || std::find(kinds.begin(), kinds.end(), given.words[0]) == kinds.end())
    return complain(context, exit_code::usage,
                    "rayd logs needs nothing, or a kind and an id: rayd logs "
                    "worker|node|task|actor|job ID; alone it lists what there "
                    "is");
  json question{{"what", query_logs},
                {"kind", given.words[0]},
                {"id", given.words[1]},
                {"offset", 0u}};
  if (given.has("tail")) {
    const auto text = given.value("tail");
    std::uint64_t lines = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(),
                                      lines);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size()
        || lines > tail_max)
      return complain(context, exit_code::usage,
                      fmt::format("--tail needs a number of lines up to {}",
                                  tail_max));
    question["tail"] = lines;
  }
  if (ended)
    return run_ended_logs(context, given,
                          question.contains("tail")
                            ? std::optional{number_in(question, "tail")}
                            : std::nullopt);
  if (given.words[0] != "job")
    return print_log(context, given, question);
  if (given.value("follow") == "true")
    return complain(context, exit_code::usage,
                    "--follow goes with one process: rayd logs worker ID");
  return print_job(context, given, question);
}

} // namespace rayd
