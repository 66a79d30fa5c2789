#include "control_store/waiting_room.hpp"

#include <algorithm>
#include <utility>

namespace rayd {

std::size_t waiting_room::push(store_order order) {
  bytes_ += order.bytes.size() + sizeof(store_order);
  orders_.push_back(std::move(order));
  std::size_t dropped = 0;
  for (; bytes_ > bound_ && searched_ < orders_.size(); ++searched_) {
    auto& oldest = orders_[searched_];
    if (!droppable(oldest))
      continue;
    // Its place stays until its turn: removing it from the middle would move
    // all others.
    dropped += oldest.records;
    bytes_ -= oldest.bytes.size();
    oldest.records = 0;
    std::string{}.swap(oldest.bytes);
  }
  while (!orders_.empty() && emptied(orders_.front()))
    remove_front();
  while (!orders_.empty() && emptied(orders_.back())) {
    orders_.pop_back();
    bytes_ -= sizeof(store_order);
    searched_ = std::min(searched_, orders_.size());
  }
  return dropped;
}

std::optional<store_order> waiting_room::pop() {
  while (!orders_.empty()) {
    auto order = std::move(orders_.front());
    bytes_ -= order.bytes.size();
    remove_front();
    if (!emptied(order))
      return order;
  }
  return std::nullopt;
}

void waiting_room::remove_front() {
  orders_.pop_front();
  searched_ -= searched_ > 0 ? 1 : 0;
  bytes_ -= sizeof(store_order);
}

} // namespace rayd
