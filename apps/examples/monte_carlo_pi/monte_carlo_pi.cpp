// Monte Carlo pi: of random points in a square, how many lie in the circle
// inside it? Independent tasks, whose results are used as they come.
#include <ray/ray.hpp>

#include <fmt/core.h>

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

constexpr std::uint64_t batches = 32;
constexpr std::uint64_t points_per_batch = 1'000'000;

// A task depends on nothing but its arguments: with the seed given, it has the
// same result on every machine and when it has to run again.
std::uint64_t points_in_circle(std::uint64_t points, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::uniform_real_distribution<double> coordinate{-1.0, 1.0};
  std::uint64_t inside = 0;
  for (std::uint64_t i = 0; i < points; ++i) {
    const double x = coordinate(random);
    const double y = coordinate(random);
    if (x * x + y * y <= 1.0)
      ++inside;
  }
  return inside;
}

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);

  std::vector<ray::object_ref<std::uint64_t>> pending;
  for (std::uint64_t seed = 0; seed < batches; ++seed)
    pending.push_back(ray::remote<points_in_circle>(points_per_batch, seed));

  std::uint64_t inside = 0;
  std::uint64_t points = 0;
  while (!pending.empty()) {
    // The first eight that are ready, whichever they are.
    auto [ready, rest] = ray::wait(pending, 8);
    for (const auto count : ray::get(ready)) {
      inside += count;
      points += points_per_batch;
    }
    pending = std::move(rest);
    const double part = static_cast<double>(inside) / static_cast<double>(points);
    fmt::print("{:>8} points: pi is about {:.3f}\n", points, 4.0 * part);
  }
}
