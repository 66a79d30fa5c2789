#include "dashboard/answer_cache.hpp"
#include "dashboard/event_stream.hpp"
#include "dashboard/query_desk.hpp"

#include "catch.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace rayd;

namespace {

constexpr std::int64_t ms = 1000;

shared_answer text(const char* of) {
  return std::make_shared<const std::string>(of);
}

} // namespace

TEST_CASE("many browsers cost the head one query", "[answers]") {
  answer_cache cache;
  CHECK(cache.want("q", 1, 0).must_ask);
  for (std::uint64_t i = 2; i < 100; ++i) {
    const auto found = cache.want("q", i, 10);
    CHECK_FALSE(found.must_ask);
    CHECK(found.waits);
  }
  const auto told = cache.answered("q", "a", 2 * ms);
  CHECK(told.waiters.size() == 99);
  CHECK(*told.answer == "a");
  CHECK(*cache.want("q", 200, 251 * ms).answer == "a");
  CHECK(cache.want("q", 201, 253 * ms).must_ask);
}

TEST_CASE("a query that costs much is asked seldom", "[answers]") {
  answer_cache cache;
  cache.want("q", 1, 0);
  cache.answered("q", "a", 100 * ms);
  CHECK(cache.want("q", 2, 10'099 * ms).answer);
  CHECK(cache.want("q", 3, 10'101 * ms).must_ask);
  cache.answered("q", "a", 20'000 * ms);
  CHECK(cache.want("q", 4, 49'999 * ms).answer); // At most 30 s old.
  CHECK(cache.want("q", 5, 50'001 * ms).must_ask);
}

TEST_CASE("answers and open queries are bounded", "[answers]") {
  answer_cache cache;
  const std::string large(answer_cache::answer_most_bytes, 'x');
  for (int i = 0; i < 20; ++i) {
    const auto query = std::to_string(i);
    cache.want(query, 1, i);
    cache.answered(query, large, i);
  }
  std::size_t kept = 0;
  for (int i = 0; i < 20; ++i)
    kept += cache.want(std::to_string(i), 1, 20).answer != nullptr;
  CHECK(kept == answer_cache::most_bytes / answer_cache::answer_most_bytes);
  answer_cache full;
  for (std::size_t i = 0; i < answer_cache::most_open; ++i)
    CHECK(full.want(std::to_string(i), 1, 0).must_ask);
  const auto refused = full.want("more", 1, 0);
  CHECK_FALSE(refused.must_ask);
  CHECK(refused.answer->find("error") != std::string::npos);
  CHECK(full.open() == answer_cache::most_open);
  // An answer that is too large for a page is a sentence.
  const auto told = full.answered("0", large + "x", 1);
  CHECK(told.answer->find("too large") != std::string::npos);
}

TEST_CASE("an older answer has to do while too much is open", "[answers]") {
  answer_cache cache;
  cache.want("q", 1, 0);
  cache.answered("q", "old", 0);
  for (std::size_t i = 0; i < answer_cache::most_open; ++i)
    cache.want(std::to_string(i), 1, 0);
  CHECK(*cache.want("q", 2, 1000 * ms).answer == "old");
  // Nor does a row of those that wait for one answer grow without end.
  for (std::size_t i = 1; i < answer_cache::most_waiters; ++i)
    CHECK(cache.want("0", i, 0).waits);
  CHECK_FALSE(cache.want("0", 1, 0).waits);
}

TEST_CASE("an answer that nobody asked for, or twice, has no effect",
          "[answers]") {
  answer_cache cache;
  CHECK_FALSE(cache.answered("q", "a", 0).answer);
  cache.want("q", 1, 0);
  CHECK(cache.answered("q", "a", 1).waiters.size() == 1);
  CHECK_FALSE(cache.answered("q", "b", 2).answer);
  CHECK(*cache.want("q", 2, 3).answer == "a");
  CHECK(cache.open() == 0);
}

TEST_CASE("the desk tells each who waits, once", "[answers]") {
  std::vector<std::string> asked;
  std::int64_t now = 0;
  query_desk desk{[&](const std::string& query) { asked.push_back(query); },
                  [&] { return now; }};
  int told = 0;
  for (int i = 0; i < 3; ++i)
    desk.want("q", [&](const shared_answer&) { ++told; });
  CHECK(asked == std::vector<std::string>{"q"});
  desk.answered("q", "a");
  desk.answered("q", "a");
  CHECK(told == 3);
  desk.want("q", [&](const shared_answer& x) { told += *x == "a"; });
  CHECK(told == 4);
}

TEST_CASE("a stream says what has changed, four times a second at most",
          "[stream]") {
  event_stream stream{{"a", "b"}};
  CHECK(stream.due(0) == std::vector<std::size_t>{0, 1});
  CHECK(stream.due(5000 * ms).empty()); // They are asked.
  stream.answered(0, text("1"));
  CHECK(stream.take(1 * ms) == "event: update\ndata: {\"0\":1}\n\n");
  stream.answered(1, text("2"));
  CHECK(stream.take(250 * ms).empty());
  CHECK(stream.take(251 * ms) == "event: update\ndata: {\"1\":2}\n\n");
  // The same again is no news; what is newer replaces what was not sent.
  CHECK(stream.due(5000 * ms).size() == 2);
  stream.answered(0, text("1"));
  CHECK(stream.take(1000 * ms).empty());
  stream.answered(1, text("3"));
  stream.answered(1, text("4"));
  CHECK(stream.take(1001 * ms) == "event: update\ndata: {\"1\":4}\n\n");
}

TEST_CASE("a stream asks some queries at a time, all in turn", "[stream]") {
  const std::size_t all = 3 * event_stream::most_asked;
  event_stream stream{std::vector<std::string>(all, "q")};
  std::vector<int> asked(all);
  std::vector<std::size_t> open;
  for (std::int64_t now = 0; now < 12; ++now) {
    for (const auto place : open)
      stream.answered(place, text("1"));
    stream.answered(0, text("1")); // Said twice: it counts once.
    open = stream.due(now * 250 * ms);
    CHECK(open.size() <= event_stream::most_asked);
    for (const auto place : open)
      ++asked[place];
  }
  for (const int times : asked)
    CHECK(times >= 3);
}

TEST_CASE("an event has a size; what it leaves out is in the next",
          "[stream]") {
  event_stream stream{{"a", "b"}};
  stream.due(0);
  const std::string large(event_stream::event_bytes, '1');
  stream.answered(0, std::make_shared<const std::string>(large));
  stream.answered(1, text("2"));
  CHECK(stream.take(0).size() < large.size() + 100);
  CHECK(stream.take(250 * ms) == "event: update\ndata: {\"1\":2}\n\n");
}

TEST_CASE("a stream keeps nothing of what it sent", "[stream]") {
  event_stream stream{{"a"}};
  stream.due(0);
  auto answer = text("1");
  const std::weak_ptr<const std::string> kept{answer};
  stream.answered(0, std::move(answer));
  CHECK_FALSE(kept.expired());
  CHECK(stream.take(0) == "event: update\ndata: {\"0\":1}\n\n");
  CHECK(kept.expired());
  // It knows it again all the same.
  stream.answered(0, text("1"));
  CHECK(stream.take(1000 * ms).empty());
  stream.answered(0, text("2"));
  CHECK(stream.take(1000 * ms).find("2") != std::string::npos);
}

TEST_CASE("answers that wait have a limit; all are told in the end",
          "[stream]") {
  const std::size_t all = 6;
  event_stream stream{std::vector<std::string>(all, "q")};
  std::set<std::string> told;
  for (std::int64_t now = 0; now < 10; ++now) {
    std::size_t waiting = 0;
    std::vector<std::weak_ptr<const std::string>> kept;
    for (const auto place : stream.due(now * 1000 * ms)) {
      // Each is new each time, and two have no room together.
      auto answer = std::make_shared<const std::string>(
        std::to_string(now)
        + std::string(event_stream::waiting_bytes / 2, ' '));
      kept.emplace_back(answer);
      stream.answered(place, std::move(answer));
    }
    for (const auto& one : kept)
      if (const auto answer = one.lock())
        waiting += answer->size();
    CHECK(waiting <= event_stream::waiting_bytes);
    const auto event = stream.take(now * 1000 * ms);
    told.insert(event.substr(event.find('"'), 3));
  }
  CHECK(told.size() == all);
}

TEST_CASE("a stream asks once a second and gives signs of life", "[stream]") {
  event_stream stream{{"a"}};
  stream.due(0);
  CHECK(stream.take(3000 * ms).empty()); // Nothing was said yet.
  stream.answered(0, text("1"));
  stream.take(0);
  CHECK(stream.due(999 * ms).empty());
  CHECK(stream.due(1000 * ms).size() == 1);
  stream.answered(0, text("1"));
  CHECK(stream.take(1999 * ms).empty());
  CHECK(stream.take(2000 * ms) == "event: life\ndata: 1\n\n");
  CHECK(stream.take(2001 * ms).empty());
}

TEST_CASE("an answer with line ends stays one event", "[stream]") {
  event_stream stream{{"a"}};
  stream.due(0);
  stream.answered(0, text("{\n\"x\":\r\n1}"));
  CHECK(stream.take(0) == "event: update\ndata: {\"0\":{\"x\":1}}\n\n");
}
