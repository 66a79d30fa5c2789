// Functions of every kind, from every kind of file, as tasks.

#include "../cases.hpp"
#include "parts.hpp"

#include <cstdlib>
#include <map>
#include <stdexcept>
#include <tuple>
#include <vector>

using cases::expect;
using cases::expect_equal;
using cases::expect_throws;

namespace {

int half(int x) {
  return x / 2;
}

double half(double x) {
  return x / 2;
}

template <class T>
T scale(T x, T by) {
  return x * by;
}

int twice(int x) noexcept {
  return 2 * x;
}

void kinds() {
  expect_equal(ray::get(ray::remote<static_cast<int (*)(int)>(half)>(5)), 2,
               "an overload for int");
  expect_equal(ray::get(ray::remote<static_cast<double (*)(double)>(half)>(5)),
               2.5, "an overload for double");
  expect_equal(ray::get(ray::remote<scale<double>>(1.5, 2.0)), 3.0,
               "a template of double");
  expect_equal(ray::get(ray::remote<scale<int>>(2, 3)), 6,
               "a template of int");
  expect_equal(ray::get(ray::remote<[](int x) { return 3 * x; }>(5)), 15,
               "a lambda");
  expect_equal(ray::get(ray::remote<[](int x) { return 4 * x; }>(5)), 20,
               "another lambda");
  expect_equal(ray::get(ray::remote<twice>(21)), 42, "a noexcept function");
}

void files() {
  expect_equal(ray::get(call_twin_a(1)), std::string{"a 1"},
               "a name in one file");
  expect_equal(ray::get(call_twin_b(1)), std::string{"b 1"},
               "the same name in another file");
  expect_equal(ray::get(call_static(7)), 107, "a function of a static library");
  expect_equal(ray::get(ray::remote<in_static>(8)), 108,
               "the same from the program");
  expect_equal(ray::get(call_shared(7)), 207, "a function of a shared library");
  expect_equal(ray::get(ray::remote<in_shared>(8)), 208,
               "the same from the program");
}

// -- exceptions ---------------------------------------------------------------

int first(int x) {
  throw std::out_of_range("no " + std::to_string(x));
}

int second(int x) {
  return x + 1;
}

int third(int x) {
  return x + 2;
}

int asks(int x) {
  return ray::get(ray::remote<second>(ray::remote<first>(x)));
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void chains() {
  const auto thrown = ray::remote<first>(4);
  const auto passed = ray::remote<third>(ray::remote<second>(thrown));
  try {
    (void)ray::get(passed);
    expect(false, "nothing was thrown");
  } catch (const ray::task_error& error) {
    expect(has(error.function(), "first"), "the function that threw");
    expect_equal(error.message(), std::string{"no 4"}, "its words");
    expect_equal(error.type(), std::string{"std::out_of_range"}, "its type");
    const auto& chain = error.chain();
    expect(chain.size() == 3 && has(chain[0], "first")
             && has(chain[1], "second") && has(chain[2], "third"),
           fmt::format("three tasks in the chain, not {}", chain.size()));
  }
  expect_throws<std::out_of_range>([&] { (void)ray::get(passed); }, "no 4",
                                   "its standard type");
  try {
    (void)ray::get(ray::remote<asks>(5));
    expect(false, "nothing was thrown");
  } catch (const ray::task_error& error) {
    const auto& chain = error.chain();
    expect(chain.size() == 3 && has(chain[0], "first")
             && has(chain[1], "second") && has(chain[2], "asks"),
           fmt::format("a get in a task is in the chain of {}", chain.size()));
  }
}

// -- unpack -------------------------------------------------------------------

std::tuple<int, std::string, std::vector<double>> three(int x) {
  if (x < 0)
    throw std::invalid_argument("below zero");
  return {x, std::to_string(x), std::vector<double>(100'000, x)};
}

std::size_t size_of(const std::vector<double>& values) {
  return values.size();
}

void unpacked() {
  const auto [number, text, values] = ray::unpack(ray::remote<three>(7));
  expect_equal(ray::get(text), std::string{"7"}, "the second part");
  expect_equal(ray::get(number), 7, "the first part");
  expect_equal(ray::get(ray::remote<size_of>(values)), std::size_t{100'000},
               "a part as a dependency");
  const auto bad = ray::unpack(ray::remote<three>(-1));
  expect_throws<std::invalid_argument>(
    [&] { (void)ray::get(std::get<0>(bad)); }, "below zero", "a failed part");
  expect_throws<std::invalid_argument>(
    [&] { (void)ray::get(std::get<2>(bad)); }, "below zero", "each part");
}

// -- resources ----------------------------------------------------------------

std::map<std::string, double> assigned(int) {
  return ray::runtime_context().assigned_resources;
}

std::string variable(std::string name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? value : "";
}

void resources() {
  const auto all = ray::cluster_resources();
  expect(all.at("CPU") == 2, "two CPUs in the cluster");
  expect(all.at("memory") > 1e6, "memory in the cluster");
  const auto free = ray::available_resources();
  expect(free.contains("memory") && free.at("memory") <= all.at("memory"),
         "memory that is free");
  constexpr std::uint64_t mib = 1 << 20;
  const auto held = ray::get(
    ray::remote<assigned>(ray::with{.num_cpus = 0.25, .memory = mib}, 0));
  expect(held.at("memory") == mib, "a task's memory");
  expect(held.at("CPU") == 0.25, "a quarter of a CPU");
  const auto never = ray::remote<assigned>(
    ray::with{.memory = std::uint64_t{1} << 48}, 0);
  expect(ray::wait(std::vector{never}, 1, std::chrono::milliseconds{100})
           .ready.empty(),
         "more memory than there is");
  const char* given = std::getenv("OMP_NUM_THREADS");
  expect_equal(ray::get(ray::remote<variable>("OMP_NUM_THREADS")),
               std::string{given != nullptr ? given : "1"},
               "OMP_NUM_THREADS of a worker");
}

constexpr cases::entry all[]{{"resources", &resources},
                             {"kinds", &kinds},
                             {"files", &files},
                             {"chains", &chains},
                             {"unpacked", &unpacked}};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
