#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Who may see the dashboard (reliability.md, S9). A browser on this machine can
// be told by any page of the world to ask us something, and any user of this
// machine can connect to loopback. So each request must name us (Host: a page
// whose own name was bound to our address does not), must not come from a page
// of another site (Origin, Sec-Fetch-Site), and must either come over loopback
// from a process of our own user, or show the token. No request changes
// anything: there is but one method, GET. Pure: all that is judged is given in.

namespace rayd {

/// What is judged of a request; "" for a header that is missing.
struct request_facts {
  std::string_view method;
  std::string_view host;
  std::string_view origin;
  std::string_view fetch_site; ///< Sec-Fetch-Site.
  std::string_view authorization;
  std::string_view cookie;
  std::string_view token;  ///< Of the address, "/?token=...".
  bool has_body = false;
  bool repeated = false;   ///< One of these headers came twice.
  bool own_peer = false;   ///< A process of our user, or root's, over loopback.
};

struct access_rules {
  /// We listen beyond loopback: everybody shows the token.
  bool beyond_loopback = false;
  /// Names of this machine by which people reach it, as start printed them;
  /// "" is nobody's.
  std::vector<std::string> names;
  std::string token; ///< Never empty.
};

enum class access_verdict : std::uint8_t {
  allowed,
  wrong_method,
  has_body,
  wrong_host,
  other_site,
  wants_token,
};

access_verdict judge(const access_rules& rules, const request_facts& request);

/// The cookie that shows the token; HttpOnly, and never sent by other sites.
std::string token_cookie(const access_rules& rules);

} // namespace rayd
