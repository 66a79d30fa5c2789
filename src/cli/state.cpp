// rayd list, get, summary, memory, timeline, top: the state of the cluster.

#include "cli/cluster_view.hpp"
#include "cli/commands.hpp"
#include "cli/state_request.hpp"
#include "cli/state_view.hpp"
#include "cli/table.hpp"
#include "wire/query.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <ostream>
#include <thread>

namespace rayd {

namespace {

using json = nlohmann::json;
using namespace std::chrono_literals;

constexpr std::size_t page_rows = 10'000;
constexpr std::size_t default_rows = 100;
constexpr auto watch_interval = 1s;

/// What a command prints, or why it cannot.
struct outcome_text {
  exit_code code = exit_code::ok;
  std::string text;
};

std::int64_t now_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::string json_text(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

outcome_text misused(std::string sentence) {
  return {exit_code::usage, std::move(sentence)};
}

outcome_text odd_answer() {
  return {exit_code::failed,
          "the node's answer is not as this version of rayd expects: use the "
          "rayd of the cluster's version"};
}

std::string with_head(const command_context& context, std::string table) {
  return context.colour && !table.empty() ? with_bold_head(table) : table;
}

int show(command_context& context, const outcome_text& done) {
  if (done.code != exit_code::ok)
    return complain(context, done.code, done.text);
  context.out << done.text;
  return 0;
}

/// Prints what *make* gives; with --watch on a terminal again each second.
template <class Make>
int show_often(command_context& context, bool watch, Make make) {
  while (true) {
    const auto done = make();
    const bool again
      = watch && context.terminal && done.code == exit_code::ok;
    if (again)
      context.out << "\033[H\033[2J";
    const int code = show(context, done);
    if (!again)
      return code;
    context.out.flush();
    std::this_thread::sleep_for(watch_interval);
  }
}

std::vector<flag> with_query_flags(std::vector<flag> flags) {
  for (auto& flag : query_flags())
    flags.push_back(std::move(flag));
  return flags;
}

const flag watch_flag{"watch", "",
                      "Show it again each second, on a terminal."};

/// Reads flags and prints help. @returns an exit code when that was all.
std::optional<int> read_flags(command_context& context,
                              const std::string& command,
                              const std::string& usage,
                              const std::vector<flag>& flags,
                              const arguments& args, std::size_t words,
                              parsed_flags& given) {
  given = parse_flags(command, flags, args, words);
  if (given.help) {
    context.out << describe_flags(usage, flags);
    return 0;
  }
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  return std::nullopt;
}

/// All pages of a list up to *limit* rows, as one answer.
outcome_text all_pages(command_context& context, const parsed_flags& given,
                       json request, std::size_t limit, json& whole) {
  whole = nullptr;
  while (true) {
    const auto had = whole.is_null() ? 0 : whole["rows"].size();
    request["limit"] = std::min(limit - had, page_rows);
    const auto answer = ask_cluster(context, given, request.dump());
    if (answer.code != exit_code::ok)
      return {answer.code, answer.text};
    auto page = json::parse(answer.text, nullptr, false);
    if (!page.is_object() || !page.contains("rows") || !page["rows"].is_array())
      return odd_answer();
    const auto next = page.value("next", std::string{});
    const auto rows = page["rows"].size();
    if (whole.is_null()) {
      whole = std::move(page);
    } else {
      for (auto& row : page["rows"])
        whole["rows"].push_back(std::move(row));
      whole["next"] = next;
    }
    if (next.empty() || rows == 0 || whole["rows"].size() >= limit)
      return {};
    request["cursor"] = next;
  }
}

/// What of a list is not shown.
std::string rest_of(const json& answer) {
  std::string text;
  const auto shown = answer["rows"].size();
  const auto total = answer.value("total", shown);
  if (total > shown)
    text += fmt::format("\n{} of {} are shown: --limit={} shows more\n", shown,
                        total, "all");
  if (const auto dropped = answer.value("dropped", std::size_t{0}); dropped > 0)
    text += fmt::format("\n{} older records were dropped by the history's "
                        "limit\n",
                        dropped);
  return text;
}

outcome_text list_rows(command_context& context, const parsed_flags& given,
                       const std::string& kind) {
  const auto filters = read_filters(given.value("filter"));
  if (!filters)
    return misused(filters.error().message);
  const auto limit = read_limit(given.value("limit"), default_rows);
  if (!limit)
    return misused(limit.error().message);
  json answer;
  const json request{{"what", query_list},
                     {"kind", kind},
                     {"filters", json::parse(*filters)}};
  if (auto done = all_pages(context, given, request, *limit, answer);
      done.code != exit_code::ok)
    return done;
  if (given.value("json") == "true")
    return {exit_code::ok, json_text(answer["rows"])};
  return {exit_code::ok,
          with_head(context, rows_table(kind, answer["rows"], now_us()))
            + rest_of(answer)};
}

/// Live nodes with their loads, which the head itself knows.
outcome_text list_nodes(command_context& context, const parsed_flags& given) {
  const auto answer = query_cluster(context, given, query_nodes);
  if (answer.code != exit_code::ok)
    return {answer.code, answer.text};
  auto text = given.value("json") == "true"
                ? nodes_json(answer.text)
                : with_head(context, nodes_table(answer.text));
  return text.empty() ? odd_answer()
                      : outcome_text{exit_code::ok, std::move(text)};
}

/// What programs count, which the head itself knows.
outcome_text list_metrics(command_context& context, const parsed_flags& given) {
  const auto answer = query_cluster(context, given, query_metrics);
  if (answer.code != exit_code::ok)
    return {answer.code, answer.text};
  const auto found = json::parse(answer.text, nullptr, false);
  if (!found.is_object() || !found.contains("rows"))
    return odd_answer();
  return {exit_code::ok,
          given.value("json") == "true"
            ? json_text(found["rows"])
            : with_head(context, rows_table("metrics", found["rows"], 0))};
}

outcome_text sum_up(command_context& context, const parsed_flags& given,
                    const std::string& kind) {
  const json request{{"what", query_summary}, {"kind", kind}};
  const auto answer = ask_cluster(context, given, request.dump());
  if (answer.code != exit_code::ok)
    return {answer.code, answer.text};
  const auto found = json::parse(answer.text, nullptr, false);
  if (!found.is_object() || !found.contains("rows"))
    return odd_answer();
  if (given.value("json") == "true")
    return {exit_code::ok, json_text(found["rows"])};
  return {exit_code::ok,
          with_head(context, rows_table("sum " + kind, found["rows"], 0))};
}

/// One frame of rayd top.
outcome_text top_frame(command_context& context, const parsed_flags& given) {
  const auto status = query_cluster(context, given, query_status);
  if (status.code != exit_code::ok)
    return {status.code, status.text};
  json running;
  const json request{{"what", query_list},
                     {"kind", "tasks"},
                     {"filters", {{"state", "=", "running"}}}};
  if (auto done = all_pages(context, given, request, 20, running);
      done.code != exit_code::ok)
    return done;
  auto sums = sum_up(context, given, "tasks");
  if (sums.code != exit_code::ok)
    return sums;
  return {exit_code::ok,
          status_text(status.text, context.colour) + "\n" + sums.text + "\n"
            + with_head(context,
                        rows_table("tasks", running["rows"], now_us()))};
}

} // namespace

int run_list(command_context& context, const arguments& args) {
  const auto flags = with_query_flags({
    {"filter", "FIELD=VALUE[,...]",
     "Only rows with these values; also != and =~ (contains)."},
    {"limit", "N", "At most so many rows (100); all shows all."},
    watch_flag,
  });
  parsed_flags given;
  if (auto code = read_flags(context, "list",
                             "rayd list tasks|actors|objects|nodes|workers|"
                             "jobs|errors|metrics [FLAGS]",
                             flags, args, 1, given))
    return *code;
  if (given.words.empty())
    return complain(context, exit_code::usage,
                    "rayd list needs to know what: rayd list tasks");
  const auto kind = plural_kind("list", given.words[0]);
  if (!kind)
    return complain(context, exit_code::usage, kind.error().message);
  const bool loads = *kind == "nodes" && !given.has("filter");
  const bool metrics = *kind == "metrics";
  if (metrics && (given.has("filter") || given.has("limit")))
    return complain(context, exit_code::usage,
                    "rayd list metrics shows all of them: leave --filter and "
                    "--limit away");
  return show_often(context, given.has("watch"), [&] {
    return metrics ? list_metrics(context, given)
           : loads ? list_nodes(context, given)
                 : list_rows(context, given, *kind);
  });
}

int run_get(command_context& context, const arguments& args) {
  const auto flags = query_flags();
  parsed_flags given;
  if (auto code = read_flags(context, "get",
                             "rayd get task|actor|object|node|worker|job ID "
                             "[FLAGS]",
                             flags, args, 2, given))
    return *code;
  if (given.words.size() < 2)
    return complain(context, exit_code::usage,
                    "rayd get needs a kind and an id: rayd get task ID");
  const auto kind = plural_kind("get", given.words[0]);
  if (!kind)
    return complain(context, exit_code::usage, kind.error().message);
  const json request{{"what", query_get},
                     {"kind", kind->substr(0, kind->size() - 1)},
                     {"id", given.words[1]}};
  const auto answer = ask_cluster(
    context, given,
    request.dump(-1, ' ', false, json::error_handler_t::replace));
  if (answer.code != exit_code::ok)
    return complain(context, answer.code, answer.text);
  const auto found = json::parse(answer.text, nullptr, false);
  if (!found.is_object() || !found.contains("row"))
    return show(context, odd_answer());
  context.out << (given.value("json") == "true" ? json_text(found["row"])
                                                : row_text(found["row"]));
  return 0;
}

int run_summary(command_context& context, const arguments& args) {
  const auto flags = with_query_flags({watch_flag});
  parsed_flags given;
  if (auto code
      = read_flags(context, "summary", "rayd summary tasks|actors|objects "
                                       "[FLAGS]",
                   flags, args, 1, given))
    return *code;
  const auto kind = plural_kind(
    "summary", given.words.empty() ? "tasks" : given.words[0]);
  if (!kind)
    return complain(context, exit_code::usage, kind.error().message);
  return show_often(context, given.has("watch"),
                    [&] { return sum_up(context, given, *kind); });
}

int run_memory(command_context& context, const arguments& args) {
  const auto flags = with_query_flags(
    {{"limit", "N", "At most so many objects (100); all shows all."}});
  parsed_flags given;
  if (auto code = read_flags(context, "memory", "rayd memory [FLAGS]", flags,
                             args, 0, given))
    return *code;
  const auto limit = read_limit(given.value("limit"), default_rows);
  if (!limit)
    return complain(context, exit_code::usage, limit.error().message);
  json answer;
  if (auto done = all_pages(context, given, {{"what", query_memory}}, *limit,
                            answer);
      done.code != exit_code::ok)
    return show(context, done);
  if (given.value("json") == "true")
    return show(context, {exit_code::ok, json_text(answer)});
  return show(context,
              {exit_code::ok,
               with_head(context,
                         stores_table(answer.value("stores", json::array())))
                 + "\n"
                 + with_head(context,
                             rows_table("memory", answer["rows"], now_us()))
                 + rest_of(answer)});
}

int run_timeline(command_context& context, const arguments& args) {
  const auto flags = with_query_flags(
    {{"output", "FILE",
      "Where the trace goes, also -o FILE; without it standard output.", "o"}});
  parsed_flags given;
  if (auto code = read_flags(context, "timeline",
                             "rayd timeline [FLAGS]", flags, args, 0,
                             given))
    return *code;
  const json request{{"what", query_timeline}};
  const auto answer = ask_cluster(context, given, request.dump());
  if (answer.code != exit_code::ok)
    return complain(context, answer.code, answer.text);
  const auto found = json::parse(answer.text, nullptr, false);
  if (!found.is_object() || !found.contains("rows"))
    return show(context, odd_answer());
  const auto trace = chrome_trace(found, now_us());
  if (const auto dropped = found.value("dropped", std::size_t{0}); dropped > 0)
    context.talk << "rayd timeline leaves out the oldest " << dropped
                 << " runs\n";
  const auto file = given.value("output");
  if (file.empty())
    return show(context, {exit_code::ok, trace});
  std::ofstream out{file, std::ios::binary};
  if (!(out << trace).flush())
    return complain(context, exit_code::failed,
                    fmt::format("{} cannot be written", file));
  context.out << "wrote " << file << ": open it in https://ui.perfetto.dev\n";
  return 0;
}

int run_top(command_context& context, const arguments& args) {
  const auto flags = query_flags();
  parsed_flags given;
  if (auto code = read_flags(context, "top", "rayd top [FLAGS]", flags, args, 0,
                             given))
    return *code;
  return show_often(context, true,
                    [&] { return top_frame(context, given); });
}

} // namespace rayd
