#include "control_store/block_ledger.hpp"
#include "control_store/ended_shelf.hpp"
#include "control_store/waiting_room.hpp"

#include "catch.hpp"

using namespace rayd;
using namespace std::chrono_literals;

namespace {

store_order tasks_of(std::size_t bytes, std::size_t records) {
  store_order order;
  order.what = store_order::kind::tasks;
  order.bytes.assign(bytes, 'x');
  order.records = records;
  return order;
}

store_order command_of(std::string bytes) {
  store_order order;
  order.bytes = std::move(bytes);
  return order;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a full waiting room drops records, oldest first, and no command",
          "[waiting_room]") {
  waiting_room room{10'000};
  std::size_t dropped = 0;
  for (std::size_t n = 1; n <= 10; ++n) {
    dropped += room.push(command_of("command"));
    dropped += room.push(tasks_of(4000, n));
  }
  CHECK(dropped == 55 - 10 - 9);
  CHECK(room.bytes() <= 10'000);
  std::size_t commands = 0;
  std::vector<std::size_t> records;
  while (auto order = room.pop())
    if (order->what == store_order::kind::command)
      ++commands;
    else
      records.push_back(order->records);
  CHECK(commands == 10);
  CHECK(records == std::vector<std::size_t>{9, 10});
  CHECK(room.bytes() == 0);
}

TEST_CASE("a waiting room that commands fill keeps no new record and does not "
          "grow by it",
          "[waiting_room]") {
  waiting_room room{1000};
  room.push(command_of(std::string(2000, 'c')));
  const auto before = room.bytes();
  for (int i = 0; i < 100; ++i)
    CHECK(room.push(tasks_of(100, 1)) == 1);
  CHECK(room.bytes() == before);
  CHECK(room.pop());
  CHECK(!room.pop());
}

TEST_CASE("each node fills its own block, and a full one is followed by the "
          "next number",
          "[block_ledger]") {
  block_ledger ledger{"tasks", {10, 1000, 100, 10'000, 1h}};
  const auto next = [&](node_index home) {
    return ledger.append(home, "aaaa", 5, block_ledger::time_point{})[0];
  };
  CHECK(holds(next(1), "rayd:tasks:1:1\r\n$1\r\n0"));
  CHECK(holds(next(2), "rayd:tasks:2:2\r\n$1\r\n0"));
  CHECK(holds(next(1), "rayd:tasks:1:1\r\n$1\r\n4"));
  CHECK(holds(next(1), "rayd:tasks:1:3\r\n$1\r\n0"));
  CHECK(holds(next(2), "rayd:tasks:2:2\r\n$1\r\n4"));
}

TEST_CASE("blocks go by count, by bytes and by age, oldest first",
          "[block_ledger]") {
  const auto now = block_ledger::time_point{};
  block_ledger by_count{"tasks", {10, 1000, 25, 10'000, 1h}};
  block_ledger by_bytes{"objects", {10, 10, 1000, 25, 1h}};
  for (int i = 0; i < 2; ++i) {
    CHECK(by_count.append(1, "a", 10, now).size() == 1);
    CHECK(by_bytes.append(1, "aaaaaaaaaa", 1, now).size() == 1);
  }
  const auto counted = by_count.append(1, "a", 10, now);
  REQUIRE(counted.size() == 3);
  CHECK(holds(counted[1], "UNLINK\r\n$14\r\nrayd:tasks:1:1"));
  CHECK(holds(counted[2], "rayd:dropped\r\n$5\r\ntasks\r\n$2\r\n10"));
  CHECK(by_bytes.append(1, "aaaaaaaaaa", 1, now).size() == 3);
  CHECK(by_count.expire(now + 1h).empty());
  CHECK(by_count.expire(now + 2h).size() == 3);
  CHECK(by_count.dropped() == 30);
  CHECK(holds(by_count.append(1, "a", 1, now)[0], "rayd:tasks:1:4"));
}

TEST_CASE("blocks of an earlier head are counted and not written again",
          "[block_ledger]") {
  const auto now = block_ledger::time_point{};
  block_ledger ledger{"tasks", {10, 1000, 25, 10'000, 1h}};
  ledger.adopt(1, 7, 20, 100, now);
  const auto commands = ledger.append(1, "a", 10, now);
  REQUIRE(commands.size() == 3);
  CHECK(holds(commands[0], "rayd:tasks:1:8"));
  CHECK(holds(commands[1], "rayd:tasks:1:7"));
}

TEST_CASE("what is over goes when there is too much of its kind",
          "[ended_shelf]") {
  ended_shelf shelf{2};
  CHECK(shelf.put("rayd:node:n1").empty());
  CHECK(shelf.put("rayd:node:n1").empty());
  CHECK(shelf.put("rayd:job:j1").empty());
  CHECK(shelf.put("rayd:node:n2").empty());
  const auto commands = shelf.put("rayd:node:n3");
  REQUIRE(commands.size() == 2);
  CHECK(holds(commands[0], "rayd:node:n1"));
  CHECK(holds(commands[1], "node\r\n$1\r\n1"));
}
