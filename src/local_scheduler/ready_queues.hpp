#pragma once

#include "local_scheduler/types.hpp"
#include "wire/node_wish.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace rayd {

/// Tasks that could start but for resources or workers, in one queue for each
/// job, demand, priority and environment. In a queue deeper nested tasks go
/// first (so that a tree of tasks that wait for their children keeps few of
/// them blocked), then older ones.
class ready_queues {
public:
  /// What all tasks of a queue have in common. Foreign tasks were placed here
  /// for resources that the global scheduler counted on: they go first and
  /// are never sent on.
  struct key {
    bool foreign = false;
    bool creation = false; ///< Actors to be made: one worker each.
    bool shared = false;   ///< Those: one place in a shared process each.
    job_number job = 0;
    resource_set demand;
    std::int32_t priority = 0; ///< Higher first.
    node_wish_ptr wish;   ///< Null: any node will do.
    node_index near = 0;  ///< Another node, with most of their arguments.
    bool granted = false; ///< Own, placed here by the global scheduler.
    std::map<std::string, std::string> env; ///< Of the process.

    friend bool operator<(const key& a, const key& b) {
      const auto x = std::tie(b.priority, b.foreign, a.job, a.creation,
                              a.shared, a.demand, a.near, b.granted, a.env);
      const auto y = std::tie(a.priority, a.foreign, b.job, b.creation,
                              b.shared, b.demand, b.near, a.granted, b.env);
      return x < y || (x == y && wish_before(a.wish, b.wish));
    }
    friend bool operator==(const key& a, const key& b) {
      return a.priority == b.priority && a.foreign == b.foreign
             && a.creation == b.creation && a.shared == b.shared
             && a.job == b.job && a.near == b.near
             && a.granted == b.granted && a.demand == b.demand && a.env == b.env
             && same_wish(a.wish, b.wish);
    }
  };

  class queue {
  public:
    std::size_t size() const noexcept { return size_; }
    void push_back(std::uint16_t depth, const object_id& task);
    void push_front(std::uint16_t depth, const object_id& task);

    /// The task to start next. @pre size() > 0.
    const object_id& front() const;
    object_id pop_front();

    /// The task that would start last. @pre size() > 0.
    object_id pop_back();

    bool remove(std::uint16_t depth, const object_id& task);

  private:
    std::map<std::uint16_t, std::deque<object_id>, std::greater<>> levels_;
    std::size_t size_ = 0;
  };

  using table = std::map<key, queue>;

  queue& at(const key& which) { return queues_[which]; }
  table& all() noexcept { return queues_; }
  const table& all() const noexcept { return queues_; }
  void drop_job(job_number job);

  /// Forgets queues that are empty, once there are many: each shape, group
  /// and node that tasks asked for left one.
  void drop_empty();
  std::size_t size() const;

private:
  table queues_;
};

/// How long the runs of each function took of late: an exponential average.
class run_time_memory {
public:
  void add(std::uint64_t module, std::uint64_t offset, std::int64_t micros);

  /// Microseconds; nothing before the first run.
  std::optional<std::int64_t> expected(std::uint64_t module,
                                       std::uint64_t offset) const;

private:
  std::map<std::pair<std::uint64_t, std::uint64_t>, double> average_;
};

} // namespace rayd
