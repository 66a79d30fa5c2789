// Counts and measures by ray::metrics in tasks, an actor and its driver.
// metrics_user count N FILE: N tasks, then "ready"; ends when FILE exists.
// metrics_user rate N: N rounds: how fast tasks are, without and with add().
// metrics_user cost: what one add() costs.
#include <ray/ray.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using std::chrono::steady_clock;

inline const ray::metrics::counter hits{"hits", "Tasks that ran."};
inline const ray::metrics::counter halves{"halves", "Tasks by parity."};
inline const ray::metrics::gauge depth{"depth", "How deep."};
inline const ray::metrics::histogram sizes{"sizes", "By size.", {10, 100}};

int plain(int x) {
  return x;
}

int counted(int x) {
  hits.add();
  return x;
}

int parity(int x) {
  hits.add();
  halves.tagged({{"parity", x % 2 == 0 ? "even" : "odd"}}).add(0.5);
  sizes.observe(x);
  return x;
}

class diver {
public:
  int dive(int to) {
    depth.set(to);
    hits.tagged({{"by", "actor"}}).add();
    return to;
  }
};

double seconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

template <auto Function>
double rate(int count) {
  const auto start = steady_clock::now();
  std::vector<ray::object_ref<int>> refs;
  refs.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    refs.push_back(ray::remote<Function>(i));
  ray::get(refs);
  return count / seconds_since(start);
}

template <auto Function>
double latency_us(int count) {
  const auto start = steady_clock::now();
  for (int i = 0; i < count; ++i)
    ray::get(ray::remote<Function>(i));
  return seconds_since(start) * 1e6 / count;
}

/// The best of many short rounds, for others use the machine, too; each goes
/// first as often as the other.
void show_rates(int rounds) {
  double (*const rates_of[])(int) = {rate<plain>, rate<counted>};
  double (*const latencies_of[])(int) = {latency_us<plain>,
                                         latency_us<counted>};
  double rates[2] = {0, 0};
  double latencies[2] = {1e9, 1e9};
  for (int turn = 0; turn < 2 * rounds; ++turn) {
    const int which = (turn + turn / 2) % 2;
    rates[which] = std::max(rates[which], rates_of[which](20'000));
    latencies[which] = std::min(latencies[which], latencies_of[which](1000));
  }
  std::printf("plain %.0f/s %.2f us, counted %.0f/s %.2f us\n", rates[0],
              latencies[0], rates[1], latencies[1]);
}

void show_cost() {
  constexpr int times = 20'000'000;
  const auto cost = [](auto action) {
    const auto start = steady_clock::now();
    for (int i = 0; i < times; ++i)
      action(i);
    return seconds_since(start) * 1e9 / times;
  };
  const auto even = halves.tagged({{"parity", "even"}});
  for (int round = 0; round < 3; ++round)
    std::printf("add %.1f ns, add of tagged %.1f ns, set %.1f ns, observe "
                "%.1f ns\n",
                cost([](int) { hits.add(); }),
                cost([&](int) { even.add(); }),
                cost([](int i) { depth.set(i); }),
                cost([](int i) { sizes.observe(i & 127); }));
}

int count(int tasks, const std::string& file) {
  std::vector<ray::object_ref<int>> refs;
  for (int i = 0; i < tasks; ++i)
    refs.push_back(ray::remote<parity>(
      ray::with{.scheduling = ray::spread{}}, i));
  ray::get(refs);
  hits.tagged({{"by", "driver"}}).add(5);
  auto one = ray::spawn<diver>(ray::with{.num_cpus = 0});
  auto other = ray::spawn<diver>(ray::with{.num_cpus = 0});
  ray::get(one.call<&diver::dive>(9));
  ray::get(one.call<&diver::dive>(7));
  ray::get(other.call<&diver::dive>(4));
  std::puts("ready");
  std::fflush(stdout);
  while (!std::filesystem::exists(file))
    std::this_thread::sleep_for(5ms);
  // The last of them, right before the end.
  ray::get(ray::remote<counted>(1));
  hits.tagged({{"by", "driver"}}).add(1);
  return 0;
}

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "cost") {
    show_cost();
    return 0;
  }
  if (argc < 3)
    return 2;
  auto session = ray::init(argc, argv);
  const int number = std::stoi(argv[2]);
  if (what == "rate")
    show_rates(number);
  return what == "count" && argc > 3 ? count(number, argv[3]) : 0;
}
