#include "object_store/object_store.hpp"

#include "store_fixture.hpp"

#include <cstring>

using namespace rayd;

namespace {

extent where_of(const std::variant<extent, store_refusal>& x) {
  REQUIRE(std::holds_alternative<extent>(x));
  return std::get<extent>(x);
}

} // namespace

TEST_CASE("the store gives, seals and frees through messages",
          "[object_store]") {
  store_fixture fx(make_arena(16 * MiB));
  object_id a{1, 1};
  object_id b{1, 2};
  auto where = where_of(fx.ask(create_object{7, 1, a, 1000}));
  CHECK(where.size == 1000);
  auto room = where_of(fx.ask(give_room{1, 100}));
  CHECK(room.size == MiB);
  auto usage = fx.usage();
  CHECK(usage.capacity == 16 * MiB);
  CHECK(usage.reserved == MiB + 1024);
  CHECK(usage.clients == 1);
  CHECK(usage.backed >= room.end());
  fx.tell(seal_object{1, a, where, false});
  fx.tell(seal_objects{{{1, b, {room.offset, 50}, true}}});
  usage = fx.usage();
  CHECK(usage.used == 1024 + 64);
  CHECK(usage.objects == 2);
  fx.tell(return_room{1, {room.offset + 64, MiB}});
  CHECK(fx.usage().reserved == 0);
  fx.tell(free_objects{{a, b, a}});
  usage = fx.usage();
  CHECK(usage.free == usage.capacity);
  CHECK(usage.largest_free == usage.capacity);
}

TEST_CASE("the store answers a request as well", "[object_store]") {
  store_fixture fx(make_arena(16 * MiB));
  bool answered = false;
  fx.self->request(fx.store, std::chrono::seconds(10), ask_store_usage{})
    .receive([&](const store_usage& x) { answered = x.capacity == 16 * MiB; },
             [](const caf::error&) {});
  CHECK(answered);
}

TEST_CASE("a refused seal is answered with its object", "[object_store]") {
  store_fixture fx(make_arena(16 * MiB));
  fx.tell(seal_object{3, {1, 9}, {0, 64}, true});
  bool refused = false;
  fx.self->receive(
    [&](const object_refused& x) {
      refused = x.code == store_refusal::not_own_space && x.request == 0
                && x.client == 3 && x.object == object_id{1, 9};
      CHECK_FALSE(x.message.empty());
    },
    caf::after(std::chrono::seconds(10)) >> [] { FAIL(); });
  CHECK(refused);
}

TEST_CASE("an object larger than the store is refused at once",
          "[object_store]") {
  store_fixture fx(make_arena(16 * MiB));
  auto answer = fx.ask(create_object{1, 1, {1, 1}, 17 * MiB});
  CHECK(std::get<store_refusal>(answer) == store_refusal::full);
  CHECK(fx.usage().free == 16 * MiB);
}

TEST_CASE("a lack of memory is refused and the store goes on",
          "[object_store]") {
  // A limit below the capacity stands for a full system: the machine does
  // not have an exabyte.
  segment_options options;
  options.capacity = 1ull << 50;
  auto arena = segment::create(options);
  REQUIRE(arena);
  store_fixture fx(*arena);
  auto answer = fx.ask(create_object{1, 1, {1, 1}, 1ull << 49});
  CHECK(std::get<store_refusal>(answer) == store_refusal::full);
  answer = fx.ask(give_room{1, 1ull << 49});
  CHECK(std::get<store_refusal>(answer) == store_refusal::full);
  CHECK(fx.usage().free == fx.usage().capacity);
  where_of(fx.ask(create_object{2, 1, {1, 1}, 1000}));
}

TEST_CASE("the node's own view fills what the store gave", "[object_store]") {
  store_fixture fx(make_arena(16 * MiB));
  auto view = open_view(*fx.arena);
  REQUIRE(view);
  auto where = where_of(fx.ask(create_object{1, node_client, {1, 1}, 5}));
  auto out = (*view)->fill(where);
  REQUIRE(out);
  std::memcpy(out->data(), "bytes", 5);
  fx.tell(seal_object{node_client, {1, 1}, where, false});
  CHECK(std::memcmp((*view)->view(where)->data(), "bytes", 5) == 0);
  CHECK(fx.usage().objects == 1);
}

TEST_CASE("messages of no meaning to the store are dropped",
          "[object_store]") {
  store_fixture fx(make_arena(MiB));
  fx.tell(std::string("hello"));
  CHECK(fx.usage().free == MiB);
}
