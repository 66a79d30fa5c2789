#include "config/option_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

namespace {

failure wrong(std::string sentence) {
  return failure{ray::errc::wrong_type, std::move(sentence)};
}

struct accepted_kinds {
  std::vector<config_entry::kind> kinds;
  std::string_view expected;
};

accepted_kinds kinds_of(option_type type) {
  using kind = config_entry::kind;
  switch (type) {
    case option_type::boolean: return {{kind::boolean}, "true or false"};
    case option_type::port: return {{kind::integer}, "an integer such as 6379"};
    case option_type::amount:
      return {{kind::integer, kind::real}, "a number such as 2 or 0.5"};
    case option_type::size:
      return {{kind::integer, kind::text}, "bytes or a size such as \"2GiB\""};
    case option_type::duration:
      return {{kind::duration, kind::text}, "a duration such as 500ms"};
    case option_type::amounts:
      return {{kind::dictionary, kind::text}, "{name=amount, ...}"};
    case option_type::labels:
      return {{kind::dictionary, kind::text}, "{key=\"value\", ...}"};
    case option_type::text:
    case option_type::path:
    case option_type::address:
    case option_type::secret:
    case option_type::choice: break;
  }
  return {{kind::text}, "a text in double quotes"};
}

} // namespace

result<std::string> option_text(const option_row& row,
                                const config_entry& entry) {
  using kind = config_entry::kind;
  auto [kinds, expected] = kinds_of(row.type);
  if (std::find(kinds.begin(), kinds.end(), entry.type) == kinds.end())
    return wrong(
      fmt::format("needs {}, not {}", expected, to_string(entry.type)));
  if (entry.type != kind::dictionary)
    return entry.text;
  std::string text;
  for (auto& [name, value] : entry.fields) {
    auto is_number = value.type == kind::integer || value.type == kind::real;
    auto good = row.type == option_type::amounts ? is_number
                                                 : value.type == kind::text;
    if (!good)
      return wrong(fmt::format("needs {}, but {} is {}", expected, name,
                               to_string(value.type)));
    if (value.text.find(',') != std::string::npos)
      return wrong(fmt::format("cannot hold a comma in {}", name));
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", name, value.text);
  }
  return text;
}

} // namespace rayd
