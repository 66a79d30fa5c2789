#include "local_scheduler/reference_set.hpp"

#include <algorithm>

namespace rayd {

std::vector<process_id> reference_set::processes() const {
  auto all = others_;
  if (first_ != 0)
    all.push_back(first_);
  return all;
}

bool reference_set::has_process(process_id process) const {
  return first_ == process
         || std::find(others_.begin(), others_.end(), process)
              != others_.end();
}

bool reference_set::add_process(process_id process) {
  if (has_process(process))
    return false;
  if (first_ == 0)
    first_ = process;
  else
    others_.push_back(process);
  return true;
}

bool reference_set::remove_process(process_id process) {
  if (first_ == process) {
    first_ = 0;
    if (!others_.empty()) {
      first_ = others_.back();
      others_.pop_back();
    }
    return true;
  }
  return std::erase(others_, process) > 0;
}

bool reference_set::add_node(node_index node) {
  if (std::find(nodes_.begin(), nodes_.end(), node) != nodes_.end())
    return false;
  nodes_.push_back(node);
  return true;
}

bool reference_set::remove_node(node_index node) {
  return std::erase(nodes_, node) > 0;
}

} // namespace rayd
