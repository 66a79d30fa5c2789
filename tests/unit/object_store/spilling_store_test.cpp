// A full store, its disk, and this thread as the local scheduler that says
// what may leave.

#include "store_fixture.hpp"

#include "shared_memory/arena_view.hpp"
#include "wire/node_messages.hpp"
#include "wire/spill_messages.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>

using namespace rayd;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

object_id number(std::uint64_t n) {
  return child_id(root_id(1, 7), n, 1, 7);
}

struct spilling {
  spilling() {
    path = ::mkdtemp(path.data());
    store_options options;
    options.arena = arena;
    options.prefault = 0;
    options.scheduler = self;
    options.spill_folder = path + "/spill";
    store = spawn_object_store(system, options);
    view = std::move(*open_view(*arena));
  }
  ~spilling() {
    self->send_exit(store, caf::exit_reason::user_shutdown);
    self->wait_for(store);
    view.reset();
    fs::remove_all(path);
  }

  template <class Message>
  Message next() {
    Message found;
    self->receive([&](const Message& x) { found = x; },
                  caf::after(10s) >> [] { FAIL("no answer"); });
    return found;
  }

  /// Creates, fills and seals.
  extent make(std::uint64_t n, std::uint64_t size) {
    self->send(store, create_object{n, 1, number(n), size});
    return fill(n, next<object_created>().where);
  }

  extent fill(std::uint64_t n, extent where) {
    const auto room = *view->fill(where);
    std::memset(room.data(), static_cast<int>(n), room.size());
    self->send(store, seal_object{1, number(n), where, false});
    return where;
  }

  void spill(std::uint64_t n) {
    self->send(store, spill_object{number(n)});
    CHECK(next<object_spilled>().good);
    self->send(store, free_place{number(n)});
  }

  store_usage usage() {
    self->send(store, ask_store_usage{});
    return next<store_usage>();
  }

  caf::actor_system_config config;
  caf::actor_system system{config.set("scheduler.policy", caf::atom("sharing"))
                             .set("scheduler.max-threads", 1)};
  caf::scoped_actor self{system};
  std::shared_ptr<segment> arena = make_arena(16 * MiB);
  std::unique_ptr<arena_view> view;
  std::string path = "/tmp/rayd-test-XXXXXX";
  caf::actor store;
};

} // namespace

TEST_CASE_METHOD(spilling, "a request waits until an object is on disk",
                 "[spill]") {
  make(1, 7 * MiB);
  make(2, 5 * MiB);
  CHECK_FALSE(fs::exists(path + "/spill"));
  self->send(store, create_object{3, 1, number(3), 6 * MiB});
  const auto wanted = next<space_wanted>();
  CHECK(wanted.bytes >= 2 * MiB);
  spill(1);
  fill(3, next<object_created>().where);
  CHECK(usage().spilled == 7 * MiB);
  CHECK(fs::exists(path + "/spill/1.spill"));
  // And back, when another one has gone.
  self->send(store, restore_object{number(1), 7 * MiB});
  spill(3);
  const auto back = next<object_fetched>();
  CHECK(back.object == number(1));
  const auto bytes = *view->view(back.where);
  CHECK(bytes.front() == std::byte{1});
  CHECK(bytes.back() == std::byte{1});
  CHECK(usage().spilled == 6 * MiB);
  self->send(store, free_objects{{number(1), number(2), number(3)}});
  const auto end = usage();
  CHECK(end.used == 0);
  CHECK(end.reserved == 0);
  CHECK(end.spilled == 0);
}

TEST_CASE_METHOD(spilling, "when nothing can leave, the store is full",
                 "[spill]") {
  make(1, 12 * MiB);
  const auto begin = std::chrono::steady_clock::now();
  self->send(store, create_object{2, 1, number(2), 6 * MiB});
  std::optional<object_refused> refused;
  while (!refused)
    self->receive(
      [&](const space_wanted& x) {
        self->send(store, no_more_space{x.serial, false});
      },
      [&](const object_refused& x) { refused = x; },
      caf::after(10s) >> [] { FAIL("no answer"); });
  CHECK(refused->code == store_refusal::full);
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  self->send(store, free_objects{{number(1)}});
  make(3, 6 * MiB);
}

TEST_CASE_METHOD(spilling, "a changed file is not restored", "[spill]") {
  make(1, 7 * MiB);
  spill(1);
  CHECK(usage().used == 0);
  {
    std::fstream file{path + "/spill/1.spill",
                      std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(1 << 20);
    file.put('x');
  }
  self->send(store, restore_object{number(1), 7 * MiB});
  CHECK(next<object_not_restored>().object == number(1));
  const auto end = usage();
  CHECK(end.free == end.capacity);
  CHECK(end.spilled == 0);
}

TEST_CASE_METHOD(spilling, "what is freed on its way to disk leaves no file",
                 "[spill]") {
  make(1, 7 * MiB);
  self->send(store, spill_object{number(1)});
  self->send(store, free_objects{{number(1)}});
  make(2, 1 * MiB);
  spill(2);
  make(3, 1 * MiB);
  spill(3); // The disk works in order: the first file is gone by now.
  CHECK(usage().spilled == 2 * MiB);
  CHECK_FALSE(fs::exists(path + "/spill/1.spill"));
  CHECK(fs::exists(path + "/spill/2.spill"));
  self->send(store, restore_object{number(1), 7 * MiB});
  CHECK(next<object_not_restored>().object == number(1));
}
