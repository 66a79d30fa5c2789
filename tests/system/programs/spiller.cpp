// More objects than the store has room for; see spill_test.cpp.

#include "cases.hpp"

#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using cases::expect;
using cases::expect_equal;
using cases::say;

namespace {

using words = ray::array<std::uint64_t>;

constexpr std::size_t mebibyte = std::size_t{1} << 20;

void fill(std::span<std::uint64_t> room, std::uint64_t seed) {
  auto x = seed * 0x9e37'79b9'7f4a'7c15 + 1;
  for (auto& word : room)
    word = x = x * 6364136223846793005u + seed;
}

/// Bytes that only *seed* makes.
words made_of(std::uint64_t seed, std::size_t bytes) {
  return words::make(
    bytes / sizeof(std::uint64_t),
    [seed](std::span<std::uint64_t> room) { fill(room, seed); });
}

std::uint64_t checksum(std::span<const std::uint64_t> values) {
  std::uint64_t sum = 0;
  for (const auto x : values)
    sum = sum * 31 + x;
  return sum;
}

words make_there(std::uint64_t seed, std::size_t bytes) {
  return made_of(seed, bytes);
}

/// Reads its argument and makes as much again.
std::uint64_t read_there(words values) {
  return checksum(values);
}

/// Until the test says so: a byte in the pipe that RAYD_TEST_GO names.
void wait_for_test() {
  std::ifstream pipe{std::getenv("RAYD_TEST_GO")};
  pipe.get();
}

std::uint64_t expected(std::uint64_t seed, std::size_t bytes) {
  std::vector<std::uint64_t> values(bytes / sizeof(std::uint64_t));
  fill(values, seed);
  return checksum(values);
}

/// 256 MiB, half of it by tasks, read again here and there.
void quadruple() {
  constexpr std::size_t count = 128;
  constexpr std::size_t bytes = 2 * mebibyte;
  std::vector<ray::object_ref<words>> all;
  for (std::uint64_t i = 0; i < count; ++i)
    all.push_back(i % 2 == 0
                    ? ray::put(made_of(i, bytes))
                    : ray::remote<make_there>(
                        ray::with{.scheduling = ray::spread{}}, i, bytes));
  ray::wait(all, all.size());
  say("made");
  wait_for_test();
  for (std::uint64_t i = 0; i < count; ++i)
    expect_equal(checksum(ray::get(all[i])), expected(i, bytes),
                 fmt::format("object {} read here", i));
  std::vector<ray::object_ref<std::uint64_t>> sums;
  for (const auto& ref : all)
    sums.push_back(ray::remote<read_there>(
      ray::with{.scheduling = ray::spread{}}, ref));
  for (std::uint64_t i = 0; i < count; ++i)
    expect_equal(ray::get(sums[i]), expected(i, bytes),
                 fmt::format("object {} read there", i));
  all.clear();
  say("read");
  wait_for_test();
}

/// What is viewed stays, so the store is full; then it has room again.
void pinned() {
  std::vector<words> views;
  std::vector<ray::object_ref<words>> kept;
  const auto start = std::chrono::steady_clock::now();
  auto last = start;
  cases::expect_throws<ray::object_store_full>(
    [&] {
      for (std::uint64_t i = 0; i < 20; ++i) {
        last = std::chrono::steady_clock::now();
        views.push_back(made_of(i, 8 * mebibyte));
        kept.push_back(ray::put(views.back()));
      }
    },
    "", "more views than fit");
  expect(cases::seconds_since(last) < 2,
         fmt::format("it was told after {:.1f} s", cases::seconds_since(last)));
  expect(views.size() >= 5, "some fitted");
  for (std::uint64_t i = 0; i < kept.size(); ++i)
    expect_equal(checksum(views[i]), expected(i, 8 * mebibyte),
                 fmt::format("view {}", i));
  views.clear();
  for (std::uint64_t i = 20; i < 30; ++i)
    kept.push_back(ray::put(made_of(i, 8 * mebibyte)));
  expect_equal(checksum(ray::get(kept[0])), expected(0, 8 * mebibyte),
               "the first one comes back");
}

/// All files are damaged: results are made again, what was put is lost.
void damaged() {
  constexpr std::size_t bytes = 4 * mebibyte;
  std::vector<ray::object_ref<words>> results;
  std::vector<ray::object_ref<words>> puts;
  for (std::uint64_t i = 0; i < 16; ++i) {
    results.push_back(ray::remote<make_there>(i, bytes));
    puts.push_back(ray::put(made_of(100 + i, bytes)));
  }
  ray::wait(results, results.size());
  say("made");
  wait_for_test();
  std::size_t lost = 0;
  for (std::uint64_t i = 0; i < puts.size(); ++i) {
    const auto start = std::chrono::steady_clock::now();
    try {
      expect_equal(checksum(ray::get(puts[i])), expected(100 + i, bytes),
                   fmt::format("put {}", i));
    } catch (const ray::object_lost&) {
      ++lost;
    }
    expect(cases::seconds_since(start) < 2,
           fmt::format("get of put {} took {:.1f} s", i,
                       cases::seconds_since(start)));
  }
  expect(lost > 0, "some puts are lost");
  puts.clear();
  for (std::uint64_t i = 0; i < results.size(); ++i)
    expect_equal(checksum(ray::get(results[i])), expected(i, bytes),
                 fmt::format("result {}", i));
  say(fmt::format("{} lost", lost));
}

/// The disk takes less than is put; then references go, and there is room.
void small_disk() {
  std::vector<ray::object_ref<words>> kept;
  auto last = std::chrono::steady_clock::now();
  cases::expect_throws<ray::object_store_full>(
    [&] {
      for (std::uint64_t i = 0; i < 60; ++i) {
        last = std::chrono::steady_clock::now();
        kept.push_back(ray::put(made_of(i, 4 * mebibyte)));
      }
    },
    "spill", "more than store and disk hold");
  expect(cases::seconds_since(last) < 2,
         fmt::format("it was told after {:.1f} s", cases::seconds_since(last)));
  expect(kept.size() > 18, fmt::format("{} fitted", kept.size()));
  for (std::uint64_t i = 0; i < kept.size(); i += 2)
    kept[i] = {};
  for (std::uint64_t i = 1; i < kept.size(); i += 2)
    expect_equal(checksum(ray::get(kept[i])), expected(i, 4 * mebibyte),
                 fmt::format("object {}", i));
  kept.push_back(ray::put(made_of(77, 4 * mebibyte)));
  expect_equal(checksum(ray::get(kept.back())), expected(77, 4 * mebibyte),
               "it works again");
}

/// Puts, reads, keeps views and lets go, until it is killed.
void churn() {
  say("begun");
  std::vector<ray::object_ref<words>> kept;
  std::vector<words> views;
  for (std::uint64_t i = 0;; ++i) {
    kept.push_back(i % 2 == 0 ? ray::put(made_of(i, 3 * mebibyte))
                              : ray::remote<make_there>(i, 3 * mebibyte));
    if (kept.size() > 50)
      kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(i * 7 % 50));
    views.push_back(ray::get(kept[i * 5 % kept.size()]));
    if (views.size() > 3)
      views.erase(views.begin());
    if (i == 60)
      say("full");
  }
}

std::uint64_t read_six(words a, words b, words c, words d, words e, words f) {
  return checksum(a) + checksum(b) + checksum(c) + checksum(d) + checksum(e)
         + checksum(f);
}

/// Arguments of one task that are more than the 80 % that stay filled.
void together() {
  constexpr std::size_t bytes = 9 * mebibyte;
  std::vector<ray::object_ref<words>> all;
  for (std::uint64_t i = 0; i < 18; ++i)
    all.push_back(ray::put(made_of(i, bytes)));
  std::vector<ray::object_ref<std::uint64_t>> sums;
  for (std::size_t i = 0; i < 18; i += 6)
    sums.push_back(ray::remote<read_six>(all[i], all[i + 1], all[i + 2],
                                         all[i + 3], all[i + 4], all[i + 5]));
  for (std::size_t i = 0; i < 18; i += 6) {
    std::uint64_t wanted = 0;
    for (auto seed = i; seed < i + 6; ++seed)
      wanted += expected(seed, bytes);
    expect_equal(ray::get(sums[i / 6], std::chrono::seconds{20}), wanted,
                 fmt::format("six from {} on", i));
  }
}

words attempt_there(std::size_t bytes) {
  const auto attempt = ray::runtime_context().attempt;
  return words::make(bytes / sizeof(std::uint64_t),
                     [attempt](std::span<std::uint64_t> room) {
                       for (auto& word : room)
                         word = static_cast<std::uint64_t>(attempt);
                     });
}

/// Keeps its argument in the arena until the test says so.
void hold_there(words, std::string pipe) {
  std::ofstream{pipe + ".held"};
  std::ifstream{pipe}.get();
}

/// Another node's object comes back from disk later than the bytes of one that
/// is there would be waited for.
void slow_restore() {
  const ray::with there{.resources = {{"there", 1}}};
  const auto first = ray::remote<attempt_there>(there, 40 * mebibyte);
  ray::wait(std::vector{first});
  const auto second = ray::remote<make_there>(there, 1, 40 * mebibyte);
  ray::wait(std::vector{second});
  const std::string pipe = std::getenv("RAYD_TEST_GO");
  const auto holder = ray::remote<hold_there>(there, second, pipe);
  while (!std::ifstream{pipe + ".held"})
    std::this_thread::yield();
  say("asks");
  const auto values = ray::get(first);
  say("read");
  expect_equal(std::span<const std::uint64_t>{values}[77], 0u,
               "the attempt that made it");
  ray::get(holder);
}

constexpr cases::entry all_cases[]{
  {"quadruple", &quadruple}, {"pinned", &pinned},
  {"damaged", &damaged},     {"small_disk", &small_disk},
  {"churn", &churn},         {"together", &together},
  {"slow_restore", &slow_restore},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all_cases);
}
