#pragma once

#include "driver/object_state.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rayd {

class outbox;

/// The objects that this process refers to, by id: hash tables of states
/// linked to each other, each with a lock of its own. It tells the outbox of
/// the first and the last reference, in an order that the node understands:
/// an id that comes back while its last copy goes is neither released nor
/// retained.
///
/// A table stays for the life of its process, since handles in static
/// variables may outlive their session.
class object_table {
public:
  explicit object_table(outbox& out) noexcept : out_(out) {}

  using lock = std::unique_lock<std::mutex>;

  /// Guards all that object_state says is guarded, for *id*.
  lock lock_for(const object_id& id) { return lock{shard_of(id).mutex}; }

  /// Adds a state that no other thread knows.
  /// @pre No state of this id is in the table.
  void insert(object_state& state);

  /// The state of *id* with one more copy: the known one, or a new one, of
  /// which the node is told that this process refers to it.
  ray::detail::object_handle retain(const object_id& id);

  /// @pre The lock of *id* is held.
  object_state* find(const object_id& id) noexcept;

  /// *state* has no copy any more: tells the node, and deletes it.
  void let_go(object_state* state) noexcept;

  // The node wants an object to leave the arena: see object_state::give_back.
  // Arguments of tasks are viewed without a state.

  /// Answers the question of this serial with places_kept, or gives it back,
  /// also when nothing is known of it. What is kept is given back, and the
  /// node told, when the last view goes.
  bool give_back(const object_id& id, std::uint64_t serial);
  void view_gone(const object_id& id) noexcept;
  void argument_seen(const object_id& id);
  void argument_gone(const object_id& id) noexcept;

  /// Calls *visit* for each state, with its shard's lock held.
  template <class Visitor>
  void for_each(Visitor&& visit) {
    for (auto& part : shards_) {
      const lock guard{part.mutex};
      for (auto* head : part.buckets)
        for (auto* state = head; state != nullptr; state = state->next)
          visit(*state);
    }
  }

  /// Tasks of this process whose results are not known yet.
  std::atomic<std::int64_t> unfinished{0};

private:
  /// An argument that this process views in the arena just now.
  struct argument {
    std::uint32_t views = 0;
    bool asked = false; ///< The node wants it back.
  };
  struct shard {
    std::mutex mutex;
    std::vector<object_state*> buckets;
    std::size_t size = 0;
    std::unordered_map<object_id, argument> arguments;
  };
  static constexpr std::size_t shard_count = 64;

  shard& shard_of(const object_id& id) noexcept {
    return shards_[id.lo % shard_count];
  }
  static object_state*& bucket_of(shard& in, const object_id& id) noexcept {
    // Ids are hashes; the lowest bits chose the shard.
    return in.buckets[(id.lo / shard_count) & (in.buckets.size() - 1)];
  }
  bool give_back(shard& in, const object_id& id);
  static void grow(shard& in);
  static void link(shard& in, object_state& state);
  static bool unlink(shard& in, object_state& state) noexcept;

  outbox& out_;
  std::array<shard, shard_count> shards_;
};

} // namespace rayd
