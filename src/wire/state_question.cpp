#include "wire/state_question.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace rayd {

namespace {

using json = nlohmann::json;

failure wrong(std::string sentence) {
  return failure{ray::errc::wrong_type, std::move(sentence)};
}

struct kind_fields {
  std::string_view kind;
  std::string_view fields;
};

// As in json_lines.cpp and wire/entities.cpp.
constexpr std::array<kind_fields, 7> kinds{{
  {"tasks", "id job parent type name function state placed_by attempt home "
            "node pid submitted_us started_us finished_us error "
            "error_message title"},
  {"actors", "id state name interface job home node pid restarts "
             "max_restarts lifetime created_us ended_us reason"},
  {"nodes", "id state role host address pid joined_us ended_us reason"},
  {"jobs", "id state name program node pid started_us ended_us reason"},
  {"objects", "id job home size"},
  {"workers", "id node pid job state task queued actor"},
  {"errors", "error name"},
}};

/// Whether *name* is one of the words of *row*.
bool has_word(std::string_view row, std::string_view name) {
  for (std::size_t at = 0; at <= row.size();) {
    const auto end = std::min(row.find(' ', at), row.size());
    if (row.substr(at, end - at) == name)
      return true;
    at = end + 1;
  }
  return false;
}

std::string text_in(const json& from, const char* name) {
  const auto at = from.find(name);
  return at != from.end() && at->is_string() ? at->get<std::string>()
                                             : std::string{};
}

std::int64_t number_in(const json& from, const char* name,
                       std::int64_t otherwise) {
  const auto at = from.find(name);
  return at != from.end() && at->is_number_integer() ? at->get<std::int64_t>()
                                                     : otherwise;
}

result<state_filter> read_filter(const json& from) {
  if (!from.is_array() || from.size() != 3 || !from[0].is_string()
      || !from[1].is_string() || !from[2].is_string())
    return wrong("a filter has three texts: a field, = or != or =~, a value");
  state_filter filter{from[0].get<std::string>(), state_filter::test::equal,
                      from[2].get<std::string>()};
  const auto how = from[1].get<std::string>();
  if (how == "!=")
    filter.how = state_filter::test::unequal;
  else if (how == "=~")
    filter.how = state_filter::test::contains;
  else if (how != "=")
    return wrong(fmt::format("a filter compares with =, != or =~ (contains), "
                             "not with \"{}\"",
                             how));
  return filter;
}

status read_filters(const json& from, std::string_view fields,
                    state_question& question) {
  if (!from.is_array() || from.size() > 32)
    return wrong("\"filters\" is an array of at most 32 filters");
  for (const auto& one : from) {
    auto filter = read_filter(one);
    if (!filter)
      return filter.error();
    if (!has_word(fields, filter->field))
      return wrong(fmt::format("{} have no field \"{}\" to filter by: they "
                               "have {}",
                               question.kind, filter->field, fields));
    question.filters.push_back(*std::move(filter));
  }
  return ok();
}

} // namespace

result<state_question> read_question(std::string_view request) {
  const auto from = json::parse(request, nullptr, false);
  if (!from.is_object())
    return wrong("a query is a JSON object");
  state_question question;
  question.what = text_in(from, "what");
  question.kind = text_in(from, "kind");
  question.id = text_in(from, "id");
  question.cursor = text_in(from, "cursor");
  question.from_us = number_in(from, "from_us", 0);
  question.to_us = number_in(from, "to_us", 0);
  const bool spans = question.what == "timeline";
  if (spans)
    question.kind = "tasks";
  if (question.what == "graph") {
    question.kind = "tasks";
    question.id = text_in(from, "root");
  }
  // "get" names one thing.
  if (question.what == "get")
    question.kind += "s";
  const auto* const row
    = std::find_if(kinds.begin(), kinds.end(), [&](const auto& one) {
        return one.kind == question.kind;
      });
  if (row == kinds.end())
    return wrong(fmt::format("there is no kind \"{}\" of things: tasks, "
                             "actors, nodes, workers, jobs, objects and errors",
                             text_in(from, "kind")));
  const auto most = spans ? most_spans : most_rows;
  const auto limit
    = number_in(from, "limit", spans ? std::int64_t{most_spans} : 100);
  if (limit < 1)
    return wrong("\"limit\" is at least 1");
  question.limit = std::min(static_cast<std::size_t>(limit), most);
  if (from.contains("filters"))
    if (auto read = read_filters(from["filters"], row->fields, question); !read)
      return read.error();
  return question;
}

bool matches(const std::vector<state_filter>& filters,
             const field_text& text_of) {
  return std::all_of(filters.begin(), filters.end(), [&](const auto& filter) {
    const auto text = text_of(filter.field);
    switch (filter.how) {
      case state_filter::test::equal: return text == filter.value;
      case state_filter::test::unequal: return text != filter.value;
      case state_filter::test::contains:
        return text.find(filter.value) != std::string::npos;
    }
    return false;
  });
}

} // namespace rayd
