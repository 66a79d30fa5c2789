#pragma once

#include "global_scheduler/records.hpp"
#include "wire/wait_messages.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace rayd {

/// Finds tasks that wait for each other. While some worker is blocked in get
/// for long, it gathers in rounds what those workers wait for, what that waits
/// for, and so on, from the nodes that know. Whatever can go on is taken out,
/// then what needed only that; resources count as free unless a task keeps
/// them that is stuck itself (a reduction of a graph with "k of n" waits).
/// What is left in three rounds in a row, each time by the same wait, was
/// stuck at one moment between the first and the last answer, whatever the
/// delays, and so for ever.
///
/// What is too much to be told (waits_told_max, rounds of over `ids_max`
/// tasks) counts as going on: it finds less then, never too much. Tasks that
/// wait with a limit in time, for a message of CAF's or an idle actor's
/// resources are not stuck, nor is a get of several objects, which the first
/// failure ends, while one of them goes on.
class deadlock_finder {
public:
  using node_table = std::map<node_index, node_record>;
  using sender = std::function<void(node_index, control_message)>;

  /// What a bundle of a placement group has; null: it is not known.
  using bundle_table
    = std::function<const resource_set*(const std::string&, std::uint32_t)>;

  static constexpr std::size_t ids_max = 50'000;

  deadlock_finder(const head_options& options, sender send,
                  bundle_table bundles);

  /// Begins and ends rounds; call at least each 100 ms.
  void turn(time_us now, const node_table& nodes);
  void answered(time_us now, const wait_answer& x, node_index from,
                const node_table& nodes);

  /// Why the task is stuck, as a sentence; null: it is not, as far as known.
  const std::string* stuck(const object_id& task) const;

  /// One sentence for each deadlock there is.
  std::vector<std::string> deadlocks() const;

private:
  using graph = std::unordered_map<object_id, wait_state>;
  using ids = std::set<object_id>;

  /// What stuck tasks keep, by node and bundle.
  using kept_table
    = std::map<std::tuple<node_index, std::string, std::uint32_t>,
               resource_set>;

  void begin(time_us now, const node_table& nodes);
  void ask(node_index to, bool blocked, std::vector<object_id> about,
           const node_table& nodes);
  void take(const wait_state& state, node_index from,
            std::map<node_index, std::vector<object_id>>& questions);
  void end(time_us now, const node_table& nodes);
  ids reduce(const ids& among, const node_table& nodes) const;
  void free_with_room(const ids& stuck, const node_table& nodes,
                      std::vector<object_id>& goes_on) const;
  bool has_room(const wait_state& waiting, const kept_table& kept,
                const node_table& nodes) const;
  const object_id* next_in(const object_id& id, const ids& stuck) const;
  const object_id* holder_of(const wait_state& waiting,
                             const ids& stuck) const;
  void name(const ids& stuck);
  std::string describe(const std::vector<object_id>& cycle) const;

  const head_options& options_;
  sender send_;
  bundle_table bundles_;

  // The round in progress; 0: none.
  std::uint64_t round_ = 0;
  std::uint64_t last_round_ = 0;
  time_us began_ = 0;
  time_us next_ = 0; ///< Not before.
  std::size_t unanswered_ = 0;
  std::set<object_id> asked_;
  graph graph_;

  graph before_;                                 ///< Of the last round.
  std::unordered_map<object_id, int> rounds_;    ///< Stuck by the same wait.
  std::unordered_map<object_id, std::string> stuck_; ///< Named ones.
  std::map<std::vector<object_id>, std::string> told_; ///< By their cycle.
};

} // namespace rayd
