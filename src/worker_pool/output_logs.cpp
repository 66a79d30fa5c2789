// Questions about logs, on the thread of the output_reader.

#include "worker_pool/output_reader.hpp"

#include "base/ids.hpp"

#include <caf/send.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

namespace rayd {

namespace {

using json = nlohmann::json;

std::optional<std::uint64_t> number_in(const json& from, const char* name) {
  const auto at = from.find(name);
  if (at == from.end() || !at->is_number_unsigned())
    return std::nullopt;
  return at->get<std::uint64_t>();
}

json row(job_number job, std::int64_t pid, const log_extent& log, bool runs) {
  return {{"pid", pid},         {"job", job_name(job)}, {"bytes", log.kept},
          {"file", log.path},   {"runs", runs}};
}

} // namespace

/// Of the node itself; only its newest part counts.
log_extent output_reader::node_log() const {
  const auto path = session_folder_ + "/logs/node.log";
  struct stat info {};
  const auto bytes = ::stat(path.c_str(), &info) == 0
                       ? static_cast<std::uint64_t>(info.st_size)
                       : 0;
  return {path, bytes, bytes, 0};
}

std::optional<log_extent> output_reader::find_log(std::int64_t pid,
                                                  bool& ended) const {
  for (const auto& [token, from] : workers_)
    if (from.pid == pid)
      return from.log.extent();
  ended = true;
  // The newest one: the system gives numbers again.
  for (auto at = ended_.rbegin(); at != ended_.rend(); ++at)
    if (at->pid == pid)
      return at->log;
  return std::nullopt;
}

void output_reader::on(read_log&& asked) {
  const auto question = json::parse(asked.question, nullptr, false);
  json answer;
  bool ended = false;
  if (question.is_object() && question.value("kind", json{}) == "files") {
    auto rows = json::array();
    for (const auto& past : ended_)
      rows.push_back(row(past.job, past.pid, past.log, false));
    for (const auto& [token, from] : workers_)
      rows.push_back(row(from.job, from.pid, from.log.extent(), true));
    answer["rows"] = std::move(rows);
    answer["node_log"] = node_log().path;
  } else if (const auto log = asked.pid == 0
                                    ? std::optional{node_log()}
                                    : find_log(asked.pid, ended)) {
    log_wish wish;
    wish.offset = number_in(question, "offset").value_or(0);
    wish.tail = number_in(question, "tail");
    wish.limit = number_in(question, "limit").value_or(wish.limit);
    const auto page = read_page(*log, wish);
    answer = {{"text", page.text},
              {"next", page.next},
              {"end", ended && !page.more}};
    if (question.is_object() && question.contains("worker"))
      answer["worker"] = question["worker"];
  } else {
    answer["error"] = fmt::format("there is no log of process {} here: it was "
                                  "no worker, or its log was removed for "
                                  "newer ones",
                                  asked.pid);
  }
  caf::anon_send(scheduler_,
                 log_read{asked.request,
                          answer.dump(-1, ' ', false,
                                      json::error_handler_t::replace)});
}

} // namespace rayd
