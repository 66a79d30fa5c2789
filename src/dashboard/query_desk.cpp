#include "dashboard/query_desk.hpp"

#include <utility>

namespace rayd {

query_desk::query_desk(std::function<void(const std::string&)> ask,
                       std::function<std::int64_t()> clock)
  : ask_(std::move(ask)), clock_(std::move(clock)) {}

void query_desk::want(const std::string& query, take_answer take) {
  const auto number = ++last_;
  const auto found = cache_.want(query, number, clock_());
  if (found.waits)
    waiters_.emplace(number, std::move(take));
  if (found.must_ask)
    ask_(query);
  if (!found.waits)
    take(found.answer);
}

void query_desk::answered(const std::string& query, std::string text) {
  const auto told = cache_.answered(query, std::move(text), clock_());
  for (const auto number : told.waiters)
    if (auto waiter = waiters_.extract(number))
      waiter.mapped()(told.answer);
}

} // namespace rayd
