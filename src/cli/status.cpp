#include "cli/cluster_view.hpp"
#include "cli/commands.hpp"
#include "cli/table.hpp"
#include "config/nearest.hpp"
#include "wire/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>

namespace rayd {

namespace {

query_answer refuse(exit_code code, std::string sentence) {
  return {code, std::move(sentence), false};
}

/// The secret for a cluster elsewhere: flag, file, environment.
result<secret> secret_for(const command_context& context,
                          const parsed_flags& given) {
  if (given.has("redis-password"))
    return secret{given.value("redis-password")};
  if (given.has("redis-password-file"))
    return read_secret(given.value("redis-password-file"));
  if (auto text = context.environment("RAY_REDIS_PASSWORD");
      text && !text->empty())
    return secret{*text};
  if (auto file = context.environment("RAY_REDIS_PASSWORD_FILE");
      file && !file->empty())
    return read_secret(*file);
  return secret{};
}

query_answer ask_local(command_context& context, const session& node,
                       const std::string& request) {
  query_target target;
  target.socket = node.record.socket;
  return context.query(target, request);
}

query_answer ask_elsewhere(command_context& context, const parsed_flags& given,
                           const endpoint& address,
                           const std::string& request) {
  const auto advice
    = secret_advice(session_base(context, given.value("session-dir")), address);
  auto password = secret_for(context, given);
  if (!password)
    return refuse(exit_code::usage, password.error().message);
  if (password->empty())
    return refuse(exit_code::refused,
                  fmt::format("no secret is given for {}: {}",
                              to_string(address), advice));
  query_target target;
  target.address = address;
  target.password = *password;
  auto answer = context.query(target, request);
  // What the node there says of a secret does not know this machine.
  if (answer.code == exit_code::refused && answer.wrong_secret)
    answer.text += ": " + advice;
  return answer;
}

/// Prints an answer, or the sentence why there is none.
int print(command_context& context, const query_answer& answer,
          const std::string& text) {
  if (answer.code != exit_code::ok)
    return complain(context, answer.code, answer.text);
  if (text.empty())
    return complain(context, exit_code::failed,
                    "the node's answer is not as this version of rayd expects: "
                    "use the rayd of the cluster's version");
  context.out << text;
  return 0;
}

constexpr std::array<std::string_view, 5> later_kinds{
  "workers", "tasks", "actors", "objects", "jobs"};

} // namespace

std::vector<flag> query_flags() {
  return {
    {"json", "", "Print the answer as JSON."},
    {"address", "HOST[:PORT]",
     "Ask this cluster; without it RAY_ADDRESS, then the one on this "
     "machine."},
    {"redis-password", "TEXT", "The cluster's secret."},
    {"redis-password-file", "FILE", "The file that holds it; - is standard "
                                    "input."},
    {"session-dir", "DIR", "Where the session folders of this machine are."},
  };
}

query_answer query_cluster(command_context& context, const parsed_flags& given,
                           std::string_view what, const std::string& id) {
  auto request = id.empty()
                   ? fmt::format("{{\"what\": \"{}\"}}", what)
                   : fmt::format("{{\"what\": \"{}\", \"id\": \"{}\"}}", what,
                                 id);
  return send_query(context, given, request);
}

query_answer send_query(command_context& context, const parsed_flags& given,
                        const std::string& request) {
  auto base = session_base(context, given.value("session-dir"));
  auto address = given.value("address");
  const char* source = "--address";
  if (address.empty()) {
    address = context.environment("RAY_ADDRESS").value_or("auto");
    source = "RAY_ADDRESS";
  }
  if (address.empty() || address == "auto" || address == "local") {
    auto node = find_auto(base);
    if (!node)
      return refuse(exit_code::refused,
                    "no node of yours runs on this machine: start one with "
                    "rayd start --head, or give --address=HOST:PORT");
    return ask_local(context, *node, request);
  }
  auto parsed = parse_endpoint(address, 6379);
  if (!parsed)
    return refuse(exit_code::usage,
                  fmt::format("{}: {}", source, parsed.error().message));
  // The local head needs no secret from us: its socket knows our user. But a
  // secret that is given is used, so that a wrong one shows.
  const bool has_secret
    = given.has("redis-password") || given.has("redis-password-file");
  if (has_secret)
    return ask_elsewhere(context, given, *parsed, request);
  if (auto node = find_local_head(base, *parsed))
    return ask_local(context, *node, request);
  return ask_elsewhere(context, given, *parsed, request);
}

int run_status(command_context& context, const arguments& args) {
  auto flags = query_flags();
  auto given = parse_flags("status", flags, args);
  if (given.help) {
    context.out << describe_flags("rayd status [FLAGS]", flags);
    return 0;
  }
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  auto answer = query_cluster(context, given, query_status);
  auto text = given.value("json") == "true"
                ? indent_json(answer.text)
                : status_text(answer.text, context.colour);
  return print(context, answer, text);
}

int run_list(command_context& context, const arguments& args) {
  auto flags = query_flags();
  auto given = parse_flags("list", flags, args, 1);
  if (given.help) {
    context.out << describe_flags("rayd list nodes [FLAGS]", flags);
    return 0;
  }
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  if (given.words.empty())
    return complain(context, exit_code::usage,
                    "rayd list needs to know what: rayd list nodes");
  auto& kind = given.words[0];
  if (std::find(later_kinds.begin(), later_kinds.end(), kind)
      != later_kinds.end())
    return complain(context, exit_code::usage,
                    fmt::format("rayd list {} does not work yet: rayd dump "
                                "prints the whole control state",
                                kind));
  if (kind != "nodes") {
    std::vector<std::string_view> kinds{"nodes"};
    kinds.insert(kinds.end(), later_kinds.begin(), later_kinds.end());
    auto hint = did_you_mean(kind, kinds);
    return complain(context, exit_code::usage,
                    fmt::format("rayd list does not know \"{}\"{}", kind,
                                hint.empty() ? ": rayd list nodes" : hint));
  }
  auto answer = query_cluster(context, given, query_nodes);
  if (given.value("json") == "true")
    return print(context, answer, nodes_json(answer.text));
  auto table = nodes_table(answer.text);
  return print(context, answer,
               context.colour && !table.empty() ? with_bold_head(table)
                                                : table);
}

} // namespace rayd
