// Tasks and an actor that print, for tests/system/logs_test.cpp.

#include "cases.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <unistd.h>

using cases::expect;
using cases::say;

namespace {

int square(int x) {
  std::printf("squaring %d\n", x);
  std::fprintf(stderr, "careful with %d\n", x);
  return x * x;
}

/// Not before *count* of them run, so that each has a worker of its own.
int hello(int number) {
  std::printf("hello from many\n");
  ::usleep(200'000);
  return number;
}

int odd() {
  std::printf("bad \xff byte, \x1b[31mred, tab\t, umlaut \xc3\xa4\n");
  std::printf("%s\n", std::string(10'000, 'x').c_str());
  return 0;
}

int flood(int megabytes) {
  const std::string line(99, 'f');
  for (int i = 0; i < megabytes * 10'486; ++i)
    std::printf("%s\n", line.c_str());
  return megabytes;
}

int quick(int x) {
  return x + 1;
}

int last_words(int lines) {
  for (int i = 0; i < lines; ++i)
    std::fprintf(stderr, "word %d\n", i);
  std::fprintf(stderr, "without an end");
  ::raise(SIGSEGV);
  return 0;
}

std::string hold(std::string go_file) {
  std::printf("one\ntwo\nthree\n");
  while (::access(go_file.c_str(), F_OK) != 0)
    ::usleep(5'000);
  std::printf("four\n");
  return ray::runtime_context().task_id;
}

class talker {
public:
  talker() { std::printf("born\n"); }
  int talk(int x) {
    std::printf("talk %d\n", x);
    return x;
  }
};

void lines() {
  (void)ray::get(ray::remote<square>(7));
  auto one = ray::spawn<talker>();
  (void)ray::get(one.call<&talker::talk>(3));
  (void)ray::get(ray::remote<odd>());
}

void alike() {
  std::vector<ray::object_ref<int>> all;
  for (int i = 0; i < 4; ++i)
    all.push_back(ray::remote<hello>(i));
  (void)ray::get(all);
}

/// 200 MB from one worker; others go on meanwhile.
void much() {
  auto start = std::chrono::steady_clock::now();
  const auto printing = ray::remote<flood>(200);
  int done = 0;
  double slowest = 0;
  while (!ray::wait(std::vector{printing}, 1, std::chrono::milliseconds{0})
            .ready.size()) {
    const auto before = std::chrono::steady_clock::now();
    (void)ray::get(ray::remote<quick>(done++));
    slowest = std::max(slowest, cases::seconds_since(before));
  }
  say(fmt::format("flood {:.2f} s, {} tasks beside it, slowest {:.1f} ms",
                  cases::seconds_since(start), done, slowest * 1000));
  expect(done > 0, "no task ran beside the flood");
}

void words() {
  const ray::with once{.max_retries = 0};
  (void)ray::get(ray::remote<square>(1));
  try {
    ray::get(ray::remote<last_words>(once, 30));
  } catch (const ray::worker_died& problem) {
    say(problem.what());
  }
}

/// So much that its last line cannot leave at once.
int last_line(int lines) {
  (void)flood(lines);
  std::fprintf(stderr, "the last line\n");
  return lines;
}

/// Its process ends while its driver reads nothing.
int flood_and_die(std::string go_file, int lines) {
  while (::access(go_file.c_str(), F_OK) != 0)
    ::usleep(5'000);
  // More than is sent at one time, for longer than there is room for.
  for (int i = 0; i < lines; ++i) {
    std::printf("%d %s\n", i, std::string(90, 'f').c_str());
    if (i % 4'000 == 0)
      ::usleep(60'000);
  }
  std::fflush(stdout);
  std::_Exit(3);
}

void flood_unread() {
  const std::string go = std::getenv("GO_FILE");
  const ray::with once{.max_retries = 0};
  const auto ref = ray::remote<flood_and_die>(once, go, 200'000);
  say("asked");
  cases::expect_throws<ray::worker_died>([&] { ray::get(ref); }, "",
                                         "the task that died");
}

void printed_at_the_end() {
  (void)ray::get(ray::remote<last_line>(1));
}

void quiet() {
  (void)ray::get(ray::remote<square>(9));
}

/// Its worker stays until the test has created GO_FILE twice.
void held() {
  const std::string go = std::getenv("GO_FILE");
  const auto ref = ray::remote<hold>(go);
  say("held");
  say("task " + ray::get(ref));
  while (::access((go + ".end").c_str(), F_OK) != 0)
    ::usleep(5'000);
}

constexpr cases::entry all[]{{"lines", &lines},
                             {"alike", &alike},
                             {"much", &much},
                             {"words", &words},
                             {"end", &printed_at_the_end},
                             {"held", &held},
                             {"flood_unread", &flood_unread},
                             {"quiet", &quiet}};

} // namespace

int main(int argc, char** argv) {
  ray::init_options options;
  options.log_to_driver = argc < 2 || std::string{argv[1]} != "quiet";
  return cases::run(argc, argv, all, options);
}
