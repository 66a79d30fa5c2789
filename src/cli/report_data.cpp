#include "cli/report_data.hpp"

#include "wire/query.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace rayd {

namespace {

using json = nlohmann::json;

constexpr std::array<int, 3> spans_s{600, 7200, 86'400};
constexpr int lines_max = 100'000;

class collector {
public:
  collector(const ask_function& ask, const report_limits& limits)
    : ask_(ask), limits_(limits) {}

  /// The answer, or {"error": sentence}.
  json get(const json& request) const {
    const auto answer = ask_(request);
    if (answer.code != exit_code::ok)
      return {{"error", answer.text}};
    auto found = json::parse(answer.text, nullptr, false);
    return found.is_object() ? found : json{{"error", "no answer"}};
  }

  void leave_out(std::string what) { left_out_.push_back(std::move(what)); }

  /// All pages of a list, up to *most* rows.
  json table(json request, const char* name, std::size_t most) {
    request["limit"] = most;
    auto whole = get(request);
    while (rows_of(whole) > 0 && rows_of(whole) < most
           && !whole.value("next", std::string{}).empty()) {
      request["cursor"] = whole["next"];
      request["limit"] = most - rows_of(whole);
      auto page = get(request);
      if (rows_of(page) == 0)
        break;
      for (auto& row : page["rows"])
        whole["rows"].push_back(std::move(row));
      whole["next"] = page.value("next", std::string{});
    }
    if (whole.contains("error")) {
      leave_out(fmt::format("{} ({})", name,
                            whole["error"].get<std::string>()));
      return whole;
    }
    const auto dropped = whole.value("dropped", std::size_t{0});
    const auto total = whole.value("total", rows_of(whole));
    const auto left = total - std::min(total, rows_of(whole));
    if (left > 0)
      leave_out(fmt::format("{} of {} {}", left, total, name));
    whole["dropped"] = dropped + left;
    return whole;
  }

  void tables(json& report) {
    auto& all = report["tables"];
    const auto list = [&](const char* kind, std::size_t most) {
      all[kind] = table({{"what", query_list}, {"kind", kind}}, kind, most);
    };
    list("tasks", limits_.tasks);
    for (const char* kind :
         {"actors", "objects", "nodes", "workers", "jobs", "errors"})
      list(kind, limits_.others);
    all["memory"] = table({{"what", query_memory}}, "objects by size",
                          limits_.others);
    for (const char* kind : {"tasks", "actors", "objects"})
      report["sums"][kind]
        = get({{"what", query_summary}, {"kind", kind}});
    report["timeline"]
      = get({{"what", query_timeline}, {"limit", limits_.tasks}});
    report["metrics"] = get({{"what", query_metrics}});
  }

  void series(json& report, const std::string& node) {
    for (const int span : spans_s) {
      auto found = get(
        {{"what", query_series}, {"node", node}, {"span_s", span}});
      if (!found.contains("error"))
        report["series"][fmt::format("{} {}", node, span)] = std::move(found);
    }
  }

  void log(json& report, const std::string& kind, const std::string& id) {
    auto found = get({{"what", query_logs},
                      {"kind", kind},
                      {"id", id},
                      {"tail", lines_max},
                      {"limit", limits_.log_bytes}});
    // Where the log ends.
    cut_ += found.value("next", std::size_t{0}) > limits_.log_bytes ? 1 : 0;
    report["logs"][kind + " " + id] = std::move(found);
  }

  /// The ends of a node's newest logs.
  void logs(json& report, const std::string& node) {
    log(report, "node", node);
    auto files = get({{"what", query_logs}, {"kind", "files"}, {"id", node}});
    std::size_t taken = 0;
    if (files.contains("rows") && files["rows"].is_array())
      for (const auto& file : files["rows"])
        if (taken < limits_.logs && file.is_object() && file.contains("pid")) {
          log(report, "worker", fmt::format("{}:{}", node,
                                            file["pid"].dump()));
          ++taken;
        }
    if (const auto all = rows_of(files); all > taken)
      leave_out(fmt::format("{} of {} logs of {}", all - taken, all, node));
    report["logs"]["files " + node] = std::move(files);
  }

  void nodes(json& report) {
    series(report, "");
    std::size_t taken = 0;
    std::size_t left = 0;
    for (const auto& node : report["status"]["nodes"]) {
      const auto id = node.value("id", std::string{});
      if (node.value("state", std::string{}) == "dead")
        continue;
      if (taken++ >= limits_.nodes) {
        ++left;
        continue;
      }
      series(report, id);
      logs(report, id);
    }
    if (left > 0)
      leave_out(fmt::format("history and logs of {} nodes", left));
    if (cut_ > 0)
      leave_out(fmt::format("of {} logs all but the last {} KiB", cut_,
                            limits_.log_bytes / 1024));
  }

  json take_left_out() { return std::exchange(left_out_, json::array()); }

private:
  static std::size_t rows_of(const json& answer) {
    return answer.contains("rows") && answer["rows"].is_array()
             ? answer["rows"].size()
             : 0;
  }

  const ask_function& ask_;
  const report_limits& limits_;
  json left_out_ = json::array();
  std::size_t cut_ = 0; ///< Logs of which only the end is there.
};

} // namespace

query_answer collect_report(const ask_function& ask,
                            const report_limits& limits, std::int64_t at_us) {
  auto answer = ask({{"what", query_status}});
  if (answer.code != exit_code::ok)
    return answer;
  json report{{"at_us", at_us},
              {"status", json::parse(answer.text, nullptr, false)},
              {"tables", json::object()},
              {"sums", json::object()},
              {"series", json::object()},
              {"logs", json::object()}};
  const auto& found = report["status"];
  if (!found.is_object() || !found.contains("nodes")
      || !found["nodes"].is_array())
    return {exit_code::failed,
            "the node's answer is not as this version of rayd expects: use the "
            "rayd of the cluster's version"};
  collector all{ask, limits};
  all.tables(report);
  all.nodes(report);
  report["left_out"] = all.take_left_out();
  return {exit_code::ok,
          report.dump(-1, ' ', false, json::error_handler_t::replace)};
}

} // namespace rayd
