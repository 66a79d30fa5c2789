#include "transport/hand_over.hpp"

#include "transport/sockets.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <fmt/format.h>

#include <set>
#include <string>

#include <fcntl.h>

namespace rayd {

namespace {

// BASP knows what it published by port; rayd publishes one actor.
constexpr std::uint16_t root_port = 1;

caf::actor basp_of(caf::actor_system& system) {
  return system.middleman().named_broker<caf::io::basp_broker>(
    caf::atom("BASP"));
}

caf::io::scribe_ptr scribe_of(caf::actor_system& system, owned_fd socket) {
  make_non_blocking(socket.get());
  ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
  return system.middleman().backend().new_scribe(socket.release());
}

} // namespace

void hand_over_accept(caf::actor_system& system, owned_fd socket,
                      const caf::strong_actor_ptr& root) {
  caf::anon_send(basp_of(system), caf::publish_atom::value,
                 scribe_of(system, std::move(socket)), root_port, root,
                 std::set<std::string>{});
}

result<caf::strong_actor_ptr>
hand_over_dial(caf::actor_system& system, owned_fd socket,
               std::chrono::milliseconds timeout) {
  caf::scoped_actor self{system};
  result<caf::strong_actor_ptr> out
    = failure{ray::errc::connection_failed,
              "the peer let us in and has no root actor; is it stopping?"};
  self
    ->request(basp_of(system), timeout, caf::connect_atom::value,
              scribe_of(system, std::move(socket)), root_port)
    .receive(
      [&](const caf::node_id&, caf::strong_actor_ptr& root,
          const std::set<std::string>&) {
        if (root)
          out = std::move(root);
      },
      [&](caf::error& why) {
        out = failure{ray::errc::connection_failed,
                      fmt::format("the message handshake did not finish within "
                                  "{} ms ({}); dial again",
                                  timeout.count(), system.render(why))};
      });
  return out;
}

} // namespace rayd
