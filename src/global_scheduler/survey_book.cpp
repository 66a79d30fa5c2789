#include "global_scheduler/survey_book.hpp"

#include <utility>

namespace rayd {

void survey_book::begin(std::uint64_t number, std::set<node_index> nodes,
                        time_us until, finish done) {
  if (nodes.empty())
    return done({});
  open_[number] = {std::move(nodes), {}, until, std::move(done)};
}

bool survey_book::answer(std::uint64_t number, node_index node,
                         const std::string& text) {
  const auto at = open_.find(number);
  if (at == open_.end())
    return false;
  if (at->second.waiting.erase(node) != 0)
    at->second.said.emplace_back(node, text);
  if (at->second.waiting.empty())
    end(at);
  return true;
}

void survey_book::expire(time_us now) {
  for (auto at = open_.begin(); at != open_.end();)
    if (const auto one = at++; one->second.until <= now)
      end(one);
}

void survey_book::end(std::map<std::uint64_t, entry>::iterator at) {
  auto done = std::move(at->second.done);
  auto said = std::move(at->second.said);
  open_.erase(at);
  done(std::move(said));
}

} // namespace rayd
