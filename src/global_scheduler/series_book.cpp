#include "global_scheduler/series_book.hpp"

#include <algorithm>

namespace rayd {

void series_ring::add(std::int64_t second, const series_sample& sample) {
  const auto step = second / step_s_;
  const auto length = static_cast<std::int64_t>(length_);
  if (points_.empty() || step > last_ + length) {
    points_.assign(1, {}); // What was before is older than the ring.
    first_ = last_ = step;
  } else if (step < first_ || step <= last_ - length) {
    return;
  }
  while (last_ < step) {
    ++last_;
    if (points_.size() < length_)
      points_.emplace_back();
    else
      points_[static_cast<std::size_t>((last_ - first_) % length)] = {};
  }
  auto& at = points_[static_cast<std::size_t>((step - first_) % length)];
  ++at.samples;
  for (std::size_t i = 0; i < sample.size(); ++i)
    at.mean[i] += (sample[i] - at.mean[i]) / static_cast<float>(at.samples);
}

std::vector<const series_ring::point*>
series_ring::newest(std::int64_t second, std::size_t count) const {
  const auto length = static_cast<std::int64_t>(length_);
  const auto end = second / step_s_;
  std::vector<const point*> found(count, nullptr);
  for (std::size_t i = 0; i < count; ++i) {
    const auto step = end - static_cast<std::int64_t>(count - 1 - i);
    if (points_.empty() || step < first_ || step > last_
        || step <= last_ - length)
      continue;
    const auto at = static_cast<std::size_t>((step - first_) % length);
    if (points_[at].samples != 0)
      found[i] = &points_[at];
  }
  return found;
}

void series_book::add(node_index node, std::int64_t second,
                      const series_sample& sample) {
  if (!nodes_.contains(node) && nodes_.size() >= most_nodes)
    nodes_.erase(std::min_element(nodes_.begin(), nodes_.end(),
                                  [](const auto& a, const auto& b) {
                                    return a.second.heard < b.second.heard;
                                  }));
  auto& kept = nodes_[node];
  kept.heard = second;
  for (auto& ring : kept.rings)
    ring.add(second, sample);
}

std::optional<series_book::answer>
series_book::read(node_index node, std::int64_t second,
                  std::int64_t span_s) const {
  const auto at = nodes_.find(node);
  if (at == nodes_.end())
    return std::nullopt;
  const auto& rings = at->second.rings;
  const auto fit
    = std::find_if(rings.begin(), rings.end(), [&](const series_ring& ring) {
        return ring.span_s() >= span_s;
      });
  const auto& ring = fit == rings.end() ? rings.back() : *fit;
  const auto span = std::clamp(span_s, ring.step_s(), ring.span_s());
  const auto count = (span + ring.step_s() - 1) / ring.step_s();
  answer out;
  out.step_s = ring.step_s();
  out.from_s = (second / ring.step_s() - count + 1) * ring.step_s();
  out.points = ring.newest(second, static_cast<std::size_t>(count));
  return out;
}

} // namespace rayd
