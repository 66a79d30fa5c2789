#include "dashboard/answer_cache.hpp"

#include <algorithm>
#include <utility>

namespace rayd {

namespace {

shared_answer sentence(const char* text) {
  return std::make_shared<const std::string>(std::string{R"({"error": ")"}
                                             + text + "\"}");
}

} // namespace

bool answer_cache::is_fresh(const entry& kept, std::int64_t now_us) const {
  if (!kept.answer)
    return false;
  const auto took = kept.answered_us - kept.asked_us;
  return now_us - kept.answered_us
         < std::clamp(fresh_factor * took, fresh_us, fresh_most_us);
}

answer_cache::found answer_cache::want(const std::string& query,
                                       std::uint64_t waiter,
                                       std::int64_t now_us) {
  const auto known = entries_.find(query);
  const bool is_known = known != entries_.end();
  const bool is_open = is_known && known->second.open;
  if (is_open && known->second.waiters.size() < most_waiters) {
    known->second.waiters.push_back(waiter);
    return {nullptr, false, true};
  }
  if (is_known && !is_open && is_fresh(known->second, now_us))
    return {known->second.answer, false, false};
  if (is_open || open_ >= most_open)
    return {is_known && known->second.answer
              ? known->second.answer
              : sentence("the dashboard waits for many answers just now: ask "
                         "again in a moment"),
            false, false};
  make_room();
  auto& kept = entries_[query];
  kept.asked_us = now_us;
  kept.open = true;
  kept.waiters = {waiter};
  ++open_;
  return {nullptr, true, true};
}

answer_cache::told answer_cache::answered(const std::string& query,
                                          std::string text,
                                          std::int64_t now_us) {
  const auto at = entries_.find(query);
  if (at == entries_.end() || !at->second.open)
    return {};
  auto& kept = at->second;
  kept.open = false;
  --open_;
  kept.answered_us = now_us;
  bytes_ -= kept.answer ? kept.answer->size() : 0;
  kept.answer
    = text.size() > answer_most_bytes
        ? sentence("the answer is too large for a page: ask for less")
        : std::make_shared<const std::string>(std::move(text));
  bytes_ += kept.answer->size();
  told out{kept.answer, std::exchange(kept.waiters, {})};
  make_room();
  return out;
}

/// Forgets the oldest answers beyond the limits.
void answer_cache::make_room() {
  while (entries_.size() >= most_kept || bytes_ > most_bytes) {
    auto oldest = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at)
      if (!at->second.open
          && (oldest == entries_.end()
              || at->second.answered_us < oldest->second.answered_us))
        oldest = at;
    if (oldest == entries_.end())
      return;
    bytes_ -= oldest->second.answer ? oldest->second.answer->size() : 0;
    entries_.erase(oldest);
  }
}

} // namespace rayd
