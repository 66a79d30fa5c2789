// The ledger against a model that knows the owner of each 64 bytes: random
// operations, among them repeated and lying ones, give the same answers, no
// byte two owners, and full only when nothing fits.
#include "catch.hpp"
#include "object_store/store_ledger.hpp"

#include <algorithm>
#include <random>
#include <vector>

using namespace rayd;

namespace {

constexpr std::uint64_t unit = arena_alignment;
constexpr std::size_t units = 4096;
constexpr std::uint64_t clients = 6;
constexpr std::uint64_t ids = 40;

enum class kind { free, room, creation, object };

struct owner {
  kind what = kind::free;
  client_number client = 0;
  std::uint64_t object = 0;
  friend bool operator==(const owner&, const owner&) = default;
};

struct model {
  std::vector<owner> cells{units};
  std::vector<std::uint64_t> sizes_of_creations =
    std::vector<std::uint64_t>(clients * ids);

  std::size_t count(kind what) const {
    return std::size_t(std::count_if(cells.begin(), cells.end(), [&](auto& x) {
      return x.what == what;
    }));
  }

  std::size_t count(const owner& x) const {
    return std::size_t(std::count(cells.begin(), cells.end(), x));
  }

  std::size_t longest_free() const {
    std::size_t best = 0;
    std::size_t run = 0;
    for (auto& x : cells)
      best = std::max(best, run = x.what == kind::free ? run + 1 : 0);
    return best;
  }

  /// All cells of *where* belong to *x*.
  bool all(extent where, const owner& x) const {
    if (where.offset % unit != 0 || where.size > units * unit
        || where.offset > units * unit)
      return false;
    auto first = where.offset / unit;
    auto last = first + arena_footprint(where.size) / unit;
    return last <= units
           && std::all_of(cells.begin() + long(first),
                          cells.begin() + long(last),
                          [&](auto& cell) { return cell == x; });
  }

  void set(extent where, const owner& x) {
    auto first = where.offset / unit;
    auto last = first + arena_footprint(where.size) / unit;
    std::fill(cells.begin() + long(first), cells.begin() + long(last), x);
  }

  std::uint64_t replace(const owner& from, const owner& to) {
    auto bytes = count(from) * unit;
    std::replace(cells.begin(), cells.end(), from, to);
    return bytes;
  }
};

struct run {
  explicit run(std::uint64_t seed) : random(seed) {}

  std::mt19937_64 random;
  model truth;
  store_ledger ledger{units * unit, limits()};
  std::vector<client_number> alive = {0, 1, 2, 3, 4, 5};
  std::vector<extent> seen;
  client_number next_client = clients;

  static ledger_limits limits() {
    ledger_limits x;
    x.room_step = 32 * unit;
    x.room_limit = 256 * unit;
    return x;
  }

  std::uint64_t below(std::uint64_t n) { return random() % n; }
  std::uint64_t size() {
    return below(20) == 0 ? below(units * unit * 2) : below(60 * unit);
  }
  static object_id name(std::uint64_t n) { return {7, n}; }
  bool sealed(std::uint64_t n) {
    return std::any_of(truth.cells.begin(), truth.cells.end(), [&](auto& x) {
      return x.what == kind::object && x.object == n;
    });
  }
  /// Something that was once given, perhaps to another, perhaps bent.
  extent some_extent() {
    auto x = seen.empty() ? extent{0, 64} : seen[below(seen.size())];
    if (below(4) == 0)
      x.offset += below(3) * 32;
    if (below(3) == 0)
      x.size = below(200);
    if (below(200) == 0)
      x.size = ~0ull - below(100);
    return x;
  }
  void remember(extent x) {
    if (seen.size() > 64)
      seen.erase(seen.begin() + long(below(seen.size())));
    seen.push_back(x);
  }

  void create(std::size_t slot);
  void give_room(std::size_t slot);
  void seal(std::size_t slot);
  void seal_in_room(std::size_t slot);
  void return_room(std::size_t slot);
  void step();
};

void run::create(std::size_t slot) {
  auto client = alive[slot];
  auto object = below(ids);
  auto bytes = size();
  bool was_sealed = sealed(object);
  owner mine{kind::creation, client, object};
  auto held = truth.count(mine);
  auto& before = truth.sizes_of_creations[slot * ids + object];
  auto placed = ledger.create(client, name(object), bytes);
  if (auto where = std::get_if<extent>(&placed)) {
    REQUIRE_FALSE(was_sealed);
    REQUIRE(where->size == bytes);
    if (held > 0) {
      REQUIRE(before == bytes);
      REQUIRE(truth.all(*where, mine));
    } else {
      REQUIRE(truth.all(*where, {}));
      truth.set(*where, mine);
      before = bytes;
    }
    remember(*where);
    return;
  }
  auto& refused = std::get<store_refused>(placed);
  if (refused.code == store_refusal::exists) {
    REQUIRE((was_sealed || (held > 0 && before != bytes)));
    return;
  }
  REQUIRE(refused.code == store_refusal::full);
  REQUIRE((bytes > units * unit
           || truth.longest_free() * unit < arena_footprint(bytes)));
}

void run::give_room(std::size_t slot) {
  auto client = alive[slot];
  auto bytes = size();
  owner mine{kind::room, client, 0};
  auto held = truth.count(mine) * unit;
  auto placed = ledger.give_room(client, bytes);
  if (auto where = std::get_if<extent>(&placed)) {
    REQUIRE(where->size >= bytes);
    REQUIRE(truth.all(*where, {}));
    truth.set(*where, mine);
    remember(*where);
    return;
  }
  auto& refused = std::get<store_refused>(placed);
  if (refused.code == store_refusal::too_much_room) {
    REQUIRE(held > 0);
    REQUIRE(held + arena_footprint(bytes) > 256 * unit);
    return;
  }
  REQUIRE(refused.code == store_refusal::full);
  REQUIRE((bytes > units * unit
           || truth.longest_free() * unit < arena_footprint(bytes)));
}

void run::seal(std::size_t slot) {
  auto client = alive[slot];
  auto object = below(ids);
  auto where = some_extent();
  owner mine{kind::creation, client, object};
  bool was_sealed = sealed(object);
  bool exact = truth.count(mine) > 0 && truth.all(where, mine)
               && truth.sizes_of_creations[slot * ids + object] == where.size
               && truth.count(mine) * unit == arena_footprint(where.size);
  auto refused = ledger.seal(client, name(object), where);
  REQUIRE(!refused == (exact && !was_sealed));
  if (exact)
    truth.replace(mine, was_sealed ? owner{}
                                   : owner{kind::object, 0, object});
}

void run::seal_in_room(std::size_t slot) {
  auto client = alive[slot];
  auto object = below(ids);
  auto where = some_extent();
  owner mine{kind::room, client, 0};
  bool was_sealed = sealed(object);
  bool inside = truth.all(where, mine);
  auto refused = ledger.seal_in_room(client, name(object), where);
  // Neighbouring rooms are one to the model: an object over their border is
  // refused by the ledger.
  if (!inside || was_sealed)
    REQUIRE(refused);
  if (!refused)
    truth.set(where, {kind::object, 0, object});
  else if (inside && refused->code == store_refusal::exists
           && ledger.free() > truth.count(kind::free) * unit)
    truth.set(where, {});
}

void run::return_room(std::size_t slot) {
  auto client = alive[slot];
  auto where = some_extent();
  owner mine{kind::room, client, 0};
  auto first = (where.offset + unit - 1) / unit;
  auto last = std::min<std::uint64_t>(
    units, (where.size > units * unit ? units * unit : where.end()) / unit);
  std::uint64_t bytes = 0;
  for (auto i = first; i < last; ++i)
    if (truth.cells[i] == mine) {
      truth.cells[i] = {};
      bytes += unit;
    }
  REQUIRE(ledger.return_room(client, where) == bytes);
}

void run::step() {
  auto slot = below(clients);
  auto client = alive[slot];
  auto object = below(ids);
  switch (below(12)) {
    case 0:
    case 1:
      return create(slot);
    case 2:
    case 3:
      return seal(slot);
    case 4:
      return give_room(slot);
    case 5:
    case 6:
      return seal_in_room(slot);
    case 7:
      if (below(4) == 0)
        return return_room(slot);
      return;
    case 8:
      REQUIRE(ledger.abort(client, name(object))
              == truth.replace({kind::creation, client, object}, {}));
      return;
    case 9:
    case 10:
      REQUIRE(ledger.free_object(name(object))
              == truth.replace({kind::object, 0, object}, {}));
      return;
    default:
      if (below(10) != 0)
        return;
      auto bytes = truth.replace({kind::room, client, 0}, {});
      for (std::uint64_t n = 0; n < ids; ++n)
        bytes += truth.replace({kind::creation, client, n}, {});
      REQUIRE(ledger.client_gone(client) == bytes);
      if (client != node_client)
        alive[slot] = next_client++;
  }
}

} // namespace

TEST_CASE("100,000 random operations agree with a naive model",
          "[store_ledger]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    run one(seed);
    for (int i = 0; i < 10'000; ++i) {
      if (i % 1000 == 0)
        one.ledger.touched_up_to(one.below(units * unit));
      one.step();
      if (i % 16 != 0)
        continue;
      one.ledger.check_invariants();
      REQUIRE(one.ledger.used() == one.truth.count(kind::object) * unit);
      REQUIRE(one.ledger.free() == one.truth.count(kind::free) * unit);
    }
    for (auto client : one.alive)
      one.ledger.client_gone(client);
    for (std::uint64_t n = 0; n < ids; ++n)
      one.ledger.free_object(run::name(n));
    one.ledger.check_invariants();
    REQUIRE(one.ledger.largest_free() == units * unit);
  }
}
