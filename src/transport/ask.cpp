#include "transport/ask.hpp"

#include "base/check.hpp"
#include "transport/basp_lane.hpp"
#include "transport/hand_over.hpp"
#include "transport/task_path_actor.hpp"
#include "transport/tls_pump.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/after.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/system_messages.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

using std::chrono::milliseconds;

namespace {

using clock = std::chrono::steady_clock;

result<owned_fd> socket_for_basp(tls_pump* pump, stream channel) {
  if (!channel.secured())
    return std::move(channel.release().socket);
  RAYD_CHECK(pump != nullptr);
  return pump->carry(std::move(channel));
}

} // namespace

result<std::string> ask(caf::actor_system& system, tls_pump* pump,
                        dialled connection, caf::atom_value tag,
                        std::string request, milliseconds timeout) {
  const auto deadline = clock::now() + timeout;
  auto socket = socket_for_basp(pump, std::move(connection.channel));
  if (!socket)
    return socket.error();
  auto root = hand_over_dial(system, std::move(*socket), timeout);
  if (!root)
    return root.error();
  caf::scoped_actor self{system};
  // Monitor first: a request to a dead actor would vanish without a word.
  self->monitor(caf::actor_cast<caf::actor>(*root));
  const auto me = caf::actor_cast<caf::strong_actor_ptr>(self);
  send_bytes(me, *root, link_atom::value, link_text(connection.reply.link));
  send_bytes(me, *root, tag, std::move(request));
  result<std::string> out
    = failure{ray::errc::get_timeout,
              fmt::format("no answer within {} ms", timeout.count())};
  const auto left
    = std::chrono::ceil<milliseconds>(deadline - clock::now());
  self->receive(
    [&](caf::atom_value, std::string& answer) { out = std::move(answer); },
    [&](const caf::down_msg&) {
      out = failure{ray::errc::connection_failed,
                    "the process that was asked went away before it answered"};
    },
    caf::after(std::max(left, milliseconds{0})) >> [] {});
  return out;
}

} // namespace rayd
