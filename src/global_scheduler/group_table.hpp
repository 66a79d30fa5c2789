#pragma once

#include "global_scheduler/feasibility.hpp"
#include "global_scheduler/group_placement.hpp"

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rayd {

/// Placement groups. A try reserves all bundles that have no place, on all
/// nodes at once; when one node says no, all give back and another try
/// follows. A group is placed when every node has said yes, and its bundles
/// are placed again when their node dies. It ends with its job, its home, or
/// when it is removed.
///
/// Small tasks may take each gap before a group fits. So the one that waits
/// longest claims: its nodes collect what becomes free until all is there. That
/// ends after a time, because long tasks may have what it wants, and then comes
/// less and less often.
class group_table {
public:
  using sender = std::function<void(node_index, control_message)>;

  group_table(const head_options& options, sender send);

  void request(const group_request& x, node_index from, time_us now);
  void answered(const bundle_answer& x, node_index from, time_us now);
  void node_gone(node_index node);
  void job_gone(job_number job);

  /// Tries what waits. Takes what it orders from the room in *candidates*.
  void turn(time_us now, std::vector<candidate>& candidates,
            const std::map<node_index, node_record>& nodes, dice& random);
  bool wants_turn() const;

  /// Where the bundle is committed; 0: nowhere now.
  node_index node_of(const std::string& group, std::uint32_t bundle) const;

  /// What the bundle has; null: there is none.
  const resource_set* resources_of(const std::string& group,
                                   std::uint32_t bundle) const;

  /// Whether work of *demand* can run in that bundle.
  feasibility judge(const std::string& group, std::uint32_t bundle,
                    const resource_set& demand) const;

  /// Promised and not yet known to be in the load of *node*.
  resource_set promised(node_index node) const;

  std::size_t size() const noexcept { return groups_.size(); }

private:
  struct group {
    group_request wish;
    std::vector<node_index> nodes; ///< Of each bundle; 0: not placed.
    std::vector<node_index> next;  ///< What the try in progress wants.
    std::uint64_t attempt = 0;
    std::set<node_index> unanswered; ///< Of the try in progress.
    std::set<node_index> touched;    ///< Were ordered to reserve, ever.
    time_us not_before = 0;          ///< Of the next try.
    bool was_placed = false;
    bool refused = false; ///< In the try in progress, by some node.
    time_us told = 0;     ///< That it waits.
    time_us since = 0;    ///< Waits, or claimed in vain; 0: not yet.
    int vain_claims = 0;  ///< Each doubles the time until the next.
    time_us claims_until = 0; ///< The try in progress claims; 0: it does not.

    /// Whether what has no place would fit if the nodes had nothing else to
    /// do: for these nodes, and this much placed.
    bool fits_empty = false;
    std::pair<std::vector<node_index>, std::vector<node_index>> judged_for;

    bool trying() const { return !next.empty(); }
    bool placed() const;
  };

  bool try_place(group& g, std::vector<candidate>& candidates, time_us now,
                 dice& random);
  void begin_try(group& g, std::vector<node_index> places,
                 std::vector<candidate>& candidates,
                 bundle_order::action what);
  void claim(std::vector<candidate>& candidates, time_us now, dice& random);
  void end_claims(time_us now);
  std::vector<candidate> without_tasks(std::vector<candidate> nodes) const;
  void end_try(group& g, time_us now);
  bool hopeless(const object_id& id, group& g,
                const std::map<node_index, node_record>& nodes, time_us now,
                dice& random);
  void tell(const group& g, group_news::state state, const std::string& text);
  void order(node_index to, const group& g, bundle_order::action what,
             std::vector<placed_bundle> bundles = {});
  void end(const object_id& id, const std::string& why);
  std::string called(const group& g) const;
  static ray::strategy strategy_of(const group_request& wish);

  const head_options& options_;
  sender send_;
  std::map<object_id, group> groups_;
  std::map<object_id, std::string> ended_; ///< Why; the newest ones.
  std::deque<object_id> ended_order_;
  std::set<job_number> ended_jobs_;
  std::uint64_t last_attempt_ = 0;
};

} // namespace rayd
