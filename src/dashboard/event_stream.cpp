#include "dashboard/event_stream.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <utility>

namespace rayd {

namespace {

/// JSON on one line: outside of its texts, which have none, a line's end is
/// but space.
void append_line(std::string& to, const std::string& json) {
  for (const char c : json)
    if (c != '\n' && c != '\r')
      to += c;
}

} // namespace

event_stream::event_stream(std::vector<std::string> queries)
  : queries_(std::move(queries)), watches_(queries_.size()) {}

std::vector<std::size_t> event_stream::due(std::int64_t now_us) {
  std::vector<std::size_t> places;
  const auto first = turn_;
  for (std::size_t i = 0; i < watches_.size() && asked_ < most_asked; ++i) {
    const auto place = (first + i) % watches_.size();
    auto& one = watches_[place];
    if (one.asked || one.next_us > now_us)
      continue;
    one.asked = true;
    ++asked_;
    one.next_us = now_us + ask_interval_us;
    places.push_back(place);
    turn_ = (place + 1) % watches_.size();
  }
  return places;
}

void event_stream::answered(std::size_t place, shared_answer answer) {
  if (place >= watches_.size())
    return;
  auto& one = watches_[place];
  asked_ -= std::exchange(one.asked, false) ? 1 : 0;
  if (!answer)
    return;
  const std::pair seen{XXH3_64bits(answer->data(), answer->size()),
                       answer->size()};
  const auto before = one.answer ? one.answer->size() : 0;
  if (one.known == seen)
    return;
  if (waiting_ - before + answer->size() > waiting_bytes) {
    // Asked first next time, when there is room: large ones take turns.
    turn_ = place;
    return;
  }
  waiting_ += answer->size() - before;
  one.known = seen;
  one.answer = std::move(answer);
}

std::string event_stream::take(std::int64_t now_us) {
  if (begun_ && now_us - sent_us_ < event_interval_us)
    return {};
  std::string data;
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    if (data.size() > event_bytes)
      break;
    const auto answer = std::exchange(watches_[i].answer, nullptr);
    if (!answer)
      continue;
    waiting_ -= answer->size();
    data += fmt::format("{}\"{}\":", data.empty() ? "{" : ",", i);
    append_line(data, *answer);
  }
  const bool silent = data.empty();
  if (silent && begun_ && now_us - sent_us_ < sign_of_life_us)
    return {};
  if (silent && !begun_)
    return {};
  begun_ = true;
  sent_us_ = now_us;
  return silent ? std::string{"event: life\ndata: 1\n\n"}
                : "event: update\ndata: " + data + "}\n\n";
}

} // namespace rayd
