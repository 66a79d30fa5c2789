#pragma once

#include <string_view>

namespace ray::detail {

/// What stands after *key* in a compiler's rendering of a function, up to the
/// ';' or ']' that ends it at the outermost level.
constexpr std::string_view rendered_argument(std::string_view text,
                                             std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos)
    return text;
  text.remove_prefix(at + key.size());
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '[' || c == '(' || c == '{')
      ++depth;
    else if (depth == 0 && (c == ';' || c == ']'))
      return text.substr(0, i);
    else if (c == ']' || c == ')' || c == '}')
      --depth;
  }
  return text;
}

/// The name of a function or lambda, for people: "compute_square".
template <auto Value>
constexpr std::string_view value_name() {
  auto name = rendered_argument(__PRETTY_FUNCTION__, "Value = ");
  if (!name.empty() && name.front() == '&')
    name.remove_prefix(1);
  return name;
}

/// The name of a type: "Counter".
template <class Type>
constexpr std::string_view type_name() {
  return rendered_argument(__PRETTY_FUNCTION__, "Type = ");
}

} // namespace ray::detail
