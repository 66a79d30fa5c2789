#pragma once

#include "head.hpp"
#include "node.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

// The seeded simulation of a whole cluster: the real machines of the head and
// of each node, with processes, network, store and clock made up. Everything
// that happens follows from one number, so a failure can be run again.
//
// A run has four parts. Drivers run random programs on random nodes while
// links delay, control messages come late and twice, and, by the kind of
// trouble that the seed chose, workers and nodes crash and come back, nodes
// stand still, links are cut, drivers die. Then the drivers hold nothing any
// more, and nothing may be left of what they made. Then they leave, and no
// process may be left. At each step: values are right, or an error that this
// trouble explains; nobody sees two results of one task; CPUs are counted
// right; the head keeps its promises.

namespace rayd::simulation {

/// What a seed may do to its cluster.
enum class trouble : std::uint8_t {
  none,    ///< Only delays.
  workers, ///< Worker processes crash.
  nodes,   ///< Nodes crash and come back.
  silence, ///< Nodes stand still, some longer than the head waits.
  all,     ///< All of these, drivers crash, links are cut, workers do not
           ///< start, fetches fail.
};

const char* name_of(trouble kind) noexcept;

/// What went wrong: one sentence.
struct violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct world_options {
  std::uint64_t seed = 1;
  bool trace = false;
  std::optional<trouble> kind; ///< Instead of what the seed chooses.
  bool full_stores = false; ///< Objects leave the arenas all the time.
  machine_faults node_faults;
  head_faults head;
};

class world {
public:
  explicit world(world_options options);

  /// Runs to the end. @throws violation
  void run();

  std::uint64_t events() const noexcept { return time.count(); }
  std::uint64_t tasks_run = 0;
  std::uint64_t tasks_placed = 0; ///< By the global scheduler.
  std::uint64_t values_checked = 0;
  std::uint64_t errors_accepted = 0;

  // -- for the parts ----------------------------------------------------------

  template <class... Args>
  void trace(fmt::format_string<Args...> format, Args&&... args) {
    if (!options.trace)
      return;
    fmt::print("{:>10} ", time.now());
    fmt::print(format, std::forward<Args>(args)...);
    std::putchar('\n');
  }

  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
    throw violation{fmt::format(format, std::forward<Args>(args)...)};
  }

  /// A running task or driver may see this error.
  bool may_fail_with(const std::string& failure) const;

  node* find(node_index index);
  node* by_link(link_id link);
  std::shared_ptr<stream> make_stream(time_us least, time_us spread);

  /// From the head to the node with this link, and back.
  void to_node(link_id link, control_message message);
  void to_head(node& from, control_message message);

  void send(node_index from, node_index to, lane_record record);
  void connect(node& dialler, node_index to);
  void node_ended(node& gone);
  void declared_dead(node_index index);

  /// A process sees this value of *id*.
  void saw(const process& who, const object_id& id, const payload& value);

  bool chance(std::uint32_t percent) { return random.below(100) < percent; }

  world_options options;
  timeline time;
  dice random;
  trouble kind;
  script_limits limits;
  bool unruly = false; ///< Control messages come late and twice.
  std::map<std::uint64_t, std::string> arena; ///< All stores' bytes.
  std::uint64_t last_place = 0;
  std::map<std::uint64_t, std::uint32_t> granted; ///< Tasks not sent yet.
  std::map<object_id, std::int32_t> finished; ///< Attempt that its home took.
  bool killed = false;     ///< Some actor was, by its maker.
  bool names_used = false; ///< Some actor asked for a name.
  std::map<std::uint64_t, std::uint64_t> counts; ///< Of answers of actors.
  std::map<object_id, std::uint64_t> seen; ///< The highest, by actor.

private:
  void run_parts();
  void build();
  void plan_trouble();
  void trouble_now();
  node& start_node();
  node* any_node(bool not_head);
  bool advance(time_us limit, const std::function<bool()>& enough);
  void check_leftovers(bool jobs_over);
  bool drivers_done() const;
  void cut(node_index a, node_index b);

  std::vector<std::unique_ptr<node>> nodes_;
  std::unique_ptr<head> head_;
  std::map<std::pair<node_index, node_index>, std::shared_ptr<stream>> links_;
  std::map<link_id, std::shared_ptr<stream>> up_, down_; ///< To, from head.
  std::map<object_id, std::uint64_t> numbers_; ///< Of values that follow from
                                               ///< their seed.
  std::uint64_t last_link_ = 0;
  int troubles_left_ = 0;
  std::size_t crashed_drivers_ = 0;
};

} // namespace rayd::simulation
