#include "cli/state_request.hpp"

#include "config/nearest.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

namespace rayd {

namespace {

failure wrong(std::string sentence) {
  return failure{ray::errc::wrong_type, std::move(sentence)};
}

const std::vector<std::string_view> kinds{
  "tasks", "actors", "objects", "nodes", "workers", "jobs", "errors"};

} // namespace

result<std::string> plural_kind(std::string_view command,
                                const std::string& word) {
  const bool lists = command == "list";
  if (lists && word == "metrics")
    return word;
  for (const auto kind : kinds)
    if (word == kind || (command == "get" && word + "s" == kind))
      return std::string{kind};
  const auto hint = did_you_mean(word, kinds);
  return wrong(fmt::format("rayd {} does not know \"{}\"{}", command, word,
                           hint.empty()
                             ? fmt::format(": it knows tasks, actors, objects, "
                                           "nodes, workers, jobs{}",
                                           lists ? ", errors and metrics"
                                                 : " and errors")
                             : hint));
}

result<std::string> read_filters(const std::string& text) {
  auto filters = nlohmann::json::array();
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    const auto one = text.substr(at, end - at);
    at = end + 1;
    const auto equals = one.find('=');
    if (equals == std::string::npos || equals == 0 || one[0] == '!')
      return wrong(fmt::format("--filter: \"{}\" is no condition: write "
                               "FIELD=VALUE, FIELD!=VALUE or FIELD=~PART",
                               one));
    const bool unequal = one[equals - 1] == '!';
    const bool part = !unequal && one.substr(equals + 1, 1) == "~";
    filters.push_back({one.substr(0, equals - (unequal ? 1 : 0)),
                       unequal ? "!=" : part ? "=~" : "=",
                       one.substr(equals + (part ? 2 : 1))});
  }
  return filters.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

result<std::size_t> read_limit(const std::string& text,
                               std::size_t otherwise) {
  if (text.empty())
    return otherwise;
  if (text == "all")
    return std::numeric_limits<std::size_t>::max();
  std::size_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end || number == 0)
    return wrong(fmt::format("--limit={} is no number of rows: give one from 1 "
                             "on, or all",
                             text));
  return number;
}

} // namespace rayd
