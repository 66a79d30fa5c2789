#include "cli/doctor_judge.hpp"
#include "cli/option_flags.hpp"
#include "cli/table.hpp"
#include "wire/query.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace rayd {

namespace {

constexpr std::string_view usage = "rayd doctor [FLAGS]";

std::vector<flag> doctor_flags() {
  std::vector<flag> flags{{"json", "", "Print the findings as JSON."}};
  for (auto& one : option_flags())
    flags.push_back(std::move(one));
  return flags;
}

machine_question question_for(const command_context& context,
                              const effective_options& effective) {
  auto& options = effective.options;
  auto is_node = effective.has_role && options.role == node_role::node;
  machine_question question;
  question.port = is_node ? options.node_port : options.port;
  question.host = options.listen_host();
  question.session_base = options.session_base;
  question.store_folder = options.object_store_dir;
  question.search_path = context.environment("PATH").value_or("");
  return question;
}

std::vector<session_facts> look_at(const std::vector<session>& sessions) {
  std::vector<session_facts> facts;
  for (auto& one : sessions) {
    auto& record = one.record;
    auto live = one.is_live();
    facts.push_back({one.folder.filename(), record.node_id, record.version,
                     live,
                     record.process.pid != 0 && !live
                       && record.state != "ended",
                     record.port});
  }
  return facts;
}

/// The cluster that `auto` means, when there is one.
void ask_cluster(command_context& context, const std::string& base,
                 std::vector<finding>& findings) {
  auto node = find_auto(base);
  if (!node)
    return;
  query_target target;
  target.socket = node->record.socket;
  auto answer = context.query(target, fmt::format("{{\"what\": \"{}\"}}",
                                                  query_status));
  if (answer.code != exit_code::ok) {
    findings.push_back({finding_state::problem, "cluster",
                        fmt::format("node {} runs but does not answer: {}",
                                    node->record.node_id, answer.text)});
    return;
  }
  for (auto& one : judge_cluster(answer.text, RAYD_VERSION))
    findings.push_back(std::move(one));
}

std::string findings_json(const std::vector<finding>& findings, bool is_well) {
  auto rows = nlohmann::json::array();
  for (auto& one : findings)
    rows.push_back({{"state", to_string(one.state)},
                    {"check", one.check},
                    {"sentence", one.sentence}});
  nlohmann::json json{{"ok", is_well}, {"findings", rows}};
  return json.dump(2, ' ', true, nlohmann::json::error_handler_t::replace)
         + "\n";
}

std::string findings_table(const std::vector<finding>& findings) {
  std::vector<std::vector<std::string>> rows{{"STATE", "CHECK", "FINDING"}};
  for (auto& one : findings)
    rows.push_back({std::string{to_string(one.state)}, one.check,
                    one.sentence});
  return format_table(rows);
}

} // namespace

int run_doctor(command_context& context, const arguments& args) {
  auto flags = doctor_flags();
  auto given = parse_flags("doctor", flags, args);
  if (given.help) {
    context.out << describe_flags(usage, flags)
                << "  With the flags of rayd start, whether a node with these "
                   "would run.\n";
    return 0;
  }
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  auto effective = explain(option_sources_of(context, given));
  if (!effective)
    return complain(context, exit_code::usage, effective.error().message);
  auto& base = effective->options.session_base;
  auto facts = context.inspect(question_for(context, *effective));
  auto findings = judge(*effective, facts, look_at(all_sessions(base)));
  ask_cluster(context, base, findings);
  auto is_well = std::none_of(findings.begin(), findings.end(), [](auto& one) {
    return one.state == finding_state::problem;
  });
  if (given.value("json") == "true") {
    context.out << findings_json(findings, is_well);
  } else {
    auto table = findings_table(findings);
    context.out << (context.colour ? with_bold_head(table) : table);
  }
  return is_well ? 0 : static_cast<int>(exit_code::failed);
}

} // namespace rayd
