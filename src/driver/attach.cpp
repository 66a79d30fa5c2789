#include "driver/attach.hpp"

#include "config/launch.hpp"
#include "driver/client_actor.hpp"
#include "transport/caf_system.hpp"
#include "transport/dial.hpp"
#include "transport/hand_over.hpp"

#include <ray/detail/function_table.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/auxv.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <mutex>
#include <utility>
#include <vector>

namespace rayd {

namespace {

using std::chrono::milliseconds;

constexpr int dial_attempts = 3;

failure refused(std::string sentence) {
  return {ray::errc::connection_failed, std::move(sentence)};
}

/// Sockets of sessions that ended. What they still had to say needs a moment;
/// they are closed when the next session begins.
class ended_sockets {
public:
  static ended_sockets& of_process() {
    static auto* only = new ended_sockets;
    return *only;
  }

  void add(owned_fd socket) {
    const std::lock_guard guard{lock_};
    sockets_.push_back(std::move(socket));
  }

  void close() {
    const std::lock_guard guard{lock_};
    for (auto& socket : sockets_)
      ::shutdown(socket.get(), SHUT_RDWR);
    sockets_.clear();
  }

private:
  std::mutex lock_;
  std::vector<owned_fd> sockets_;
};

/// A connection that BASP has, with the arena that came with it.
struct connection {
  std::shared_ptr<arena_view> arena;
  caf::strong_actor_ptr node;
  std::uint64_t link = 0;
  owned_fd socket; ///< A duplicate, to close it with.
};

result<connection> connect_once(const attach_request& request) {
  hello greeting;
  greeting.role = request.role;
  auto door = dial_unix(request.socket, std::move(greeting),
                        request.patience);
  if (!door)
    return refused(door.error().message);
  if (door->descriptors.size() < 2)
    return refused("the node gave no object store to this process");
  auto arena = arena_view::open(door->descriptors[0].release(),
                                door->descriptors[1].release());
  if (!arena)
    return arena.error();
  connection made;
  made.arena = std::move(*arena);
  made.link = door->reply.link;
  auto socket = std::move(door->channel.release().socket);
  made.socket = owned_fd{::fcntl(socket.get(), F_DUPFD_CLOEXEC, 3)};
  auto root = hand_over_dial(process_system(), std::move(socket),
                             request.patience);
  if (!root)
    return root.error();
  made.node = std::move(*root);
  return made;
}

/// BASP may drop a handshake that meets a heartbeat, so more than once.
result<connection> connect_to(const attach_request& request) {
  auto made = connect_once(request);
  for (int i = 1; i < dial_attempts && !made; ++i)
    made = connect_once(request);
  return made;
}

} // namespace

caf::actor_system& process_system() {
  static auto* only = new caf_system;
  return only->get();
}

std::string describe_driver(const std::string& job_name) {
  std::uint64_t offset = 0;
  const auto entry = ::getauxval(AT_ENTRY);
  const auto module = ray::detail::module_of(
    reinterpret_cast<const void*>(entry), offset);
  const nlohmann::json text{
    {"role", "driver"},
    {"program", own_executable()},
    {"job_name", job_name},
    {"pid", ::getpid()},
    {"module", fmt::format("{:016x}", module)},
  };
  return text.dump();
}

result<std::shared_ptr<client>> attach(const attach_request& request) {
  ended_sockets::of_process().close();
  auto link = connect_to(request);
  if (!link)
    return link.error();
  auto& system = process_system();
  auto made = std::make_shared<client>(std::move(link->arena), system);
  made->set_receiver(request.receiver);
  auto signals = std::make_shared<client_signals>();
  auto let_in = signals->let_in.get_future();
  auto actor = system.spawn<client_actor>(
    made, client_greeting{link->node, link->link, request.text}, signals);
  made->also_at_end([actor, signals, socket = std::make_shared<owned_fd>(
                                   std::move(link->socket))]() mutable {
    auto* root = caf::actor_cast<client_actor*>(actor);
    auto stopped = signals->stopped.get_future();
    root->stop();
    // A callback may end the session on the actor's own thread.
    if (!root->is_own_thread())
      stopped.wait_for(std::chrono::seconds{5});
    ended_sockets::of_process().add(std::move(*socket));
    actor = nullptr;
  });
  if (let_in.wait_for(request.patience) != std::future_status::ready) {
    made->end();
    return refused(fmt::format("the node at {} did not answer within {} ms",
                               request.socket, request.patience.count()));
  }
  if (auto identity = let_in.get(); !identity) {
    made->end();
    return identity.error();
  }
  return made;
}

} // namespace rayd
