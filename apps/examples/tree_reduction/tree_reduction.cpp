// Tree reduction: values are added in pairs, the sums in pairs, and so on. The
// whole tree is handed over at once; each addition waits for its two inputs.
#include <ray/ray.hpp>

#include <fmt/core.h>

#include <numeric>
#include <utility>
#include <vector>

using numbers = std::vector<long>;

numbers make_block(long first, long size) {
  numbers block(static_cast<std::size_t>(size));
  std::iota(block.begin(), block.end(), first);
  return block;
}

long sum(const numbers& block) {
  return std::accumulate(block.begin(), block.end(), 0L);
}

long add(long left, long right) {
  return left + right;
}

int main(int argc, char** argv) {
  constexpr long blocks = 64;
  constexpr long block_size = 10'000;
  auto session = ray::init(argc, argv);

  std::vector<ray::object_ref<long>> level;
  for (long i = 0; i < blocks; ++i)
    // A reference where a value is expected is a dependency: sum starts when
    // the block is there, and the block never comes to this process.
    level.push_back(
      ray::remote<sum>(ray::remote<make_block>(i * block_size, block_size)));

  int levels = 0;
  while (level.size() > 1) {
    std::vector<ray::object_ref<long>> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2)
      next.push_back(ray::remote<add>(level[i], level[i + 1]));
    if (level.size() % 2 == 1)
      next.push_back(level.back());
    level = std::move(next);
    ++levels;
  }
  fmt::print("{} blocks are added in {} levels\n", blocks, levels);

  // Nothing was waited for until here.
  constexpr long count = blocks * block_size;
  fmt::print("sum {}, expected {}\n", ray::get(level.front()),
             count * (count - 1) / 2);
}
