// What a process sees of the options num_gpus, num_cpus and env.

#include "cases.hpp"

#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace std::chrono_literals;
using cases::expect;
using cases::expect_equal;
using cases::expect_throws;

namespace {

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "unset" : value;
}

// Initialised before main.
const std::string at_start = variable("GREETING");

std::string greeting() {
  return at_start + " " + variable("GREETING");
}

std::string gpus(const std::string& name) {
  return name + variable("CUDA_VISIBLE_DEVICES");
}

/// As many as OpenMP starts, if this program is made with it.
std::string openmp_threads() {
#ifdef _OPENMP
  return std::to_string(omp_get_max_threads());
#else
  return variable("OMP_NUM_THREADS");
#endif
}

/// Its first process is killed while it has the GPUs.
std::string killed_once() {
  if (ray::runtime_context().attempt == 0)
    ::kill(::getpid(), SIGKILL);
  return variable("CUDA_VISIBLE_DEVICES");
}

std::string gpu_holder_calls() {
  const auto mine = variable("CUDA_VISIBLE_DEVICES");
  const auto other
    = ray::remote<gpus>(ray::with{.num_gpus = 1}, std::string{});
  return mine + " and " + ray::get(other);
}

class Painter {
public:
  std::string sees() const { return variable("CUDA_VISIBLE_DEVICES"); }
  double assigned() const {
    return ray::runtime_context().assigned_resources.at("GPU");
  }
  std::string greets() const { return greeting(); }
};

void env() {
  const auto with = [](const std::string& value) {
    return ray::with{.env = {{"GREETING", value}, {"EMPTY", ""}}};
  };
  const auto a = ray::remote<greeting>(with("hello"));
  const auto b = ray::remote<greeting>(with("good day"));
  const auto none = ray::remote<greeting>();
  expect_equal(ray::get(a), "hello hello", "a task's");
  expect_equal(ray::get(b), "good day good day", "another one's");
  expect_equal(ray::get(none), "unset unset", "a task's without any");
  expect_equal(ray::get(ray::remote<variable>(with("x"), std::string{"EMPTY"})),
               "", "an empty one");
  const auto painter = ray::spawn<Painter>(with("actor"));
  expect_equal(ray::get(painter.call<&Painter::greets>()), "actor actor",
               "an actor's");
  for (const char* bad : {"", "A=B", "RAYD_JOB"})
    expect_throws<ray::wrong_type>(
      [&] { ray::remote<greeting>(ray::with{.env = {{bad, "x"}}}); },
      "ray::with::env", std::string{"the name "} + bad);
}

void gpu_ids() {
  const ray::with one{.num_gpus = 1};
  const ray::with share{.num_gpus = 0.5};
  const auto of = [](const ray::with& options) {
    return ray::get(ray::remote<gpus>(options, std::string{}));
  };
  expect_equal(of({}), "", "without a GPU");
  expect_equal(of({.num_gpus = 2}), "2,7", "both");
  expect_equal(of({.num_gpus = 1}).size(), 1u, "one");
  const auto painter = ray::spawn<Painter>(one);
  const auto hers = ray::get(painter.call<&Painter::sees>());
  expect_equal(ray::get(painter.call<&Painter::assigned>()), 1.0,
               "assigned_resources");
  const std::string others = hers == "2" ? "7" : "2";
  expect_equal(of(share), others, "what an actor has is nobody else's");
  const auto a = ray::spawn<Painter>(share);
  const auto b = ray::spawn<Painter>(share);
  expect_equal(ray::get(a.call<&Painter::sees>()), others, "a share");
  expect_equal(ray::get(b.call<&Painter::sees>()), others, "another share");
  const auto late = ray::remote<gpus>(one, std::string{});
  expect_throws<ray::get_timeout>([&] { ray::get(late, 300ms); }, "",
                                  "none is left");
  ray::kill(painter);
  expect_equal(ray::get(late), hers, "once the actor has ended");
  expect_throws<ray::wrong_type>(
    [] { ray::remote<gpus>(ray::with{.num_gpus = 1.5}, std::string{}); },
    "num_gpus", "one and a half");
}

/// A blocked task keeps its GPU, its child has the other one.
void gpu_blocked() {
  const auto said
    = ray::get(ray::remote<gpu_holder_calls>(ray::with{.num_gpus = 1}), 20s);
  expect(said == "2 and 7" || said == "7 and 2", "who has which: " + said);
}

/// All GPUs come back, with the process's accounts, when it is killed.
void gpu_killed() {
  const ray::with both{.num_gpus = 2};
  for (int i = 0; i < 3; ++i)
    expect_equal(ray::get(ray::remote<killed_once>(both), 20s), "2,7",
                 "both, once more");
  const auto painter = ray::spawn<Painter>(both);
  ray::get(painter.call<&Painter::sees>());
  ray::kill(painter);
  expect_equal(ray::get(ray::remote<gpus>(both, std::string{}), 20s), "2,7",
               "after an actor");
}

/// Of a private cluster that main() asks for with two GPUs.
void own_gpus() {
  expect_equal(ray::cluster_resources().at("GPU"), 2.0, "in all");
  expect_equal(
    ray::get(ray::remote<gpus>(ray::with{.num_gpus = 2}, std::string{})),
    "0,1", "both");
}

void threads() {
  const auto of = [](double cpus) {
    const ray::with options{.num_cpus = cpus};
    auto said = ray::get(
      ray::remote<variable>(options, std::string{"OMP_NUM_THREADS"}));
    expect_equal(ray::get(ray::remote<openmp_threads>(options)), said,
                 "what OpenMP makes of it");
    return said;
  };
  cases::say(of(0.5) + " " + of(1) + " " + of(2) + " "
             + ray::get(ray::remote<variable>(
               ray::with{.env = {{"OMP_NUM_THREADS", "5"}}},
               std::string{"OMP_NUM_THREADS"})));
}

std::uint64_t open_files_max() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

void open_files() {
  cases::say(std::to_string(ray::get(ray::remote<open_files_max>())));
}

constexpr cases::entry all[]{
  {"open_files", &open_files},
  {"env", &env},
  {"gpu_ids", &gpu_ids},
  {"gpu_blocked", &gpu_blocked},
  {"gpu_killed", &gpu_killed},
  {"own_gpus", &own_gpus},
  {"threads", &threads},
};

} // namespace

int main(int argc, char** argv) {
  ray::init_options options;
  if (argc > 1 && std::string{argv[1]} == "own_gpus")
    options.num_gpus = 2;
  return cases::run(argc, argv, all, options);
}
