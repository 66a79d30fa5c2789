// What this process counts (ray::metrics), on its way to the node.

#include "driver/client.hpp"
#include "driver/metric_registry.hpp"

#include <algorithm>

namespace rayd {

namespace {

constexpr auto report_interval = std::chrono::seconds{1};

} // namespace

void client::report_metrics() {
  auto& metrics = process_metrics();
  if (!metrics.changed() || ended_.load(std::memory_order_acquire))
    return;
  metrics.report([this](metric_report&& report) {
    out_.add(std::move(report), push::now);
  });
}

std::optional<outbox::clock::time_point>
client::look(outbox::clock::time_point now) {
  const bool counts = process_metrics().in_use();
  if (counts && now - metrics_told_ >= report_interval) {
    metrics_told_ = now;
    report_metrics();
  }
  auto next = out_.look(now);
  if (!counts)
    return next;
  const auto report = metrics_told_ + report_interval;
  return next ? std::min(*next, report) : report;
}

} // namespace rayd
