#include "cli/commands.hpp"

#include "transport/ask.hpp"
#include "transport/caf_system.hpp"
#include "transport/dial.hpp"
#include "transport/tls_pump.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace rayd {

namespace {

constexpr std::chrono::milliseconds query_timeout{5'000};

query_answer refuse(exit_code code, std::string sentence) {
  return {code, std::move(sentence), false};
}

exit_code code_of(dial_error reason) {
  switch (reason) {
    case dial_error::timed_out: return exit_code::timed_out;
    case dial_error::bad_address: return exit_code::usage;
    case dial_error::unreachable:
    case dial_error::wrong_secret:
    case dial_error::other_version:
    case dial_error::other_cluster:
    case dial_error::refused:
    case dial_error::busy:
    case dial_error::not_rayd: return exit_code::refused;
  }
  return exit_code::refused;
}

outcome<dialled, dial_failure> connect(const query_target& target) {
  hello greeting;
  greeting.role = peer_role::command;
  if (!target.socket.empty())
    return dial_unix(target.socket, std::move(greeting), query_timeout);
  auto parsed = cluster_secret::parse(target.password.reveal());
  if (!parsed)
    return dial_failure{dial_error::wrong_secret, parsed.error().message};
  return dial_tcp(target.address.host, target.address.port,
                  parsed->derive_key("tls"), std::move(greeting),
                  query_timeout);
}

/// {"error": "..."} is a sentence of the cluster's.
query_answer read_answer(std::string text) {
  auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string())
    return refuse(exit_code::failed, json["error"].get<std::string>());
  return {exit_code::ok, std::move(text), false};
}

} // namespace

query_answer query_node(const query_target& target,
                        const std::string& request) {
  auto connection = connect(target);
  if (!connection)
    return {code_of(connection.error().reason), connection.error().message,
            connection.error().reason == dial_error::wrong_secret};
  // Never destroyed: the destructors wait for the peer's actors, and the
  // process ends with _exit right after the command.
  auto* system = new caf_system;
  auto* pump = new tls_pump;
  auto answer = ask(*system, pump, std::move(*connection), caf::atom("query"),
                    request, query_timeout);
  if (answer)
    return read_answer(std::move(*answer));
  auto code = answer.error().code == ray::errc::get_timeout
                ? exit_code::timed_out
                : exit_code::refused;
  return refuse(code, answer.error().message);
}

} // namespace rayd
