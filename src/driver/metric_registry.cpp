#include "driver/metric_registry.hpp"

#include "wire/metric_rules.hpp"

#include <ray/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <pthread.h>

namespace ray::metrics::detail {

namespace {

/// Threads share places only when there are more of them than places.
std::size_t place_of_thread() noexcept {
  static std::atomic<unsigned> last{0};
  static thread_local unsigned mine = 0;
  if (mine == 0)
    mine = last.fetch_add(1, std::memory_order_relaxed) % 4 + 1;
  return mine - 1;
}

void add_to(std::atomic<double>& to, double amount) noexcept {
  auto before = to.load(std::memory_order_relaxed);
  while (!to.compare_exchange_weak(before, before + amount)) {
  }
}

} // namespace

cell::cell(rayd::metric_registry& owner, rayd::metric_series what)
  : owner_(owner),
    what_(std::move(what)),
    buckets_(what_.boundaries.empty() ? 0 : what_.boundaries.size() + 1),
    told_buckets_(buckets_.size()) {}

/// After a value was written; take() clears the mark before it reads values, so
/// none is missed.
void cell::note() noexcept {
  if (noted_.load() || noted_.exchange(true))
    return;
  auto* first = owner_.changed_.load(std::memory_order_relaxed);
  do
    next_ = first;
  while (!owner_.changed_.compare_exchange_weak(first, this));
}

void cell::add(double amount) noexcept {
  add_to(places_[place_of_thread()].value, amount);
  note();
}

void cell::set(double value) noexcept {
  places_[0].value.store(value);
  note();
}

void cell::observe(double value) noexcept {
  const auto& ends = what_.boundaries;
  const auto at = std::lower_bound(ends.begin(), ends.end(), value);
  buckets_[static_cast<std::size_t>(at - ends.begin())].fetch_add(1);
  add(value);
}

/// What is new of it.
rayd::metric_series cell::take() {
  noted_ = false;
  auto out = what_;
  for (const auto& one : places_)
    out.value += one.value.load();
  if (what_.kind == rayd::metric_kind::gauge) {
    was_set_ = true;
    return out;
  }
  out.value -= std::exchange(told_, out.value);
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    const auto count = buckets_[i].load();
    out.buckets.push_back(count - std::exchange(told_buckets_[i], count));
  }
  return out;
}

/// As if it were new, with the values it has; no other thread runs.
void cell::forget() noexcept {
  noted_ = false;
  was_set_ = false;
  told_ = 0;
  for (const auto& one : places_)
    told_ += one.value.load();
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    told_buckets_[i] = buckets_[i].load();
}

} // namespace ray::metrics::detail

namespace rayd {

metric_registry::family&
metric_registry::family_of(const metric_series& what) {
  const auto refuse = [&](const std::string& why) {
    throw ray::wrong_type(fmt::format("ray::metrics::{} \"{}\" {}",
                                      to_string(what.kind), what.name, why));
  };
  if (const auto fault = metric_fault(what); !fault.empty())
    refuse(fault);
  const auto known = families_.find(what.name);
  if (known == families_.end()) {
    if (families_.size() >= series_max)
      refuse(fmt::format("is one too many: a process may have {} metrics",
                         series_max));
    auto& made = families_[what.name];
    made.kind = what.kind;
    made.help = what.help;
    made.boundaries = what.boundaries;
    return made;
  }
  auto& found = known->second;
  if (found.kind != what.kind)
    refuse(fmt::format("is a {} already: one name is one metric",
                       to_string(found.kind)));
  if (found.boundaries != what.boundaries)
    refuse("has other boundaries already: one name is one metric");
  return found;
}

metric_registry::cell& metric_registry::get(metric_series what) {
  // "x" and "x_total" are one name in /metrics.
  if (what.kind == metric_kind::counter && what.name.ends_with("_total"))
    what.name.resize(what.name.size() - 6);
  std::function<void()> woken;
  cell* found = nullptr;
  {
    const std::lock_guard guard{lock_};
    auto& of_name = family_of(what);
    const auto key = series_key(what);
    if (const auto known = series_.find(key); known != series_.end())
      return *known->second;
    what.help = of_name.help;
    if (series_.size() >= series_max) {
      ++dropped_;
      rest_ = true;
      if (!of_name.nowhere) {
        of_name.nowhere = std::make_unique<cell>(*this, std::move(what));
        of_name.nowhere->noted_ = true;
      }
      return *of_name.nowhere;
    }
    auto& made = series_[key];
    made = std::make_unique<cell>(*this, std::move(what));
    found = made.get();
    if (!in_use_.exchange(true))
      woken = woken_;
  }
  if (woken)
    woken();
  return *found;
}

std::optional<metric_report> metric_registry::take() {
  const std::lock_guard guard{lock_};
  for (auto* one = changed_.exchange(nullptr); one != nullptr;
       one = one->next_)
    pending_.push_back(one);
  if (pending_.empty() && dropped_ == 0)
    return std::nullopt;
  metric_report report;
  report.dropped = std::exchange(dropped_, 0);
  const auto count = std::min(pending_.size(), report_series_max);
  for (std::size_t i = 0; i < count; ++i)
    report.series.push_back(pending_[i]->take());
  pending_.erase(pending_.begin(),
                 pending_.begin() + static_cast<std::ptrdiff_t>(count));
  rest_ = !pending_.empty();
  return report;
}

void metric_registry::report(
  const std::function<void(metric_report&&)>& send) {
  const std::lock_guard telling{telling_};
  // Those that change meanwhile come with the next report.
  while (auto next = take()) {
    const bool full = next->series.size() >= report_series_max;
    send(std::move(*next));
    if (!full)
      break;
  }
}

void metric_registry::before_fork() noexcept {
  telling_.lock();
  lock_.lock();
}

void metric_registry::after_fork_in_parent() noexcept {
  lock_.unlock();
  telling_.unlock();
}

void metric_registry::after_fork_in_child() noexcept {
  // Another thread may have been about to put one into the list.
  changed_ = nullptr;
  pending_.clear();
  rest_ = false;
  dropped_ = 0;
  woken_ = nullptr;
  for (const auto& [key, one] : series_)
    one->forget();
  lock_.unlock();
  telling_.unlock();
}

void metric_registry::begin_session(std::function<void()> woken) {
  const std::lock_guard guard{lock_};
  woken_ = std::move(woken);
  for (const auto& [key, one] : series_)
    if (one->was_set_)
      one->note();
}

metric_registry& process_metrics() {
  static auto* const only = [] {
    ::pthread_atfork([] { process_metrics().before_fork(); },
                     [] { process_metrics().after_fork_in_parent(); },
                     [] { process_metrics().after_fork_in_child(); });
    return new metric_registry;
  }();
  return *only;
}

} // namespace rayd
