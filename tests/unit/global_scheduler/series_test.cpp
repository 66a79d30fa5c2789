#include "global_scheduler/series_book.hpp"
#include "global_scheduler/series_desk.hpp"

#include "unit/global_scheduler/head_world.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

using namespace rayd;

namespace {

series_sample sample(float value) {
  series_sample made{};
  made.fill(value);
  return made;
}

} // namespace

TEST_CASE("a day is kept in three steps of time", "[series]") {
  series_book book;
  constexpr std::int64_t day = 86'400;
  for (std::int64_t s = 0; s < 2 * day; ++s)
    book.add(1, s, sample(static_cast<float>(s)));
  const auto last = 2 * day - 1;
  const auto fine = book.read(1, last, 600);
  REQUIRE(fine);
  CHECK(fine->step_s == 1);
  CHECK(fine->points.size() == 600);
  CHECK(fine->from_s == last - 599);
  CHECK(fine->points.front()->mean[0] == static_cast<float>(last - 599));
  CHECK(fine->points.back()->mean[0] == static_cast<float>(last));
  const auto middle = book.read(1, last, 7200);
  CHECK(middle->step_s == 10);
  CHECK(middle->points.size() == 720);
  CHECK(std::abs(middle->points.back()->mean[0]
                 - (static_cast<float>(last) - 4.5F))
        < 1);
  const auto coarse = book.read(1, last, day);
  CHECK(coarse->step_s == 60);
  CHECK(coarse->points.size() == 1440);
  CHECK(coarse->points.front() != nullptr);
  CHECK(book.read(1, last, 30 * day)->points.size() == 1440);
  CHECK_FALSE(book.read(2, last, 600));
}

TEST_CASE("what was not heard is not known", "[series]") {
  series_ring ring{1, 10};
  ring.add(100, sample(1));
  ring.add(103, sample(2));
  ring.add(103, sample(4)); // The mean of both.
  ring.add(99, sample(9));  // Older than the first: dropped.
  const auto points = ring.newest(105, 6);
  CHECK(points[0]->mean[0] == 1);
  CHECK(points[1] == nullptr);
  CHECK(points[2] == nullptr);
  CHECK(points[3]->mean[0] == 3);
  CHECK(points[5] == nullptr);
  ring.add(1000, sample(5)); // Long after: all else is too old.
  CHECK(ring.newest(1000, 10)[8] == nullptr);
  CHECK(ring.newest(1000, 10)[9]->mean[0] == 5);
  // It goes round, and old values do not shine through.
  for (std::int64_t s = 1001; s < 1025; s += 2)
    ring.add(s, sample(static_cast<float>(s)));
  const auto later = ring.newest(1023, 10);
  for (std::size_t i = 0; i < later.size(); ++i)
    CHECK((later[i] != nullptr) == (i % 2 == 1));
  CHECK(later[9]->mean[0] == 1023);
}

TEST_CASE("nodes beyond the limit push out the one silent longest",
          "[series]") {
  series_book book;
  for (std::int64_t i = 0; i < 250; ++i)
    book.add(static_cast<node_index>(i + 1), i, sample(1));
  CHECK_FALSE(book.read(1, 250, 10));
  CHECK_FALSE(book.read(50, 250, 10));
  CHECK(book.read(51, 250, 10));
  CHECK(book.read(250, 250, 10));
}

TEST_CASE("the head keeps and tells what nodes report", "[series]") {
  head_world world;
  const auto a = world.join(1, 3);
  const auto b = world.join(2, 1);
  const auto report = [&](node_index node, link_id link, std::uint32_t cpu,
                          std::uint64_t sequence, std::uint64_t finished) {
    node_load load;
    load.node = node;
    load.epoch = 1;
    load.sequence = sequence;
    load.finished = finished;
    load.figures.cpu = cpu;
    load.figures.memory_used = 100;
    load.figures.memory_total = 200;
    world.tell(link, load);
  };
  series_desk desk;
  report(a, 1, 4000, 1, 10);
  report(b, 2, 8000, 1, 0);
  desk.look(world.machine, 50'000'000);
  report(a, 1, 4000, 2, 30);
  desk.look(world.machine, 50'900'000); // The same second: once is enough.
  desk.look(world.machine, 51'000'000);
  const auto ask = [&](const std::string& request) {
    return nlohmann::json::parse(
      desk.answer(request, 51'500'000, 1'000'000'000));
  };
  const auto all = ask(R"({"what":"series","span_s":2})");
  CHECK(all["step_s"] == 1);
  CHECK(all["from_us"] == 1'000'000'000 - 1'500'000);
  // Three CPUs at 40 % and one at 80 %.
  CHECK(all["series"]["cpu"] == nlohmann::json::parse("[50.0, 50.0]"));
  // Both are on one machine, which has its memory once.
  CHECK(all["series"]["memory"] == nlohmann::json::parse("[100, 100]"));
  CHECK(all["series"]["finished"] == nlohmann::json::parse("[0, 20]"));
  const auto one
    = ask(R"({"what":"series","node":"n1","span_s":3})");
  CHECK(one["series"]["cpu"] == nlohmann::json::parse("[null, 40.0, 40.0]"));
  CHECK(ask(R"({"node":"n9"})").contains("error"));
  CHECK(ask(R"({"node":"x"})").contains("error"));
  CHECK(ask(R"({"span_s":"x"})").contains("error"));
}
