#include "dashboard/access.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include <arpa/inet.h>

namespace rayd {

namespace {

constexpr std::string_view cookie_name = "rayd_token=";

bool same_text(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x))
           == std::tolower(static_cast<unsigned char>(y));
  });
}

/// "[::1]:8265" -> "::1"; nothing when it is no name with a port.
std::optional<std::string> name_in(std::string_view host) {
  std::string_view port;
  std::string_view name = host;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos)
      return std::nullopt;
    name = host.substr(1, end - 1);
    port = host.substr(end + 1);
  } else if (const auto colon = host.find(':');
             colon != std::string_view::npos) {
    name = host.substr(0, colon);
    port = host.substr(colon);
  }
  const bool good_port
    = port.empty()
      || (port[0] == ':' && port.size() > 1 && port.size() <= 6
          && std::all_of(port.begin() + 1, port.end(),
                         [](char c) { return c >= '0' && c <= '9'; }));
  if (name.empty() || !good_port)
    return std::nullopt;
  return std::string{name};
}

bool is_loopback(const std::string& name) {
  in_addr four{};
  if (::inet_pton(AF_INET, name.c_str(), &four) == 1)
    return (ntohl(four.s_addr) >> 24) == 127;
  return same_text(name, "localhost") || name == "::1";
}

bool is_address(const std::string& name) {
  in6_addr any{};
  return ::inet_pton(AF_INET, name.c_str(), &any) == 1
         || ::inet_pton(AF_INET6, name.c_str(), &any) == 1;
}

/// A page of another site can reach us under a name of its own, but never under
/// an address or a name of ours. Ports may differ: tunnels change them.
bool names_us(const access_rules& rules, std::string_view host) {
  const auto name = name_in(host);
  if (!name)
    return false;
  if (is_loopback(*name) || (rules.beyond_loopback && is_address(*name)))
    return true;
  return std::any_of(
    rules.names.begin(), rules.names.end(),
    [&](const auto& one) { return same_text(one, *name); });
}

bool from_our_pages(const request_facts& request) {
  constexpr std::string_view scheme = "http://";
  const auto site = request.fetch_site;
  if (!site.empty() && site != "same-origin" && site != "none")
    return false;
  const auto origin = request.origin;
  return origin.empty()
         || (origin.starts_with(scheme)
             && same_text(origin.substr(scheme.size()), request.host));
}

bool is_token(const access_rules& rules, std::string_view shown) {
  return shown.size() == rules.token.size() && !shown.empty()
         && CRYPTO_memcmp(shown.data(), rules.token.data(), shown.size()) == 0;
}

bool cookie_shows(const access_rules& rules, std::string_view cookies) {
  while (!cookies.empty()) {
    const auto end = std::min(cookies.find(';'), cookies.size());
    auto one = cookies.substr(0, end);
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    while (one.starts_with(' '))
      one.remove_prefix(1);
    if (one.starts_with(cookie_name)
        && is_token(rules, one.substr(cookie_name.size())))
      return true;
  }
  return false;
}

bool shows_token(const access_rules& rules, const request_facts& request) {
  constexpr std::string_view bearer = "Bearer ";
  const auto given = request.authorization;
  return is_token(rules, request.token)
         || (given.starts_with(bearer)
             && is_token(rules, given.substr(bearer.size())))
         || cookie_shows(rules, request.cookie);
}

} // namespace

access_verdict judge(const access_rules& rules, const request_facts& request) {
  if (request.method != "GET")
    return access_verdict::wrong_method;
  if (request.has_body)
    return access_verdict::has_body;
  if (request.repeated || !names_us(rules, request.host))
    return access_verdict::wrong_host;
  if (!from_our_pages(request))
    return access_verdict::other_site;
  const bool trusted = request.own_peer && !rules.beyond_loopback;
  return trusted || shows_token(rules, request) ? access_verdict::allowed
                                                : access_verdict::wants_token;
}

std::string token_cookie(const access_rules& rules) {
  return std::string{cookie_name} + rules.token
         + "; Path=/; HttpOnly; SameSite=Strict";
}

} // namespace rayd
