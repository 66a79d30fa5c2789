#include "base/check.hpp"
#include "object_store/store_ledger.hpp"

#include <algorithm>
#include <vector>

namespace rayd {

void store_ledger::check_invariants() const {
  std::vector<extent> all;
  std::uint64_t used = 0;
  std::uint64_t reserved = 0;
  for (auto& [offset, size] : free_.by_offset())
    all.push_back({offset, size});
  for (auto& [object, where] : objects_) {
    all.push_back(footprint(where));
    used += all.back().size;
  }
  for (auto& [number, client] : clients_) {
    std::uint64_t room_bytes = 0;
    for (auto& [end, begin] : client.rooms) {
      all.push_back({begin, end - begin});
      room_bytes += end - begin;
    }
    RAYD_CHECK(room_bytes == client.room_bytes);
    reserved += room_bytes;
    for (auto& [object, where] : client.creations) {
      all.push_back(footprint(where));
      reserved += all.back().size;
    }
    RAYD_CHECK(!client.rooms.empty() || !client.creations.empty());
    RAYD_CHECK(!gone_.contains(number));
  }
  RAYD_CHECK(used == used_ && reserved == reserved_);
  RAYD_CHECK(used_ + reserved_ + free_.total() == capacity_);
  // Sorted, so that the order of the unordered tables does not matter.
  std::sort(all.begin(), all.end());
  std::uint64_t at = 0;
  for (auto& x : all) {
    RAYD_CHECK(x.offset == at && x.size > 0);
    at = x.end();
  }
  RAYD_CHECK(at == capacity_);
}

} // namespace rayd
