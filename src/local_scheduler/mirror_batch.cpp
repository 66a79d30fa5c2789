#include "local_scheduler/mirror_batch.hpp"

#include <algorithm>
#include <span>

namespace rayd {

namespace {

template <class Record>
void add_to(std::vector<Record>& records, Record record, std::size_t limit,
            std::size_t& dropped) {
  if (records.size() >= limit) {
    // A quarter at once, so that dropping does not cost per record.
    const auto some = records.begin() + static_cast<std::ptrdiff_t>(limit / 4);
    dropped += limit / 4;
    records.erase(records.begin(), some);
  }
  records.push_back(std::move(record));
}

template <class Record>
std::string take_from(std::vector<Record>& records, std::size_t most) {
  const auto count = std::min(records.size(), most);
  auto block = encode_block(std::span<const Record>{records.data(), count});
  records.erase(records.begin(),
                records.begin() + static_cast<std::ptrdiff_t>(count));
  return block;
}

} // namespace

void mirror_batch::add(task_record record) {
  add_to(tasks_, std::move(record), records_max, dropped_);
}

void mirror_batch::add(object_record record) {
  add_to(objects_, std::move(record), records_max, dropped_);
}

std::optional<mirror_records> mirror_batch::take(node_index home) {
  if (empty())
    return std::nullopt;
  return mirror_records{home, take_from(tasks_, block_records),
                        take_from(objects_, block_records)};
}

} // namespace rayd
