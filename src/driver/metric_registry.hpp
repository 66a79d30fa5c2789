#pragma once

#include "wire/metric_records.hpp"

#include <ray/metrics.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

// Where the values of ray::metrics lie in a process, and what of them its node
// has not heard yet. Metrics are made by static initialisers, before anything
// of rayd runs, so the process has one registry (process_metrics), as it has
// one table of functions. A report tells what counters and histograms grew by
// since the last one, of whatever session; nothing is counted twice: a fork's
// child tells only of what it counts itself.

namespace rayd {
class metric_registry;
} // namespace rayd

namespace ray::metrics::detail {

/// One series in this process. Threads add without a lock, each mostly to a
/// place of its own.
class cell {
public:
  cell(rayd::metric_registry& owner, rayd::metric_series what);

  void add(double amount) noexcept;
  void set(double value) noexcept;
  void observe(double value) noexcept;

  /// Kind, name, help, tags and boundaries.
  const rayd::metric_series& what() const noexcept { return what_; }
  rayd::metric_registry& owner() const noexcept { return owner_; }

private:
  friend class rayd::metric_registry;

  struct alignas(64) place {
    std::atomic<double> value{0};
  };

  void note() noexcept;
  rayd::metric_series take();
  void forget() noexcept;

  rayd::metric_registry& owner_;
  const rayd::metric_series what_;
  std::array<place, 4> places_;
  std::vector<std::atomic<std::uint64_t>> buckets_;
  /// It is among the changed ones; of a series without room always.
  std::atomic<bool> noted_{false};
  cell* next_ = nullptr; ///< Of the changed ones.
  bool was_set_ = false; ///< A gauge that was reported.

  double told_ = 0; ///< Under the owner's lock, as is:
  std::vector<std::uint64_t> told_buckets_;
};

} // namespace ray::metrics::detail

namespace rayd {

class metric_registry {
public:
  static constexpr std::size_t series_max = 1000;
  using cell = ray::metrics::detail::cell;

  /// The series of this kind, name, tags and boundaries; made if need be.
  /// Beyond series_max one that counts for nobody, counted in *dropped*.
  /// @throws wrong_type  See ray/metrics.hpp.
  cell& get(metric_series what);

  /// Something waits for a report. Without a lock.
  bool changed() const noexcept {
    return changed_.load(std::memory_order_relaxed) != nullptr
           || rest_.load(std::memory_order_relaxed);
  }

  /// The next report, at most report_series_max series; nothing: none is due.
  std::optional<metric_report> take();

  /// Gives all that is due to *send*, which neither blocks nor uses metrics.
  /// Threads take turns, so that no older value of a gauge follows a newer one.
  void report(const std::function<void(metric_report&&)>& send);

  /// True once there is any series.
  bool in_use() const noexcept {
    return in_use_.load(std::memory_order_acquire);
  }

  /// A new session: its node has heard of no gauge. *woken* is called, from
  /// now on, when the first series is made; it never blocks.
  void begin_session(std::function<void()> woken);

  // Around a fork, in which nothing may be half done. What was counted before
  // is the parent's to tell, and so are its gauges.
  void before_fork() noexcept;
  void after_fork_in_parent() noexcept;
  void after_fork_in_child() noexcept;

private:
  friend class ray::metrics::detail::cell;

  struct family {
    metric_kind kind = metric_kind::counter;
    std::string help;
    std::vector<double> boundaries;
    std::unique_ptr<cell> nowhere; ///< Of all series without room.
  };

  family& family_of(const metric_series& what);

  std::mutex telling_; ///< Keeps reports in order; taken before lock_.
  std::mutex lock_; ///< Of what follows.
  std::map<std::string, family> families_;
  std::map<std::string, std::unique_ptr<cell>> series_;
  std::vector<cell*> pending_; ///< Changed, not yet in a report.
  std::uint64_t dropped_ = 0;
  std::function<void()> woken_;

  std::atomic<cell*> changed_{nullptr}; ///< A list through next_.
  std::atomic<bool> rest_{false};       ///< pending_ or dropped_ waits.
  std::atomic<bool> in_use_{false};
};

/// The registry of this process; never freed.
metric_registry& process_metrics();

} // namespace rayd
