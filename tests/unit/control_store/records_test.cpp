#include "wire/records.hpp"

#include "catch.hpp"

#include <random>

using namespace rayd;

namespace {

task_record sample_task(std::uint64_t n) {
  task_record task;
  task.id = {(std::uint64_t{3} << 40) | n, n * 7919};
  task.parent = {std::uint64_t{3} << 40, 1};
  task.job = 2;
  task.home = 3;
  task.node = 4;
  task.name = n % 3 == 0 ? "named" : "";
  task.function_name = n % 2 == 0 ? "compute_square(int)" : "add(int, int)";
  task.demand.set("CPU", 1 + static_cast<double>(n % 2));
  task.demand.set("GPU", 0.5);
  task.state = static_cast<task_state>(n % 7);
  task.placed = static_cast<placed_by>(n % 3);
  task.attempt = static_cast<std::int32_t>(n % 4);
  task.worker_pid = 4321;
  task.submitted_us = 1'700'000'000'000'000;
  task.started_us = task.submitted_us + 5;
  task.finished_us = task.submitted_us + 10;
  if (task.state == task_state::failed) {
    task.error = ray::errc::worker_died;
    task.error_message = "killed by signal 9";
    task.error_chain = "thrower\nnext";
  }
  return task;
}

std::vector<task_record> sample_tasks(std::size_t count) {
  std::vector<task_record> tasks;
  for (std::size_t n = 1; n <= count; ++n)
    tasks.push_back(sample_task(n));
  return tasks;
}

} // namespace

TEST_CASE("a row of task blocks gives the records back in order", "[records]") {
  const auto tasks = sample_tasks(500);
  const std::span all{tasks};
  const auto row = encode_block(all.first(200))
                   + encode_block(all.subspan(200));
  const auto back = decode_tasks(row);
  REQUIRE(back);
  CHECK(*back == tasks);
  CHECK(*count_tasks(row) == 500);
  CHECK(row.size() / 500 < 140);
}

TEST_CASE("a block of objects keeps sizes, holders and frees", "[records]") {
  std::vector<object_record> objects{
    {{1, 2}, 10, 1, {1, 2, 3}, false},
    {{1, 3}, 1ull << 40, 1, {}, true},
    {{1, 4}, 0, 2, {7}, false},
  };
  const auto back = decode_objects(encode_block(objects));
  REQUIRE(back);
  CHECK(*back == objects);
}

TEST_CASE("no record is an empty block", "[records]") {
  CHECK(encode_block(std::span<const task_record>{}).empty());
  CHECK(decode_tasks("")->empty());
}

TEST_CASE("a block that was damaged anywhere is read or refused, never worse",
          "[records]") {
  // Every place gets a flipped byte once, then cuts and noise.
  const auto good = encode_block(sample_tasks(20));
  std::size_t refused = 0;
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int bits : {0xff, 0x01, 0x80}) {
      auto bad = good;
      bad[at] = static_cast<char>(bad[at] ^ bits);
      refused += decode_tasks(bad) ? 0 : 1;
      (void)decode_objects(bad);
      (void)count_tasks(bad);
    }
  CHECK(refused > 0);
  for (std::size_t size = 1; size < good.size(); size += 3)
    CHECK(!decode_tasks(std::string_view{good}.substr(0, size)));
  std::mt19937_64 random{7};
  for (int round = 0; round < 2000; ++round) {
    std::string noise(8 * (random() % 64 + 1), '\0');
    for (auto& byte : noise)
      byte = static_cast<char>(random() % 4 == 0 ? random() : 0);
    (void)decode_tasks(noise);
    (void)decode_objects(noise);
  }
}

TEST_CASE("a refusal says in one sentence what is wrong", "[records]") {
  auto reason = decode_tasks("abc").error().message;
  CHECK(reason.find("3 bytes are no whole words") != std::string::npos);
}
