#pragma once

#include "base/ids.hpp"
#include "control_store/store_options.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rayd {

/// Which blocks of one table there are, and where the next records go. Blocks
/// are numbered through all nodes, so that numbers tell the order in time; each
/// node fills a block of its own until that is full. Pure: it makes Redis
/// commands and does not send them. Records are written at a known place of
/// their block, so a command that runs twice does no harm.
class block_ledger {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct bounds {
    std::size_t block_records;
    std::size_t block_bytes;
    std::size_t records;
    std::size_t bytes;
    std::chrono::hours age;
  };

  /// *table*: "tasks" or "objects", as in the keys.
  block_ledger(std::string table, bounds limits);

  /// A block that an earlier head wrote; call in the order of *number*. It
  /// gets no more records.
  void adopt(node_index home, std::uint64_t number, std::size_t records,
             std::size_t bytes, time_point now);

  /// Commands that store *chunk*, a block of *records* records.
  std::vector<std::string> append(node_index home, std::string_view chunk,
                                  std::size_t records, time_point now);

  /// Commands that remove what is too old.
  std::vector<std::string> expire(time_point now);

  /// "rayd:tasks:7:12": block 12, of node 7.
  std::string key(node_index home, std::uint64_t number) const;

  /// Records that were removed by a limit, ever.
  std::uint64_t dropped() const noexcept { return dropped_; }
  void dropped_before(std::uint64_t records) { dropped_ = records; }

private:
  struct block {
    node_index home;
    std::uint64_t number;
    std::size_t records;
    std::size_t bytes;
    time_point written;
  };

  block& open_block(node_index home, time_point now);
  void drop_oldest(std::vector<std::string>& commands);
  void note_dropped(std::vector<std::string>& commands) const;
  block& at(std::uint64_t number);

  std::string table_;
  bounds limits_;
  std::deque<block> blocks_; // Sorted by number.
  std::map<node_index, std::uint64_t> open_;
  std::uint64_t next_number_ = 1;
  std::size_t records_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

} // namespace rayd
