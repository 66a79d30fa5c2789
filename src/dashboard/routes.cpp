#include "dashboard/routes.hpp"

#include "dashboard/assets.hpp"
#include "wire/query.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rayd {

namespace {

using json = nlohmann::json;

constexpr std::size_t target_max = 12 * 1024;
constexpr std::size_t query_max = 2048;
constexpr std::size_t token_max = 256;

/// Queries for pages, and how much they may ask for in one answer.
struct page_query {
  std::string_view what;
  std::int64_t most; ///< 0: they have no limit.
  std::int64_t usual;
};

constexpr std::array<page_query, 12> page_queries{{
  {query_status, 0, 0},
  {query_nodes, 0, 0},
  {query_why, 0, 0},
  {query_list, 500, 100},
  {query_get, 0, 0},
  {query_summary, 0, 0},
  {query_timeline, 10'000, 2'000},
  {query_graph, 2'000, 300},
  {query_memory, 500, 100},
  {query_series, 0, 0},
  {query_metrics, 0, 0},
  {query_logs, 256 * 1024, 64 * 1024},
}};

failure wrong(std::string sentence) {
  return failure{ray::errc::wrong_type, std::move(sentence)};
}

route refused(std::string sentence) {
  route no;
  no.what = route::kind::wrong;
  no.problem = std::move(sentence);
  return no;
}

std::optional<int> digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return std::nullopt;
}

/// The value of *name* in "a=b&c=d", still encoded.
std::optional<std::string_view> value_of(std::string_view pairs,
                                         std::string_view name) {
  while (!pairs.empty()) {
    const auto end = std::min(pairs.find('&'), pairs.size());
    const auto one = pairs.substr(0, end);
    pairs.remove_prefix(std::min(end + 1, pairs.size()));
    if (one.size() > name.size() && one.starts_with(name)
        && one[name.size()] == '=')
      return one.substr(name.size() + 1);
  }
  return std::nullopt;
}

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Discarded when it is no JSON, or nested so deep that to write it again could
/// use up the stack.
json parse_flat(std::string_view text) {
  constexpr std::ptrdiff_t most_brackets = 500;
  const auto brackets = std::count_if(
    text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; });
  return brackets > most_brackets ? json(json::value_t::discarded)
                                  : json::parse(text, nullptr, false);
}

route read_queries(route::kind what, const std::string& text) {
  route made;
  made.what = what;
  const auto add = [&](std::string_view one) {
    auto query = read_page_query(one);
    if (query)
      made.queries.push_back(*std::move(query));
    else if (made.problem.empty())
      made.problem = query.error().message;
  };
  if (what == route::kind::query) {
    add(text);
  } else {
    const auto list = parse_flat(text);
    if (!list.is_array() || list.empty() || list.size() > most_watches)
      return refused(fmt::format("q is a JSON array of 1 to {} queries",
                                 most_watches));
    for (const auto& one : list)
      add(text_of(one));
  }
  return made.problem.empty() ? made : refused(std::move(made.problem));
}

route read_page(std::string_view parameters) {
  route made;
  made.what = route::kind::page;
  if (const auto token = value_of(parameters, "token")) {
    auto text = percent_decode(*token);
    if (!text || text->size() > token_max)
      return refused("this is no token of a dashboard");
    made.token = *std::move(text);
  }
  return made;
}

} // namespace

result<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const auto high = i + 2 < text.size() ? digit(text[i + 1]) : std::nullopt;
    const auto low = high ? digit(text[i + 2]) : std::nullopt;
    if (!low)
      return wrong("a % in an address is followed by two hexadecimal digits");
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

result<std::string> read_page_query(std::string_view text) {
  if (text.size() > query_max)
    return wrong(fmt::format("a query has at most {} bytes", query_max));
  auto query = parse_flat(text);
  if (!query.is_object() || !query.contains("what")
      || !query["what"].is_string())
    return wrong("a query is a JSON object with \"what\"");
  const auto what = query["what"].get<std::string>();
  const auto* const row
    = std::find_if(page_queries.begin(), page_queries.end(),
                   [&](const auto& one) { return one.what == what; });
  if (row == page_queries.end())
    return wrong(fmt::format("the dashboard has no query \"{}\"", what));
  if (row->most > 0) {
    auto& limit = query["limit"];
    const bool given = limit.is_number_integer();
    limit = std::clamp(given ? limit.get<std::int64_t>() : row->usual,
                       std::int64_t{1}, row->most);
  }
  return text_of(query);
}

route read_route(std::string_view target) {
  if (target.size() > target_max || !target.starts_with('/'))
    return refused("an address begins with / and has at most 12 KiB");
  const auto mark = std::min(target.find('?'), target.size());
  const auto path = target.substr(0, mark);
  const auto parameters
    = target.substr(std::min(mark + 1, target.size()));
  if (path == "/")
    return read_page(parameters);
  route made;
  if (path == "/metrics") {
    made.what = route::kind::metrics;
    return made;
  }
  const bool is_query = path == "/api/query";
  if (is_query || path == "/api/events") {
    const auto given = value_of(parameters, "q");
    auto text = given ? percent_decode(*given)
                      : result<std::string>{wrong("q= is missing")};
    return text ? read_queries(is_query ? route::kind::query
                                        : route::kind::events,
                               *text)
                : refused(text.error().message);
  }
  if (find_asset(path) != nullptr) {
    made.what = route::kind::asset;
    made.name = path;
  }
  return made;
}

} // namespace rayd
