#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rayd {

/// One condition of a list: all of them must hold.
struct state_filter {
  enum class test : std::uint8_t { equal, unequal, contains };

  std::string field;
  test how = test::equal;
  std::string value;
};

/// A query of wire/query.hpp about the state that the control store keeps.
struct state_question {
  std::string what; ///< list, get, summary, timeline or graph.
  std::string kind; ///< tasks, actors, nodes, jobs, objects or errors.
  std::string id;   ///< Of "get"; the root of "graph".
  std::vector<state_filter> filters;
  std::size_t limit = 100; ///< Rows in one answer, at least 1.
  std::string cursor;      ///< Where the page before ended; "": the first.
  std::int64_t from_us = 0;
  std::int64_t to_us = 0; ///< 0: until now.
};

/// Most rows in one answer; larger limits are cut to it.
inline constexpr std::size_t most_rows = 10'000;
/// Most spans in one answer to "timeline".
inline constexpr std::size_t most_spans = 50'000;

/// Reads a query. *request* may come from anyone.
/// @error wrong_type  It is no such query, or names a kind or field that there
/// is not; the sentence says which there are.
result<state_question> read_question(std::string_view request);

/// The fields of a row as text, "" for one that is empty.
using field_text = std::function<std::string(std::string_view field)>;

bool matches(const std::vector<state_filter>& filters,
             const field_text& text_of);

} // namespace rayd
