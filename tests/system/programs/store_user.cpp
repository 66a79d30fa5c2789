// Objects in the store: sizes, sharing, and what a killed user leaves.

#include "cases.hpp"

#include <fstream>
#include <numeric>
#include <random>
#include <sstream>
#include <string>
#include <vector>

using cases::expect;
using cases::expect_equal;
using cases::expect_throws;
using cases::say;

namespace {

using words = ray::array<std::uint64_t>;

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t large = 256 * mebibyte / sizeof(std::uint64_t);

/// Bytes of private memory of this process.
std::size_t private_bytes() {
  std::ifstream rollup{"/proc/self/smaps_rollup"};
  std::size_t sum = 0;
  for (std::string line; std::getline(rollup, line);) {
    std::istringstream fields{line};
    std::string name;
    std::size_t kibibytes = 0;
    if (fields >> name >> kibibytes
        && (name == "Private_Clean:" || name == "Private_Dirty:"))
      sum += kibibytes * 1024;
  }
  return sum;
}

std::uint64_t sum_of(std::span<const std::uint64_t> values) {
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

/// Growth of private memory while all of *values* is read, and their sum.
std::pair<std::size_t, std::uint64_t>
read_all(std::span<const std::uint64_t> values) {
  const auto before = private_bytes();
  const auto sum = sum_of(values);
  const auto after = private_bytes();
  return {after > before ? after - before : 0, sum};
}

words counted(std::size_t count) {
  return words::make(count, [](std::span<std::uint64_t> room) {
    std::iota(room.begin(), room.end(), 0);
  });
}

void zero_copy() {
  const auto before = private_bytes();
  const auto made = counted(large);
  const auto ref = ray::put(made);
  const auto [here, sum] = read_all(ray::get(ref));
  expect_equal(sum, std::uint64_t{large} * (large - 1) / 2, "the driver's sum");
  const auto [there, again] = ray::get(ray::remote<read_all>(ref));
  expect_equal(again, sum, "the task's sum");
  expect(ray::get(ref).data() == made.data(), "get gives the same memory");
  expect(here < mebibyte, fmt::format("reading cost {} bytes here", here));
  expect(there < mebibyte, fmt::format("reading cost {} bytes there", there));
  const auto now = private_bytes();
  const auto grown = now - std::min(before, now);
  expect(grown < 4 * mebibyte, fmt::format("the driver grew by {}", grown));
}

void full() {
  expect_throws<ray::object_store_full>(
    [] { ray::put(std::string(80 * mebibyte, 'x')); },
    "more than the whole object store", "an object larger than the store");
  // Views: what nobody looks at goes to disk.
  std::vector<words> kept;
  expect_throws<ray::object_store_full>(
    [&] {
      for (int i = 0; i < 20; ++i)
        kept.push_back(counted(8 * mebibyte / sizeof(std::uint64_t)));
    },
    "", "more than fits");
  expect(kept.size() >= 6,
         fmt::format("{} objects of 8 MiB fitted in 64 MiB", kept.size()));
  kept.clear();
  expect_equal(ray::get(ray::put(std::string(8 * mebibyte, 'y'))).size(),
               8 * mebibyte, "room again after the references went");
  expect_throws<ray::object_store_full>(
    [] {
      ray::get(ray::remote<[](std::size_t n) { return std::string(n, 'z'); }>(
        80 * mebibyte));
    },
    "", "a result larger than the store");
}

std::uint64_t keep(words values) {
  return values.size();
}

/// Creates, writes, seals, gets, passes on and releases until it is killed.
void churn() {
  std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<std::size_t> sizes{1, 500'000};
  say("begun");
  std::vector<ray::object_ref<words>> kept;
  for (std::size_t i = 0;; ++i) {
    auto made = counted(i % 2 == 0 ? sizes(random) : sizes(random) / 2000 + 1);
    kept.push_back(ray::put(made));
    if (i % 8 == 3)
      ray::remote<keep>(kept.back());
    if (i % 5 == 1)
      (void)ray::get(kept[random() % kept.size()]);
    if (kept.size() > 8)
      kept.erase(kept.begin()
                 + static_cast<std::ptrdiff_t>(random() % kept.size()));
  }
}

/// Takes the 128 MiB of the store but for what a client has as spare room.
void whole() {
  const auto ref = ray::put(counted(112 * mebibyte / sizeof(std::uint64_t)));
  expect_equal(ray::get(ref).size(), 112 * mebibyte / sizeof(std::uint64_t),
               "one object of nearly all of the store");
}

constexpr cases::entry all[]{
  {"zero_copy", &zero_copy},
  {"full", &full},
  {"churn", &churn},
  {"whole", &whole},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
