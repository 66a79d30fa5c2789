#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// What can be asked of the dashboard, as addresses:
//   /                            the page; /?token=T keeps T in a cookie
//   /NAME                        its parts, by the table of assets.hpp
//   /api/query?q={"what":...}    a query of wire/query.hpp -> its JSON
//   /api/events?q=[{...},...]    server-sent events: the answers of these
//                                queries whenever they change
//   /metrics                     for Prometheus
// Nothing of an address becomes a path of a file, a command or another address.

namespace rayd {

struct route {
  enum class kind { page, asset, query, events, metrics, unknown, wrong };

  kind what = kind::unknown;
  std::string name;                 ///< Of an asset, "/app.js".
  std::string token;                ///< Of the page's address.
  std::vector<std::string> queries; ///< In one form each: safe to compare.
  std::string problem;              ///< Of a wrong one: a sentence.
};

/// Most queries of one stream of events.
inline constexpr std::size_t most_watches = 60;

/// Reads the target of a request, which may hold anything.
route read_route(std::string_view target);

/// One query, checked and with limits that keep its answer small, in one form.
/// @error wrong_type  It is none, or not one for pages; a sentence.
result<std::string> read_page_query(std::string_view text);

/// %41 -> A. @error wrong_type  A % without two hexadecimal digits.
result<std::string> percent_decode(std::string_view text);

} // namespace rayd
