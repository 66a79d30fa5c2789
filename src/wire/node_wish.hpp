#pragma once

#include "base/ids.hpp"
#include "wire/task_wishes.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace rayd {

struct task_spec;

/// What tasks of one shape want of the node that runs them, besides resources.
struct node_wish {
  using placing = task_wishes::placing;

  placing where = placing::anywhere;
  std::string place;        ///< As in task_wishes.
  std::uint32_t bundle = 0;
  std::map<std::string, std::string> labels;

  bool empty() const noexcept {
    return where == placing::anywhere && labels.empty();
  }

  friend bool operator==(const node_wish&, const node_wish&) = default;
  friend auto operator<=>(const node_wish&, const node_wish&) = default;
};

/// Null when any node will do, as for most tasks.
using node_wish_ptr = std::shared_ptr<const node_wish>;

node_wish_ptr node_wish_of(const task_spec& spec);

/// By what they say, not by where they lie.
bool same_wish(const node_wish_ptr& a, const node_wish_ptr& b) noexcept;
bool wish_before(const node_wish_ptr& a, const node_wish_ptr& b) noexcept;

/// "n3" as 3; 0 when it is no node's id.
node_index parse_node(const std::string& id) noexcept;

/// " with labels zone=a" or nothing, for people.
std::string to_string(const std::map<std::string, std::string>& labels);

} // namespace rayd
