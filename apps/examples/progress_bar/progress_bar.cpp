// Prime numbers below a million, a part per task, with a bar that shows how
// many parts are done.
//
//   RAY_NUM_CPUS=4 progress_bar

#include <ray/ray.hpp>

#include <fmt/core.h>

#include <cstdint>
#include <vector>

// Numbers from first to last - 1 that are prime.
int count_primes(std::int64_t first, std::int64_t last) {
  int primes = 0;
  for (auto n = first; n < last; ++n) {
    bool prime = n > 1;
    for (std::int64_t d = 2; prime && d * d <= n; ++d)
      prime = n % d != 0;
    primes += prime ? 1 : 0;
  }
  return primes;
}

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);
  constexpr std::int64_t limit = 1'000'000;
  constexpr std::int64_t parts = 50;

  std::vector<ray::object_ref<int>> counts;
  for (std::int64_t i = 0; i < parts; ++i)
    counts.push_back(ray::remote<count_primes>(limit / parts * i,
                                               limit / parts * (i + 1)));

  // In the order in which they come; the bar is drawn on standard error.
  int primes = 0;
  for (auto& count : ray::progress("counting primes", counts))
    primes += ray::get(count);
  fmt::print("{} primes below {}\n", primes, limit);
}
