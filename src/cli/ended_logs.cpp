#include "cli/ended_logs.hpp"

#include "cli/table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <tuple>

namespace rayd {

namespace {

namespace fs = std::filesystem;
using json = nlohmann::json;

struct ended_log {
  bool worker = false;
  std::string node;          ///< "n2"; of one that never joined its folder.
  std::string job;           ///< Of a worker: "j1",
  std::uint64_t number = 0;  ///< and its place among the node's.
  std::uint64_t bytes = 0;   ///< Of its newest part.
  fs::path file;

  std::string id() const {
    return worker ? fmt::format("{}:{}-{}", node, job, number) : node;
  }
};

/// "worker-j1-3.log"; nothing: another file, or an older part.
std::optional<ended_log> worker_log(const fs::path& file) {
  const auto name = file.filename().string();
  constexpr std::string_view begin = "worker-";
  constexpr std::string_view end = ".log";
  if (!name.starts_with(begin) || !name.ends_with(end)
      || name.size() <= begin.size() + end.size())
    return std::nullopt;
  const auto middle
    = name.substr(begin.size(), name.size() - begin.size() - end.size());
  const auto dash = middle.rfind('-');
  if (dash == std::string::npos || dash + 1 == middle.size()
      || middle.find_first_not_of("0123456789", dash + 1) != std::string::npos
      || middle.size() - dash > 10)
    return std::nullopt;
  ended_log found;
  found.worker = true;
  found.job = middle.substr(0, dash);
  found.number = std::stoull(middle.substr(dash + 1));
  found.file = file;
  return found;
}

void add_logs(const session& of, std::vector<ended_log>& all) {
  std::error_code error;
  const auto node = of.record.node_id.empty() ? of.folder.filename().string()
                                              : of.record.node_id;
  ended_log own;
  own.file = of.node_log();
  std::vector<ended_log> found{own};
  for (const auto& entry : fs::directory_iterator{of.log_folder(), error})
    if (auto log = worker_log(entry.path()))
      found.push_back(std::move(*log));
  for (auto& log : found) {
    log.node = node;
    const auto bytes = fs::file_size(log.file, error);
    log.bytes = error ? 0 : bytes;
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.worker, a.number) < std::tie(b.worker, b.number);
  });
  std::move(found.begin(), found.end(), std::back_inserter(all));
}

/// Of the cluster whose node started last, in the order of its nodes.
std::vector<ended_log> logs_of_newest(const std::string& base) {
  auto sessions = all_sessions(base);
  std::erase_if(sessions, [](const session& one) {
    return one.record.process.pid == 0;
  });
  std::vector<ended_log> all;
  if (!sessions.empty())
    for (const auto& one : sessions)
      if (one.record.cluster_id == sessions.back().record.cluster_id)
        add_logs(one, all);
  return all;
}

int list_ended(command_context& context, const parsed_flags& given,
               const std::vector<ended_log>& all) {
  auto rows = json::array();
  std::vector<std::vector<std::string>> table{
    {"KIND", "ID", "JOB", "STATE", "BYTES", "FILE"}};
  for (const auto& log : all) {
    const auto* kind = log.worker ? "worker" : "node";
    const auto file = log.file.string();
    rows.push_back({{"kind", kind}, {"id", log.id()}, {"file", file}});
    if (log.worker)
      rows.back().update({{"job", log.job}, {"bytes", log.bytes},
                          {"runs", false}});
    table.push_back({kind, log.id(), log.worker ? log.job : "-", "ended",
                     std::to_string(log.bytes), file});
  }
  if (given.value("json") == "true")
    context.out << rows.dump(2) << '\n';
  else
    context.out << format_table(table);
  return 0;
}

void show(command_context& context, const parsed_flags& given,
          const ended_log& log, std::optional<std::uint64_t> tail) {
  const bool as_json = given.value("json") == "true";
  context.read_log(log.file.string(), tail, [&](const std::string& text) {
    if (as_json)
      context.out << json{{"id", log.id()}, {"text", text}}.dump() << '\n';
    else
      context.out << text;
  });
}

} // namespace

int run_ended_logs(command_context& context, const parsed_flags& given,
                   std::optional<std::uint64_t> tail) {
  const auto all
    = logs_of_newest(session_base(context, given.value("session-dir")));
  if (all.empty())
    return complain(context, exit_code::refused,
                    "no node of yours runs on this machine, and none that "
                    "ended left logs: give --address=HOST:PORT, or start a "
                    "head with rayd start --head");
  if (given.words.empty())
    return list_ended(context, given, all);
  const auto& kind = given.words[0];
  const auto& id = given.words[1];
  if (kind == "task" || kind == "actor")
    return complain(context, exit_code::refused,
                    fmt::format("the cluster has ended, and only a running one "
                                "knows where {} {} ran: rayd logs lists the "
                                "logs that are left",
                                kind, id));
  bool any = false;
  for (const auto& log : all) {
    const bool of_job = kind == "job" && log.worker && log.job == id;
    if (!of_job && (log.worker != (kind == "worker") || log.id() != id))
      continue;
    any = true;
    if (of_job && log.bytes > 0 && given.value("json") != "true")
      context.out << "==> worker " << log.id() << " <==\n";
    show(context, given, log, tail);
  }
  if (any)
    return 0;
  return complain(context, exit_code::failed,
                  fmt::format("the cluster has ended and left no log of {} "
                              "\"{}\": rayd logs lists what there is",
                              kind, id));
}

} // namespace rayd
