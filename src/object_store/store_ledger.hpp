#pragma once

#include "base/extent.hpp"
#include "base/ids.hpp"
#include "object_store/free_extents.hpp"
#include "wire/store_terms.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>

namespace rayd {

/// Why the ledger changed nothing (or only took back what was offered), in a
/// code and one sentence.
struct store_refused {
  store_refusal code = store_refusal::full;
  std::string message;
};

/// Bytes that are no multiple of arena_alignment are rounded up.
struct ledger_limits {
  std::uint64_t room_step = 1ull << 20;
  std::uint64_t room_limit = 256ull << 20;
  /// So many ended clients are remembered, to refuse what they still say.
  std::size_t gone_clients = 65'536;
};

/// Who owns which bytes of an arena: the machine of the object store, without
/// threads, clock, memory of the arena or CAF. Every byte is free, in a room
/// of a client, in an unsealed creation of a client, or in a sealed object.
///
/// What comes from clients is never believed: an extent is taken from a
/// client's own space or refused. All calls may come twice.
class store_ledger {
public:
  using placed = std::variant<extent, store_refused>;

  explicit store_ledger(std::uint64_t capacity, ledger_limits limits = {});

  /// Bytes below *end* were touched before, so placing there is cheap. Never
  /// goes back.
  void touched_up_to(std::uint64_t end) noexcept;

  /// Space for an object of *size* bytes; the same space when it is asked for
  /// again with the same size. Code full, exists or client_gone.
  placed create(client_number client, const object_id& object,
                std::uint64_t size);

  /// Room of at least *at_least* bytes, in whole steps while there is space
  /// for them. Code full, too_much_room or client_gone.
  placed give_room(client_number client, std::uint64_t at_least);

  /// Takes back what of *where* is the client's room, nothing else.
  /// @returns Bytes that are free again.
  std::uint64_t return_room(client_number client, extent where);

  /// Makes a creation an object. When another copy was sealed first, this
  /// one's space is free again and the code is `exists`; else not_created,
  /// not_own_space or client_gone, and nothing changed.
  std::optional<store_refused> seal(client_number client,
                                    const object_id& object, extent where);

  /// Cuts an object out of a room; codes as in seal().
  std::optional<store_refused> seal_in_room(client_number client,
                                            const object_id& object,
                                            extent where);

  /// Gives up a creation. @returns Bytes that are free again.
  std::uint64_t abort(client_number client, const object_id& object);

  /// Forgets a sealed object. @returns Bytes that are free again.
  std::uint64_t free_object(const object_id& object);

  /// Takes back all that the client did not seal, and refuses what it still
  /// says; the node itself (client 0) may go on.
  /// @returns Bytes that are free again.
  std::uint64_t client_gone(client_number client);

  std::uint64_t capacity() const noexcept { return capacity_; }
  std::uint64_t used() const noexcept { return used_; }
  std::uint64_t reserved() const noexcept { return reserved_; }
  std::uint64_t free() const noexcept { return free_.total(); }
  std::uint64_t largest_free() const noexcept { return free_.largest(); }
  std::size_t objects() const noexcept { return objects_.size(); }
  std::size_t clients() const noexcept { return clients_.size(); }

  /// Where a sealed object lies; size is its own.
  std::optional<extent> find(const object_id& object) const;

  /// Aborts unless each byte has exactly one owner and all sums agree.
  /// O(n log n): for tests and simulation.
  void check_invariants() const;

private:
  /// Pieces of rooms of one client, by their *end*, with their begin: taking
  /// from the front leaves the key as it is.
  using pieces = std::map<std::uint64_t, std::uint64_t>;

  struct client_record {
    pieces rooms;
    std::uint64_t room_bytes = 0;
    std::map<object_id, extent> creations; ///< Sizes as asked for.
  };
  using client_map = std::unordered_map<client_number, client_record>;

  static extent footprint(extent object) noexcept {
    return {object.offset, arena_footprint(object.size)};
  }
  std::optional<extent> place(std::uint64_t size);
  void release(extent bytes);
  void forget_if_idle(client_map::iterator client);
  bool cut(client_record& from, extent bytes);
  store_refused refuse_full(const std::string& what, std::uint64_t size) const;
  static store_refused refuse_gone(client_number client);

  std::uint64_t capacity_;
  ledger_limits limits_;
  free_extents free_;
  std::uint64_t used_ = 0;
  std::uint64_t reserved_ = 0;
  std::uint64_t touched_ = 0;
  client_map clients_;
  std::unordered_map<object_id, extent> objects_; ///< Sizes as sealed.
  std::unordered_set<client_number> gone_;
  std::deque<client_number> gone_order_; ///< Oldest first.
};

} // namespace rayd
