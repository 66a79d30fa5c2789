#include "control_store/ended_shelf.hpp"

#include "control_store/redis_link.hpp"

#include <fmt/format.h>

namespace rayd {

std::vector<std::string> ended_shelf::put(const std::string& key) {
  const auto begin = key.find(':') + 1;
  const auto kind = key.substr(begin, key.find(':', begin) - begin);
  auto& shelf = rows_[kind];
  std::vector<std::string> commands;
  if (!shelf.known.insert(key).second)
    return commands;
  shelf.oldest_first.push_back(key);
  while (shelf.oldest_first.size() > limit_) {
    commands.push_back(redis_command({"UNLINK", shelf.oldest_first.front()}));
    shelf.known.erase(shelf.oldest_first.front());
    shelf.oldest_first.pop_front();
    ++shelf.dropped;
  }
  if (!commands.empty())
    commands.push_back(redis_command(
      {"HSET", "rayd:dropped", kind, fmt::format_int(shelf.dropped).str()}));
  return commands;
}

void ended_shelf::dropped_before(const std::string& kind, std::uint64_t count) {
  rows_[kind].dropped = count;
}

} // namespace rayd
