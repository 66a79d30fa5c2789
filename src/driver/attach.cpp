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
#include <sys/stat.h>

#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

namespace rayd {

namespace {

using std::chrono::milliseconds;

constexpr int dial_attempts = 5;
constexpr auto handshake_patience = milliseconds{2'000};
constexpr auto hang_up_patience = milliseconds{5'000};

failure refused(std::string sentence) {
  return {ray::errc::connection_failed, std::move(sentence)};
}

/// A connection that BASP has, with the arena that came with it.
struct connection {
  std::shared_ptr<arena_view> arena;
  shared_lane lane;
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
  auto& given = door->descriptors;
  if (given.size() < 2)
    return refused("the node gave no object store to this process");
  auto arena = arena_view::open(given[0].release(), given[1].release());
  if (!arena)
    return arena.error();
  connection made;
  if (given.size() >= 4) {
    auto bells = bell_page::open(given[2].release());
    if (!bells)
      return bells.error();
    auto memory = lane_memory::open(given[3].release());
    if (!memory)
      return memory.error();
    made.lane = {std::move(*bells), std::move(*memory)};
  }
  made.arena = std::move(*arena);
  made.link = door->reply.link;
  auto socket = std::move(door->channel.release().socket);
  made.socket = owned_fd{::fcntl(socket.get(), F_DUPFD_CLOEXEC, 3)};
  auto root = hand_over_dial(process_system(), std::move(socket),
                             handshake_patience);
  if (!root)
    return root.error();
  made.node = std::move(*root);
  return made;
}

/// BASP may drop a handshake that meets a heartbeat, or one that comes before
/// the other side has seen the end of the last session, so more than once.
result<connection> connect_to(const attach_request& request) {
  auto made = connect_once(request);
  for (int i = 1; i < dial_attempts && !made; ++i)
    made = connect_once(request);
  return made;
}

/// A library that every machine of the same system has, or that the kernel
/// provides.
bool belongs_to_system(const std::string& path) {
  if (path.empty() || path[0] != '/')
    return true;
  for (const char* folder : {"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/"})
    if (path.starts_with(folder))
      return true;
  return false;
}

/// Paths of the shared libraries of this process outside the system's folders;
/// nodes that lack them get copies.
std::vector<std::string> private_libraries() {
  std::vector<std::string> paths;
  ::dl_iterate_phdr(
    [](dl_phdr_info* info, std::size_t, void* into) {
      const std::string path = info->dlpi_name ? info->dlpi_name : "";
      if (!belongs_to_system(path))
        static_cast<std::vector<std::string>*>(into)->push_back(path);
      return 0;
    },
    &paths);
  return paths;
}

/// Closes the connection and waits until BASP has let go of it: it allows one
/// connection between two processes, and the next session may come at once.
void hang_up(client_actor& root, client_signals& signals,
             const owned_fd& socket) {
  ::shutdown(socket.get(), SHUT_RDWR);
  // A callback may end the session on the actor's own thread.
  if (root.is_own_thread())
    return;
  signals.stopped.get_future().wait_for(hang_up_patience);
  root.stop();
}

} // namespace

caf::actor_system& process_system(std::size_t threads) {
  static auto* only = new caf_system{threads};
  return only->get();
}

std::string describe_driver(const std::string& job_name,
                            bool log_to_driver) {
  std::uint64_t offset = 0;
  const auto entry = ::getauxval(AT_ENTRY);
  const auto module = ray::detail::module_of(
    reinterpret_cast<const void*>(entry), offset);
  nlohmann::json text{
    {"role", "driver"},
    {"program", own_executable()},
    {"job_name", job_name},
    {"log_to_driver", log_to_driver},
    {"pid", ::getpid()},
    {"module", fmt::format("{:016x}", module)},
    {"libraries", private_libraries()},
  };
  // Nodes take the file of the same path for it when these are the same.
  struct stat file {};
  if (::stat("/proc/self/exe", &file) == 0) {
    text["program_size"] = file.st_size;
    text["program_mtime_ns"]
      = std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000
        + file.st_mtim.tv_nsec;
  }
  return text.dump();
}

result<std::shared_ptr<client>> attach(const attach_request& request) {
  auto link = connect_to(request);
  if (!link)
    return link.error();
  auto& system = process_system();
  auto made = std::make_shared<client>(std::move(link->arena), system,
                                       std::move(link->lane));
  made->set_receiver(request.receiver);
  auto signals = std::make_shared<client_signals>();
  auto let_in = signals->let_in.get_future();
  auto actor = system.spawn<client_actor>(
    made, client_greeting{link->node, link->link, request.text}, signals);
  const auto socket = std::make_shared<owned_fd>(std::move(link->socket));
  made->also_at_end([actor, signals, socket] {
    hang_up(*caf::actor_cast<client_actor*>(actor), *signals, *socket);
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
