#include "control_store/block_ledger.hpp"

#include "control_store/redis_link.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

block_ledger::block_ledger(std::string table, bounds limits)
  : table_{std::move(table)}, limits_{limits} {}

std::string block_ledger::key(node_index home, std::uint64_t number) const {
  return fmt::format("rayd:{}:{}:{}", table_, home, number);
}

void block_ledger::adopt(node_index home, std::uint64_t number,
                         std::size_t records, std::size_t bytes,
                         time_point now) {
  blocks_.push_back({home, number, records, bytes, now});
  records_ += records;
  bytes_ += bytes;
  next_number_ = std::max(next_number_, number + 1);
}

block_ledger::block& block_ledger::at(std::uint64_t number) {
  return *std::lower_bound(blocks_.begin(), blocks_.end(), number,
                           [](const block& entry, std::uint64_t n) {
                             return entry.number < n;
                           });
}

block_ledger::block& block_ledger::open_block(node_index home, time_point now) {
  if (const auto found = open_.find(home); found != open_.end())
    return at(found->second);
  open_[home] = next_number_;
  return blocks_.emplace_back(block{home, next_number_++, 0, 0, now});
}

std::vector<std::string>
block_ledger::append(node_index home, std::string_view chunk,
                     std::size_t records, time_point now) {
  std::vector<std::string> commands;
  auto& target = open_block(home, now);
  commands.push_back(
    redis_command({"SETRANGE", key(home, target.number),
                   fmt::format_int(target.bytes).str(), chunk}));
  target.records += records;
  target.bytes += chunk.size();
  target.written = now;
  records_ += records;
  bytes_ += chunk.size();
  if (target.records >= limits_.block_records
      || target.bytes >= limits_.block_bytes)
    open_.erase(home);
  const auto before = dropped_;
  while (blocks_.size() > 1
         && (records_ > limits_.records || bytes_ > limits_.bytes))
    drop_oldest(commands);
  if (dropped_ != before)
    note_dropped(commands);
  return commands;
}

std::vector<std::string> block_ledger::expire(time_point now) {
  std::vector<std::string> commands;
  const auto before = dropped_;
  while (!blocks_.empty() && now - blocks_.front().written > limits_.age)
    drop_oldest(commands);
  if (dropped_ != before)
    note_dropped(commands);
  return commands;
}

void block_ledger::drop_oldest(std::vector<std::string>& commands) {
  const auto& oldest = blocks_.front();
  commands.push_back(
    redis_command({"UNLINK", key(oldest.home, oldest.number)}));
  records_ -= oldest.records;
  bytes_ -= oldest.bytes;
  dropped_ += oldest.records;
  if (const auto found = open_.find(oldest.home);
      found != open_.end() && found->second == oldest.number)
    open_.erase(found);
  blocks_.pop_front();
}

void block_ledger::note_dropped(std::vector<std::string>& commands) const {
  commands.push_back(redis_command(
    {"HSET", "rayd:dropped", table_, fmt::format_int(dropped_).str()}));
}

} // namespace rayd
