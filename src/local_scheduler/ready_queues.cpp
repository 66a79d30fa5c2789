#include "local_scheduler/ready_queues.hpp"

#include <algorithm>

namespace rayd {

void ready_queues::queue::push_back(std::uint16_t depth,
                                    const object_id& task) {
  levels_[depth].push_back(task);
  ++size_;
}

void ready_queues::queue::push_front(std::uint16_t depth,
                                     const object_id& task) {
  levels_[depth].push_front(task);
  ++size_;
}

const object_id& ready_queues::queue::front() const {
  return levels_.begin()->second.front();
}

object_id ready_queues::queue::pop_front() {
  const auto level = levels_.begin();
  const auto task = level->second.front();
  level->second.pop_front();
  if (level->second.empty())
    levels_.erase(level);
  --size_;
  return task;
}

object_id ready_queues::queue::pop_back() {
  const auto level = std::prev(levels_.end());
  const auto task = level->second.back();
  level->second.pop_back();
  if (level->second.empty())
    levels_.erase(level);
  --size_;
  return task;
}

bool ready_queues::queue::remove(std::uint16_t depth, const object_id& task) {
  const auto level = levels_.find(depth);
  if (level == levels_.end())
    return false;
  const auto at
    = std::find(level->second.begin(), level->second.end(), task);
  if (at == level->second.end())
    return false;
  level->second.erase(at);
  if (level->second.empty())
    levels_.erase(level);
  --size_;
  return true;
}

void ready_queues::drop_job(job_number job) {
  std::erase_if(queues_,
                [&](const auto& entry) { return entry.first.job == job; });
}

void ready_queues::drop_empty() {
  constexpr std::size_t few = 32; // Those that fill again at once stay.
  if (queues_.size() > few)
    std::erase_if(queues_, [](const auto& entry) {
      return entry.second.size() == 0;
    });
}

std::size_t ready_queues::size() const {
  std::size_t sum = 0;
  for (const auto& entry : queues_)
    sum += entry.second.size();
  return sum;
}

void run_time_memory::add(std::uint64_t module, std::uint64_t offset,
                          std::int64_t micros) {
  const auto value = static_cast<double>(std::max<std::int64_t>(micros, 0));
  const auto [at, first] = average_.try_emplace({module, offset}, value);
  // A long run weighs at once, short ones win back slowly: to queue behind a
  // long task costs more than to keep a worker idle for a moment.
  const double weight = value > at->second ? 0.5 : 0.1;
  if (!first)
    at->second += weight * (value - at->second);
}

std::optional<std::int64_t>
run_time_memory::expected(std::uint64_t module, std::uint64_t offset) const {
  const auto at = average_.find({module, offset});
  if (at == average_.end())
    return std::nullopt;
  return static_cast<std::int64_t>(at->second);
}

} // namespace rayd
