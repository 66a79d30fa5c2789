#include "catch.hpp"
#include "object_store/store_ledger.hpp"

using namespace rayd;

namespace {

constexpr std::uint64_t MiB = 1ull << 20;

object_id id(std::uint64_t n) {
  return {1, n};
}

extent given(const store_ledger::placed& x) {
  REQUIRE(std::holds_alternative<extent>(x));
  return std::get<extent>(x);
}

store_refusal code(const store_ledger::placed& x) {
  REQUIRE(std::holds_alternative<store_refused>(x));
  CHECK_FALSE(std::get<store_refused>(x).message.empty());
  return std::get<store_refused>(x).code;
}

store_refusal code(const std::optional<store_refused>& x) {
  REQUIRE(x);
  CHECK_FALSE(x->message.empty());
  return x->code;
}

struct sums {
  std::uint64_t used, reserved, free;
  friend bool operator==(const sums&, const sums&) = default;
};

sums sums_of(const store_ledger& ledger) {
  ledger.check_invariants();
  return {ledger.used(), ledger.reserved(), ledger.free()};
}

} // namespace

TEST_CASE("an object goes from creation over seal to free bytes",
          "[store_ledger]") {
  store_ledger ledger(MiB);
  auto where = given(ledger.create(1, id(1), 1000));
  CHECK(where == extent{0, 1000});
  CHECK(sums_of(ledger) == sums{0, 1024, MiB - 1024});
  CHECK_FALSE(ledger.seal(1, id(1), where));
  CHECK(sums_of(ledger) == sums{1024, 0, MiB - 1024});
  CHECK(ledger.find(id(1)) == where);
  CHECK(ledger.clients() == 0);
  CHECK(ledger.free_object(id(1)) == 1024);
  CHECK(ledger.free_object(id(1)) == 0);
  CHECK(sums_of(ledger) == sums{0, 0, MiB});
  CHECK(ledger.largest_free() == MiB);
}

TEST_CASE("an empty object has a place of its own", "[store_ledger]") {
  store_ledger ledger(MiB);
  auto where = given(ledger.create(1, id(1), 0));
  CHECK(where.size == 0);
  CHECK_FALSE(ledger.seal(1, id(1), where));
  CHECK(ledger.used() == arena_alignment);
  CHECK(ledger.free_object(id(1)) == arena_alignment);
}

TEST_CASE("more than the capacity is refused at once", "[store_ledger]") {
  store_ledger ledger(MiB);
  for (extent bad : {extent{0, MiB + 1}, extent{0, ~0ull},
                     extent{0, ~0ull - 63}, extent{0, 1ull << 63}}) {
    CHECK(code(ledger.create(1, id(1), bad.size)) == store_refusal::full);
    CHECK(code(ledger.give_room(1, bad.size)) == store_refusal::full);
  }
  CHECK(sums_of(ledger) == sums{0, 0, MiB});
  CHECK(given(ledger.create(1, id(1), MiB)).size == MiB);
  CHECK(code(ledger.create(1, id(2), 1)) == store_refusal::full);
}

TEST_CASE("a repeated creation gets the same space", "[store_ledger]") {
  store_ledger ledger(MiB);
  auto first = given(ledger.create(1, id(1), 100));
  CHECK(given(ledger.create(1, id(1), 100)) == first);
  CHECK(code(ledger.create(1, id(1), 101)) == store_refusal::exists);
  CHECK(sums_of(ledger) == sums{0, 128, MiB - 128});
  CHECK(ledger.abort(1, id(1)) == 128);
  CHECK(ledger.abort(1, id(1)) == 0);
  CHECK(sums_of(ledger) == sums{0, 0, MiB});
}

TEST_CASE("of two copies the first seal wins and the second is freed",
          "[store_ledger]") {
  store_ledger ledger(MiB);
  auto one = given(ledger.create(1, id(1), 100));
  auto two = given(ledger.create(2, id(1), 200));
  CHECK_FALSE(ledger.seal(2, id(1), two));
  CHECK(code(ledger.seal(1, id(1), one)) == store_refusal::exists);
  CHECK(sums_of(ledger) == sums{256, 0, MiB - 256});
  CHECK(ledger.find(id(1)) == two);
  CHECK(code(ledger.seal(2, id(1), two)) == store_refusal::exists);
  CHECK(code(ledger.create(3, id(1), 100)) == store_refusal::exists);
  CHECK(ledger.abort(2, id(1)) == 0);
  CHECK(sums_of(ledger) == sums{256, 0, MiB - 256});
}

TEST_CASE("lies about creations change nothing", "[store_ledger]") {
  store_ledger ledger(MiB);
  auto where = given(ledger.create(1, id(1), 1000));
  auto before = sums_of(ledger);
  CHECK(code(ledger.seal(2, id(1), where)) == store_refusal::not_created);
  CHECK(code(ledger.seal(1, id(2), where)) == store_refusal::not_created);
  CHECK(code(ledger.seal(1, id(1), {where.offset, 1001}))
        == store_refusal::not_own_space);
  CHECK(code(ledger.seal(1, id(1), {64, 1000}))
        == store_refusal::not_own_space);
  CHECK(code(ledger.seal_in_room(1, id(1), where))
        == store_refusal::not_own_space);
  CHECK(ledger.abort(2, id(1)) == 0);
  CHECK(ledger.free_object(id(1)) == 0);
  CHECK(ledger.return_room(1, where) == 0);
  CHECK(sums_of(ledger) == before);
  CHECK_FALSE(ledger.seal(1, id(1), where));
}

TEST_CASE("objects are cut from the front of a room", "[store_ledger]") {
  store_ledger ledger(4 * MiB);
  auto room = given(ledger.give_room(1, 100));
  CHECK(room == extent{0, MiB});
  CHECK_FALSE(ledger.seal_in_room(1, id(1), {0, 1000}));
  CHECK_FALSE(ledger.seal_in_room(1, id(2), {1024, 64}));
  CHECK(sums_of(ledger) == sums{1088, MiB - 1088, 3 * MiB});
  CHECK(ledger.free_object(id(1)) == 1024);
  CHECK(sums_of(ledger) == sums{64, MiB - 1088, 3 * MiB + 1024});
  CHECK(ledger.client_gone(1) == MiB - 1088);
  CHECK(sums_of(ledger) == sums{64, 0, 4 * MiB - 64});
  CHECK(ledger.find(id(2)) == extent{1024, 64});
}

TEST_CASE("objects are cut from anywhere in a room", "[store_ledger]") {
  store_ledger ledger(MiB);
  given(ledger.give_room(1, MiB));
  CHECK_FALSE(ledger.seal_in_room(1, id(1), {512, 64}));
  CHECK_FALSE(ledger.seal_in_room(1, id(2), {MiB - 64, 1}));
  CHECK_FALSE(ledger.seal_in_room(1, id(3), {0, 512}));
  CHECK(code(ledger.seal_in_room(1, id(4), {448, 128}))
        == store_refusal::not_own_space);
  CHECK(sums_of(ledger) == sums{640, MiB - 640, 0});
  CHECK(ledger.return_room(1, {0, MiB}) == MiB - 640);
  CHECK(sums_of(ledger) == sums{640, 0, MiB - 640});
}

TEST_CASE("lies about rooms change nothing", "[store_ledger]") {
  store_ledger ledger(4 * MiB);
  auto mine = given(ledger.give_room(1, MiB));
  auto other = given(ledger.give_room(2, MiB));
  auto before = sums_of(ledger);
  for (extent lie :
       {other, extent{mine.offset, MiB + 1}, extent{32, 64}, extent{0, ~0ull},
        extent{~0ull - 63, 64}, extent{3 * MiB, 64}, extent{MiB, 0}})
    CHECK(code(ledger.seal_in_room(1, id(1), lie))
          == store_refusal::not_own_space);
  CHECK(code(ledger.seal_in_room(3, id(1), mine))
        == store_refusal::not_own_space);
  CHECK(ledger.return_room(1, other) == 0);
  CHECK(ledger.return_room(1, {10, 20}) == 0);
  CHECK(ledger.return_room(1, {~0ull, ~0ull}) == 0);
  CHECK(sums_of(ledger) == before);
}

TEST_CASE("a repeated seal in a room changes nothing", "[store_ledger]") {
  store_ledger ledger(MiB);
  given(ledger.give_room(1, MiB));
  CHECK_FALSE(ledger.seal_in_room(1, id(1), {0, 64}));
  auto before = sums_of(ledger);
  CHECK(code(ledger.seal_in_room(1, id(1), {0, 64}))
        == store_refusal::exists);
  CHECK(sums_of(ledger) == before);
  // Another copy of the object: the client has moved on, so its bytes are
  // nobody's.
  CHECK(code(ledger.seal_in_room(1, id(1), {64, 64}))
        == store_refusal::exists);
  CHECK(sums_of(ledger) == sums{64, MiB - 128, 64});
}

TEST_CASE("unused room of a client is limited", "[store_ledger]") {
  ledger_limits limits;
  limits.room_limit = 2 * MiB;
  store_ledger ledger(64 * MiB, limits);
  CHECK(given(ledger.give_room(1, 8 * MiB)).size == 8 * MiB);
  CHECK(code(ledger.give_room(1, 1)) == store_refusal::too_much_room);
  CHECK(given(ledger.give_room(2, 1)).size == MiB);
  CHECK(given(ledger.give_room(2, MiB)).size == MiB);
  CHECK(code(ledger.give_room(2, 1)) == store_refusal::too_much_room);
  ledger.check_invariants();
}

TEST_CASE("a room smaller than a step is given when no step is free",
          "[store_ledger]") {
  store_ledger ledger(MiB);
  given(ledger.create(1, id(1), MiB / 2));
  CHECK(given(ledger.give_room(2, 1000)).size == 1024);
}

TEST_CASE("what an ended client still says is refused", "[store_ledger]") {
  store_ledger ledger(4 * MiB);
  auto where = given(ledger.create(1, id(1), 100));
  auto room = given(ledger.give_room(1, 1));
  CHECK(ledger.client_gone(1) == MiB + 128);
  CHECK(ledger.client_gone(1) == 0);
  CHECK(code(ledger.create(1, id(2), 1)) == store_refusal::client_gone);
  CHECK(code(ledger.give_room(1, 1)) == store_refusal::client_gone);
  CHECK(code(ledger.seal(1, id(1), where)) == store_refusal::client_gone);
  CHECK(code(ledger.seal_in_room(1, id(1), room))
        == store_refusal::client_gone);
  CHECK(sums_of(ledger) == sums{0, 0, 4 * MiB});
  // The node itself never ends.
  given(ledger.create(node_client, id(3), 1));
  CHECK(ledger.client_gone(node_client) == 64);
  given(ledger.create(node_client, id(3), 1));
}

TEST_CASE("touched bytes are used before fresh ones", "[store_ledger]") {
  store_ledger ledger(64 * MiB);
  auto low = given(ledger.create(1, id(1), 8 * MiB));
  given(ledger.create(1, id(2), 56 * MiB - 4 * MiB));
  ledger.touched_up_to(60 * MiB);
  ledger.abort(1, id(1));
  // The rest at the end has 4 MiB and fits better, but was never touched.
  CHECK(given(ledger.create(1, id(3), 2 * MiB)).offset == low.offset);
  ledger.touched_up_to(64 * MiB);
  CHECK(given(ledger.create(1, id(4), 3 * MiB)).offset == 60 * MiB);
  ledger.check_invariants();
}
