#include "wire/node_wish.hpp"

#include "wire/task.hpp"

#include <charconv>

namespace rayd {

node_wish_ptr node_wish_of(const task_spec& spec) {
  if (!spec.wishes)
    return nullptr;
  const auto& all = *spec.wishes;
  node_wish wish{all.where, all.place, all.bundle, all.labels};
  if (wish.empty())
    return nullptr;
  return std::make_shared<const node_wish>(std::move(wish));
}

bool same_wish(const node_wish_ptr& a, const node_wish_ptr& b) noexcept {
  return a == b || (a && b && *a == *b);
}

bool wish_before(const node_wish_ptr& a, const node_wish_ptr& b) noexcept {
  if (!a || !b)
    return !a && b;
  return a != b && *a < *b;
}

node_index parse_node(const std::string& id) noexcept {
  node_index index = 0;
  const char* end = id.data() + id.size();
  if (id.size() < 2 || id[0] != 'n')
    return 0;
  const auto [at, error] = std::from_chars(id.data() + 1, end, index);
  return error == std::errc{} && at == end ? index : 0;
}

std::string to_string(const std::map<std::string, std::string>& labels) {
  std::string text;
  for (const auto& [key, value] : labels)
    text += (text.empty() ? "" : ", ") + key + "=" + value;
  return text;
}

} // namespace rayd
