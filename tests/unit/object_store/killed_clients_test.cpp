// 1,000 client processes die by kill -9, in each phase of their work and at
// random moments; the store keeps every byte accounted for, and every object
// that was sealed keeps its content.
#include "store_fixture.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <random>
#include <vector>

using namespace rayd;

namespace {

enum class op : std::uint32_t {
  create, room, seal, seal_in_room, get, release
};

/// Between a client and its scheduler; also the answer, with size 0 in
/// `where` when refused.
struct wire_message {
  op what = op::create;
  std::uint32_t good = 1;
  object_id object;
  extent where;
};

/// Where a client kills itself; `outside` waits for the parent to do it.
enum phase : std::uint32_t {
  before_create, asked_create, mid_write, before_seal, sealed, mid_get,
  before_release, released, outside, phases
};

constexpr std::uint64_t largest = 300'000;

void fill_pattern(std::span<std::byte> bytes, const object_id& id) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = std::byte(id.lo * 31 + i);
}

bool has_pattern(std::span<const std::byte> bytes, const object_id& id) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] != std::byte(id.lo * 31 + i))
      return false;
  return true;
}

/// A client's life, in a forked child that holds descriptors and a socket.
class client {
public:
  client(int socket, arena_view& view, std::uint64_t number, phase end)
    : socket_(socket), view_(view), number_(number), random_(number),
      end_(end) {}

  [[noreturn]] void live() {
    for (std::uint64_t i = 0; i < 1'000'000; ++i) {
      last_round_ = i >= random_() % 4;
      round({number_, i});
    }
    ::_exit(1);
  }

private:
  void die_in(phase here) {
    if (end_ == here && last_round_)
      ::kill(::getpid(), SIGKILL);
  }

  void send(const wire_message& x) {
    if (::send(socket_, &x, sizeof x, MSG_NOSIGNAL) != sizeof x)
      ::_exit(2);
  }

  wire_message receive() {
    wire_message x;
    if (::recv(socket_, &x, sizeof x, 0) != sizeof x)
      ::_exit(3);
    return x;
  }

  void put(object_id id) {
    auto size = 1 + random_() % largest;
    bool in_room = random_() % 2 == 0;
    die_in(before_create);
    send({in_room ? op::room : op::create, 1, id, {0, size}});
    die_in(asked_create);
    auto given = receive();
    if (!given.good)
      return;
    given.where.size = size;
    auto bytes = view_.fill(given.where);
    if (!bytes)
      ::_exit(4);
    fill_pattern(bytes->first(size / 2), id);
    die_in(mid_write);
    fill_pattern(*bytes, id);
    die_in(before_seal);
    send({in_room ? op::seal_in_room : op::seal, 1, id, given.where});
    die_in(sealed);
  }

  void round(object_id id) {
    put(id);
    send({op::get, 1, {}, {}});
    auto got = receive();
    if (got.good) {
      auto bytes = view_.view(got.where);
      die_in(mid_get);
      // Anything but death by SIGKILL fails the test in the parent.
      if (!bytes || !has_pattern(*bytes, got.object))
        ::_exit(5);
    }
    die_in(before_release);
    send({op::release, 1, id, {}});
    die_in(released);
  }

  int socket_;
  arena_view& view_;
  std::uint64_t number_;
  std::mt19937_64 random_;
  phase end_;
  bool last_round_ = false;
};

struct running_client {
  pid_t pid = 0;
  int socket = -1;
  client_number number = 0;
  int messages_left = 0; ///< Then it is killed from here.
  std::vector<object_id> viewed;
};

/// This thread as the local scheduler of the clients.
struct scheduler {
  store_fixture& fx;
  arena_view& view;
  std::mt19937_64 random{17};
  std::map<object_id, extent> objects;
  std::map<object_id, int> pins;
  client_number next = 1;

  running_client start(phase end) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    auto number = next++;
    auto pid = ::fork();
    if (pid == 0) {
      ::close(ends[0]);
      client(ends[1], view, number, end).live();
    }
    ::close(ends[1]);
    return {pid, ends[0], number, end == outside ? int(random() % 12) : -1, {}};
  }

  void answer(running_client& to, wire_message x) {
    // A dead client's socket refuses; its end is seen by the next read.
    ::send(to.socket, &x, sizeof x, MSG_NOSIGNAL);
  }

  void serve(running_client& from, wire_message x) {
    std::variant<extent, store_refusal> given;
    switch (x.what) {
      case op::create:
      case op::room:
        given = x.what == op::create
                  ? fx.ask(create_object{1, from.number, x.object,
                                         x.where.size})
                  : fx.ask(give_room{from.number, x.where.size});
        x.good = std::holds_alternative<extent>(given);
        if (x.good)
          x.where = std::get<extent>(given);
        return answer(from, x);
      case op::seal:
      case op::seal_in_room:
        fx.tell(seal_object{from.number, x.object, x.where,
                            x.what == op::seal_in_room});
        objects.emplace(x.object, x.where);
        return;
      case op::get: {
        x.good = !objects.empty();
        if (x.good) {
          auto any = std::next(objects.begin(),
                               long(random() % objects.size()));
          x.object = any->first;
          x.where = any->second;
          from.viewed.push_back(any->first);
          ++pins[any->first];
        }
        return answer(from, x);
      }
      case op::release:
        unpin(from);
        drop(x.object);
    }
  }

  void unpin(running_client& from) {
    for (auto& object : from.viewed)
      --pins[object];
    from.viewed.clear();
  }

  void drop(const object_id& object) {
    if (pins[object] == 0 && objects.erase(object) > 0)
      fx.tell(free_objects{{object}});
  }

  /// Reads one message of *from*; false when it is dead and taken back.
  bool turn(running_client& from) {
    wire_message x;
    if (::recv(from.socket, &x, sizeof x, 0) == sizeof x) {
      serve(from, x);
      if (from.messages_left >= 0 && from.messages_left-- == 0) {
        // Somewhere in what it does now.
        for (auto spin = random() % 20'000; spin > 0; --spin)
          asm volatile("");
        ::kill(from.pid, SIGKILL);
      }
      return true;
    }
    int state = 0;
    REQUIRE(::waitpid(from.pid, &state, 0) == from.pid);
    REQUIRE(WIFSIGNALED(state));
    REQUIRE(WTERMSIG(state) == SIGKILL);
    ::close(from.socket);
    unpin(from);
    fx.tell(client_gone{from.number});
    while (objects.size() > 60)
      forget_some();
    return false;
  }

  void forget_some() {
    auto any = std::next(objects.begin(), long(random() % objects.size()));
    drop(any->first);
  }
};

} // namespace

TEST_CASE("1,000 clients die by kill -9 and no byte is lost",
          "[object_store]") {
  constexpr int deaths_wanted = 1'000;
  store_fixture fx(make_arena(64 * MiB));
  auto view = open_view(*fx.arena);
  REQUIRE(view);
  scheduler node{fx, **view, std::mt19937_64{17}, {}, {}, 1};
  std::vector<running_client> clients;
  std::array<int, phases> by_phase{};
  int started = 0;
  int deaths = 0;
  auto start_one = [&] {
    auto end = phase(started++ % phases);
    ++by_phase[end];
    clients.push_back(node.start(end));
  };
  while (deaths < deaths_wanted) {
    while (clients.size() < 4 && started < deaths_wanted)
      start_one();
    std::vector<pollfd> ready;
    for (auto& x : clients)
      ready.push_back({x.socket, POLLIN, 0});
    REQUIRE(::poll(ready.data(), ready.size(), 10'000) > 0);
    for (auto i = clients.size(); i-- > 0;)
      if (ready[i].revents != 0 && !node.turn(clients[i])) {
        clients.erase(clients.begin() + long(i));
        ++deaths;
      }
  }
  auto usage = fx.usage();
  CHECK(usage.reserved == 0);
  CHECK(usage.clients == 0);
  CHECK(usage.objects == node.objects.size());
  std::uint64_t used = 0;
  for (auto& [object, where] : node.objects) {
    used += arena_footprint(where.size);
    REQUIRE(has_pattern(*(*view)->view(where), object));
    fx.tell(free_objects{{object}});
  }
  CHECK(usage.used == used);
  usage = fx.usage();
  CHECK(usage.used == 0);
  CHECK(usage.free == usage.capacity);
  CHECK(usage.largest_free == usage.capacity);
  for (auto count : by_phase)
    CHECK(count > 100);
}
