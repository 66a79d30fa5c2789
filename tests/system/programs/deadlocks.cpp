// Tasks that wait for each other. Each case ends its deadlock when GO_FILE is
// there.

#include "cases.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using cases::expect_throws;
using cases::say;

namespace {

void wait_for_file() {
  const std::filesystem::path path{std::getenv("GO_FILE")};
  while (!std::filesystem::exists(path))
    std::this_thread::sleep_for(5ms);
}

template <class T>
void say_id(const std::string& name, const ray::object_ref<T>& ref) {
  const auto& id = ref.handle().id();
  say(fmt::format("{} {:016x}{:016x}", name, id.hi, id.lo));
}

class Teller {
public:
  int slowly() {
    std::this_thread::sleep_for(4s);
    return 1;
  }

  int wait_for_slow(const ray::actor<Teller>& other) {
    return ray::get(other.call<&Teller::slowly>());
  }

  /// Passes through the others in turn.
  int through(std::vector<ray::actor<Teller>> way) {
    if (way.empty())
      return 1;
    const auto next = way.back();
    way.pop_back();
    return ray::get(next.call<&Teller::through>(way));
  }
};

int task_through(const std::vector<ray::actor<Teller>>& way) {
  return Teller{}.through(way);
}

void end(const ray::actor<Teller>& one, const ray::object_ref<int>& call) {
  wait_for_file();
  ray::kill(one);
  try {
    ray::get(call, 10s);
    cases::expect(false, "its call has a result");
  } catch (const std::exception&) {
    // As an actor that died, or what came of that in another one.
  }
}

/// On two nodes, seen by a task that waits for it.
void actors() {
  const auto away = ray::with{.resources = {{"away", 1}}};
  const auto a = ray::spawn<Teller>();
  const auto b = ray::spawn<Teller>(away);
  const auto call
    = ray::remote<task_through>(std::vector<ray::actor<Teller>>{a, b, a});
  say_id("call", call);
  end(b, call);
}

void itself() {
  const auto a = ray::spawn<Teller>();
  const auto call
    = a.call<&Teller::through>(std::vector<ray::actor<Teller>>{a});
  say_id("call", call);
  end(a, call);
}

int use_lathe(int children) {
  if (children == 0)
    return 1;
  return ray::get(ray::remote<use_lathe>(
    ray::with{.num_cpus = 1, .resources = {{"lathe", 1}}}, children - 1));
}

void resource() {
  const auto parent = ray::remote<use_lathe>(
    ray::with{.num_cpus = 1, .resources = {{"lathe", 1}}}, 1);
  say_id("call", parent);
  wait_for_file();
  ray::cancel(parent, true);
  expect_throws<ray::cancelled>([&] { ray::get(parent, 10s); }, "", "it");
}

int nested(int depth) {
  if (depth == 0) {
    std::this_thread::sleep_for(4s);
    return 0;
  }
  return 1 + ray::get(ray::remote<nested>(depth - 1));
}

/// Long waits without a deadlock: tasks, an actor that others wait for, and
/// one that frees what others wait for.
void slow() {
  const auto a = ray::spawn<Teller>();
  const auto b = ray::spawn<Teller>();
  const auto deep = ray::remote<nested>(5);
  std::vector<ray::object_ref<int>> calls;
  for (int i = 0; i < 2; ++i)
    calls.push_back(a.call<&Teller::wait_for_slow>(b));
  const auto lathe = ray::remote<use_lathe>(
    ray::with{.num_cpus = 1, .resources = {{"lathe", 1}}}, 0);
  cases::expect_equal(ray::get(deep), 5, "nested tasks");
  cases::expect_equal(ray::get(lathe), 1, "the lathe");
  for (const int value : ray::get(calls))
    cases::expect_equal(value, 1, "the actors");
}

constexpr cases::entry all[]{
  {"actors", &actors},
  {"itself", &itself},
  {"resource", &resource},
  {"slow", &slow},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
