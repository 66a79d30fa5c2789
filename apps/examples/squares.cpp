// squares.cpp: ten 1-second tasks; about 1.0 s with 10 CPU slots (RAY_NUM_CPUS=10 ./squares), serial would be 10 s
#include <ray/ray.hpp>
#include <fmt/core.h>
#include <chrono>
#include <thread>
#include <vector>

int compute_square(int x) {
  std::this_thread::sleep_for(std::chrono::seconds{1});
  return x * x;
}

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);
  auto start = std::chrono::steady_clock::now();
  std::vector<ray::object_ref<int>> refs;
  for (int i = 0; i < 10; ++i)
    refs.push_back(ray::remote<compute_square>(i));
  for (int value : ray::get(refs))
    fmt::print("{} ", value);
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  fmt::print("\n{:.4f} s\n", elapsed.count());
}
