// Rows of rayd's microbenchmark with Ray's C++ API, one row per run of this
// program. Usage: rows LIBRARY ROW SECONDS RUNS, with RAY_ADDRESS set. LIBRARY
// is this file as a shared library, which Ray's workers load. Each case prints
// one line of JSON; tests/benchmarks/compare.py says what the fields mean.
#include <ray/api.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

using steady = std::chrono::steady_clock;

static double seconds_since(steady::time_point start) {
  return std::chrono::duration<double>(steady::now() - start).count();
}

// -- what runs in workers -----------------------------------------------------

int same_number(int x) {
  return x;
}

class adder {
public:
  static adder* create() { return new adder; }
  int add(int by) { return total_ += by; }

private:
  int total_ = 0;
};

/// A copy into reserved room: moving an ObjectRef gives its object up before it
/// takes it again, and the object is lost when nobody else held it.
template <class T>
static void keep(std::vector<ray::ObjectRef<T>>& refs,
                 const ray::ObjectRef<T>& ref) {
  refs.push_back(ref);
}

template <class T>
static std::vector<ray::ObjectRef<T>> room_for(int count) {
  std::vector<ray::ObjectRef<T>> refs;
  refs.reserve(static_cast<size_t>(count));
  return refs;
}

static int add_up(const std::vector<ray::ObjectRef<int>>& refs) {
  int count = 0;
  for (const auto& value : ray::Get(refs))
    count += value != nullptr;
  return count;
}

/// Submits from a process of its own.
class submitter {
public:
  static submitter* create() { return new submitter; }

  /// Handles of actors cannot be passed in this API: names can.
  int know(int count) {
    for (int i = 0; i < count; ++i)
      targets_.push_back(*ray::GetActor<adder>("t" + std::to_string(i)));
    return count;
  }

  int tasks(int count) {
    auto refs = room_for<int>(count);
    for (int i = 0; i < count; ++i)
      keep(refs, ray::Task(same_number).Remote(i));
    return add_up(refs);
  }

  int calls(int count) {
    auto refs = room_for<int>(count);
    for (int i = 0; i < count; ++i)
      keep(refs, targets_[static_cast<size_t>(i) % targets_.size()]
                   .Task(&adder::add).Remote(1));
    return add_up(refs);
  }

private:
  std::vector<ray::ActorHandle<adder>> targets_;
};

RAY_REMOTE(same_number);
RAY_REMOTE(adder::create, &adder::add);
RAY_REMOTE(submitter::create, &submitter::know, &submitter::tasks,
           &submitter::calls);

// -- measuring ----------------------------------------------------------------

struct plan {
  double seconds;
  int runs;
};

static std::string list(const std::vector<double>& values) {
  std::string text = "[";
  for (double value : values)
    text += (text.size() > 1 ? ", " : "") + std::to_string(value);
  return text + "]";
}

static void print(int row, const std::string& variant, const std::string& unit,
                  const std::vector<double>& values,
                  const std::string& more = "") {
  std::cout << "{\"row\": " << row << ", \"case\": \"" << variant
            << "\", \"api\": \"C++\", \"unit\": \"" << unit
            << "\", \"values\": " << list(values) << more << "}" << std::endl;
}

/// *batch* does *count* operations.
static void rate(int row, const plan& how, int count,
                 const std::function<void()>& batch) {
  const auto warm = steady::now();
  do
    batch();
  while (seconds_since(warm) < std::min(1.0, how.seconds));
  std::vector<double> rates;
  for (int run = 0; run < how.runs; ++run) {
    const auto start = steady::now();
    double done = 0;
    do {
      batch();
      done += count;
    } while (seconds_since(start) < how.seconds);
    rates.push_back(done / seconds_since(start));
  }
  print(row, "", "1/s", rates);
}

static double part(std::vector<double>& sorted, double share) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<size_t>(share * sorted.size()))];
}

static void latency(int row, const std::string& variant, const plan& how,
                    const std::function<void()>& once) {
  const auto warm = steady::now();
  do
    once();
  while (seconds_since(warm) < std::min(1.0, how.seconds));
  std::vector<double> medians, p99s;
  for (int run = 0; run < how.runs; ++run) {
    std::vector<double> times;
    const auto start = steady::now();
    do {
      const auto begin = steady::now();
      once();
      times.push_back(seconds_since(begin) * 1e6);
    } while (seconds_since(start) < how.seconds);
    std::sort(times.begin(), times.end());
    medians.push_back(part(times, 0.5));
    p99s.push_back(part(times, 0.99));
  }
  print(row, variant, "us", medians, ", \"p99\": " + list(p99s));
}

// -- rows ---------------------------------------------------------------------

constexpr int batch_size = 10'000;
constexpr int pairs = 4;

static std::vector<ray::ActorHandle<submitter>> make_submitters() {
  std::vector<ray::ActorHandle<submitter>> made;
  for (int i = 0; i < pairs; ++i)
    made.push_back(ray::Actor(submitter::create).Remote());
  return made;
}

template <class Method>
static void all_submit(std::vector<ray::ActorHandle<submitter>>& actors,
                       Method method) {
  auto done = room_for<int>(pairs);
  for (auto& actor : actors)
    keep(done, actor.Task(method).Remote(batch_size / pairs));
  for (const auto& count : ray::Get(done))
    if (*count != batch_size / pairs)
      std::cerr << "only " << *count << " came back\n";
}

static void tasks(int row, const plan& how) {
  if (row == 1)
    return latency(row, "", how,
                   [] { ray::Get(ray::Task(same_number).Remote(1)); });
  if (row == 2)
    return rate(row, how, batch_size, [] {
      auto refs = room_for<int>(batch_size);
      for (int i = 0; i < batch_size; ++i)
        keep(refs, ray::Task(same_number).Remote(i));
      add_up(refs);
    });
  auto submitters = make_submitters();
  rate(row, how, batch_size,
       [&] { all_submit(submitters, &submitter::tasks); });
}

static void actors(int row, const plan& how) {
  if (row == 6) {
    std::vector<ray::ActorHandle<adder>> targets;
    for (int i = 0; i < pairs; ++i) {
      targets.push_back(ray::Actor(adder::create)
                          .SetName("t" + std::to_string(i)).Remote());
      ray::Get(targets.back().Task(&adder::add).Remote(1));
    }
    auto submitters = make_submitters();
    for (auto& actor : submitters)
      ray::Get(actor.Task(&submitter::know).Remote(pairs));
    return rate(row, how, batch_size,
                [&] { all_submit(submitters, &submitter::calls); });
  }
  auto target = ray::Actor(adder::create).Remote();
  if (row == 4)
    return latency(row, "", how,
                   [&] { ray::Get(target.Task(&adder::add).Remote(1)); });
  rate(row, how, batch_size, [&] {
    auto refs = room_for<int>(batch_size);
    for (int i = 0; i < batch_size; ++i)
      keep(refs, target.Task(&adder::add).Remote(1));
    add_up(refs);
  });
}

static void small_objects(int row, const plan& how) {
  const std::string text(1024, 'x');
  if (row == 8)
    return rate(row, how, batch_size, [&] {
      auto refs = room_for<std::string>(batch_size);
      for (int i = 0; i < batch_size; ++i)
        keep(refs, ray::Put(text));
    });
  auto ref = ray::Put(text);
  rate(row, how, batch_size, [&] {
    for (int i = 0; i < batch_size; ++i)
      ray::Get(ref);
  });
}

static void large_objects(int row, const plan& how) {
  const std::vector<char> bytes(size_t{1} << 30, 'x');
  if (row == 10) {
    std::vector<double> rates;
    for (int run = 0; run <= how.runs; ++run) {
      const auto start = steady::now();
      auto ref = ray::Put(bytes);
      rates.push_back(static_cast<double>(bytes.size()) / 1e9
                      / seconds_since(start));
    }
    print(row, "cold", "GB/s", {rates.front()});
    return print(row, "", "GB/s", {rates.begin() + 1, rates.end()});
  }
  auto small = ray::Put(std::vector<char>(1024, 'x'));
  latency(row, "1 KiB", how, [&] { ray::Get(small); });
  auto large = ray::Put(bytes);
  // One takes seconds: it copies.
  latency(row, "1 GiB", {0, how.runs}, [&] { ray::Get(large); });
}

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: rows LIBRARY ROW SECONDS RUNS\n";
    return 2;
  }
  const int row = std::stoi(argv[2]);
  const plan how{std::stod(argv[3]), std::stoi(argv[4])};
  ray::RayConfig config;
  config.code_search_path = {argv[1]};
  ray::Init(config);
  switch (row) {
    case 1: case 2: case 3: tasks(row, how); break;
    case 4: case 5: case 6: actors(row, how); break;
    case 8: case 9: small_objects(row, how); break;
    case 10: case 11: large_objects(row, how); break;
    case 18: ray::Get(ray::Task(same_number).Remote(1)); break;
    default: std::cerr << "there is no row " << row << "\n"; return 2;
  }
  std::cout << "done" << std::endl;
  if (row != 18)
    ray::Shutdown();
  // Its destructors may crash or hang.
  _exit(0);
}
