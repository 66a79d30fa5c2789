#include "local_scheduler/scheduler_link.hpp"

#include "wire/lane_codec.hpp"

#include <algorithm>
#include <span>

namespace rayd {

namespace {

// One batch: large enough to cost little per record, small enough to be read
// while the next one is made.
constexpr std::size_t batch_bytes = 256 * 1024;

} // namespace

void scheduler_link::add(lane_record record) {
  bytes_ += encoded_size(record);
  records_.push_back(std::move(record));
}

bool scheduler_link::flush() {
  std::size_t done = 0;
  while (done < records_.size() && lane->can_send()) {
    std::size_t bytes = 0;
    auto end = done;
    while (end < records_.size() && (end == done || bytes < batch_bytes))
      bytes += encoded_size(records_[end++]);
    auto batch = encode_batch(
      std::span<const lane_record>{records_}.subspan(done, end - done));
    if (lane->send(batch) != lane_outcome::sent)
      break;
    bytes_ -= std::min(bytes, bytes_);
    done = end;
  }
  records_.erase(records_.begin(),
                 records_.begin() + static_cast<std::ptrdiff_t>(done));
  if (records_.empty())
    bytes_ = 0;
  return records_.empty();
}

} // namespace rayd
