#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

// What a program counts and measures, for Prometheus at the dashboard's
// /metrics and for `rayd list metrics`:
//
//   inline ray::metrics::counter orders{"orders", "Orders that were filled."};
//   const auto late = orders.tagged({{"reason", "late"}});
//   orders.add();                    // in tasks, actors, drivers, any thread
//
// All processes of a cluster together make one value for each name and set of
// tags: counters and histograms of all processes there ever were are added up,
// gauges of those that live. What must not be added up gets a tag. /metrics
// names them ray_NAME, counters ray_NAME_total.
//
// Values are added up in the process without a lock and go to its node each
// second, at the end of the session, and with the result of a task when no
// other task waits for the process; and each second to the head. A process that
// is killed loses what it counted since. Limits: 1,000 series in a process,
// 10,000 in a cluster; what is beyond counts in ray_metrics_dropped_total. They
// may be made before ray::init; in a program without a session, and at the
// address inline, nobody sees them.

namespace ray::metrics {

namespace detail {
class cell;
} // namespace detail

using tags = std::map<std::string, std::string>;

// Constructors and tagged() throw wrong_type with a sentence: a name or tag is
// not letters, digits and _ (names at most 100 bytes), a tag's value is no
// UTF-8 of at most 256 bytes, all tags take over 1,024 bytes, the help over
// 500, or the name is that of a metric of another kind. The same name again is
// the same metric; the first help counts. Copies count into the same series.
// tagged() takes a lock: keep what it returns.

/// Only grows; from 0.
class counter {
public:
  counter(std::string_view name, std::string_view help);

  /// The series with these tags beside those that this one has.
  counter tagged(const tags& more) const;

  /// @throws wrong_type  *amount* is negative or not finite.
  void add(double amount = 1) const;

private:
  explicit counter(detail::cell& series) : series_(&series) {}

  detail::cell* series_; ///< Never freed.
};

/// Is what was set last, in each process.
class gauge {
public:
  gauge(std::string_view name, std::string_view help);
  gauge tagged(const tags& more) const;

  /// @throws wrong_type  *value* is not finite.
  void set(double value) const;

private:
  explicit gauge(detail::cell& series) : series_(&series) {}

  detail::cell* series_;
};

/// Counts values by size.
class histogram {
public:
  /// @param boundaries  Upper ends of the buckets, 1 to 100, rising; beyond the
  ///   last one there is one more. By default for seconds, from 5 ms to 10 s.
  /// @throws wrong_type  They are not, or others than those of the same name.
  histogram(std::string_view name, std::string_view help,
            std::vector<double> boundaries = {.005, .01, .025, .05, .1, .25,
                                              .5, 1, 2.5, 5, 10});
  histogram tagged(const tags& more) const;

  /// @throws wrong_type  *value* is not finite.
  void observe(double value) const;

private:
  explicit histogram(detail::cell& series) : series_(&series) {}

  detail::cell* series_;
};

} // namespace ray::metrics
