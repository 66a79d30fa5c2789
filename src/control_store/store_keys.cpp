#include "control_store/store_keys.hpp"

#include <algorithm>
#include <charconv>

namespace rayd {

std::uint64_t parse_number(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc{} && parsed.ptr == end ? number : 0;
}

std::optional<block_key> parse_block_key(const std::string& key) {
  const std::string_view view{key};
  block_key block{key};
  std::size_t begin = 0;
  if (view.starts_with("rayd:tasks:")) {
    begin = 11;
  } else if (view.starts_with("rayd:objects:")) {
    begin = 13;
    block.tasks = false;
  } else {
    return std::nullopt;
  }
  const auto colon = view.find(':', begin);
  if (colon == std::string_view::npos)
    return std::nullopt;
  const auto home = parse_number(view.substr(begin, colon - begin));
  block.home = static_cast<node_index>(home);
  block.number = parse_number(view.substr(colon + 1));
  if (block.number == 0)
    return std::nullopt;
  return block;
}

bool is_entity_key(std::string_view key) noexcept {
  return key.starts_with("rayd:node:") || key.starts_with("rayd:job:")
         || key.starts_with("rayd:actor:");
}

result<std::vector<std::string>> all_keys(redis_link& link,
                                          std::chrono::milliseconds patience) {
  std::vector<std::string> keys;
  std::string cursor = "0";
  do {
    auto page = link.call({"SCAN", cursor, "MATCH", "rayd:*", "COUNT", "1000"},
                          patience);
    if (!page)
      return page.error();
    const auto& answer = **page;
    if (answer.type != REDIS_REPLY_ARRAY || answer.elements != 2)
      return failure{ray::errc::connection_failed,
                     "Redis answers SCAN with something else"};
    cursor = text_of(*answer.element[0]);
    for (std::size_t i = 0; i < answer.element[1]->elements; ++i)
      keys.emplace_back(text_of(*answer.element[1]->element[i]));
  } while (cursor != "0");
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

} // namespace rayd
