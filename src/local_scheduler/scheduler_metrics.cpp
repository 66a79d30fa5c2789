// What programs count (ray::metrics), on its way to the head.

#include "local_scheduler/local_scheduler.hpp"

#include "wire/actor_messages.hpp"

#include <caf/send.hpp>

#include <memory>
#include <utility>

namespace rayd {

namespace {

constexpr std::chrono::seconds metrics_interval{1};

} // namespace

void local_scheduler::send_metrics(clock::time_point now) {
  if (!metrics_.changed() || now < metrics_due_)
    return;
  metrics_due_ = now + metrics_interval;
  auto* link = head_link();
  while (neighbours_.global || (link && link->lane->can_send())) {
    auto report = metrics_.take();
    if (!report)
      return;
    if (neighbours_.global) {
      pass_metrics(options_.machine.self, std::move(*report));
      continue;
    }
    link->add(std::move(*report));
    link->flush();
  }
}

/// In the head: a node's sums.
void local_scheduler::pass_metrics(node_index node, metric_report&& report) {
  if (neighbours_.global)
    caf::anon_send(neighbours_.global,
                   metrics_told{node, std::make_shared<const metric_report>(
                                        std::move(report))});
}

} // namespace rayd
