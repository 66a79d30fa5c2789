#include "catch.hpp"
#include "fake_runtime.hpp"

#include <ray/detail/worker_main.hpp>
#include <ray/errors.hpp>
#include <ray/session.hpp>

#include <cstdlib>

namespace {

ray::init_options seen;
std::shared_ptr<fake_runtime> made;

/// argc and argv as main gets them.
struct command_line {
  explicit command_line(std::vector<std::string> words)
    : text(std::move(words)) {
    for (auto& word : text)
      pointers.push_back(word.data());
    pointers.push_back(nullptr);
    argc = static_cast<int>(text.size());
  }

  ray::session init(ray::init_options options = {}) {
    return ray::init(argc, pointers.data(), std::move(options));
  }

  std::vector<std::string> text;
  std::vector<char*> pointers;
  int argc = 0;
};

/// An environment variable for the time of a test.
struct environment {
  environment(const char* name, const char* value) : name_(name) {
    ::setenv(name, value, 1);
  }
  ~environment() { ::unsetenv(name_); }

  const char* name_;
};

} // namespace

// In the place of the driver and worker rooms.
namespace ray::detail {

std::shared_ptr<runtime> connect(const init_options& options) {
  seen = options;
  made = std::make_shared<fake_runtime>();
  return made;
}

void worker_main() {
  std::abort();
}

bool is_worker_role(int, const char* const*) noexcept {
  return false;
}

bool is_worker_process() noexcept {
  return false;
}

} // namespace ray::detail

TEST_CASE("a session lasts from init to its destructor", "[session]") {
  command_line line{{"prog"}};
  CHECK_FALSE(ray::is_initialized());
  {
    ray::session session;
    session = line.init();
    CHECK(ray::is_initialized());
    CHECK(&session.system() == &made->system());
    CHECK_THROWS_AS(line.init(), ray::connection_failed);
    const ray::session moved = std::move(session);
    CHECK(ray::is_initialized());
  }
  CHECK_FALSE(ray::is_initialized());
  CHECK(made->ended);
  {
    const auto session = line.init();
    ray::shutdown();
    CHECK(made->ended);
    CHECK_FALSE(ray::is_initialized());
    CHECK_THROWS_AS(session.system(), ray::connection_failed);
  }
}

TEST_CASE("--ray arguments are taken out of argv", "[session]") {
  command_line line{{"prog", "--ray-address=local", "x", "--ray-num-cpus=2.5",
                     "--other", "--", "--ray-address=kept"}};
  const auto session = line.init();
  CHECK(seen.address == "local");
  CHECK(seen.num_cpus == 2.5);
  REQUIRE(line.argc == 5);
  CHECK(std::string{line.pointers[1]} == "x");
  CHECK(std::string{line.pointers[2]} == "--other");
  CHECK(std::string{line.pointers[4]} == "--ray-address=kept");
  CHECK(line.pointers[5] == nullptr);
}

TEST_CASE("an option goes before an argument before the environment",
          "[session]") {
  const environment address{"RAY_ADDRESS", "auto"};
  const environment cpus{"RAY_NUM_CPUS", "3"};
  {
    command_line line{{"prog"}};
    const auto session = line.init();
    CHECK(seen.address == "auto");
    CHECK(seen.num_cpus == 3);
  }
  {
    command_line line{{"prog", "--ray-address=local", "--ray-num-cpus=4"}};
    const auto session = line.init();
    CHECK(seen.address == "local");
    CHECK(seen.num_cpus == 4);
  }
  command_line line{{"prog", "--ray-address=local", "--ray-num-cpus=4"}};
  const auto session = line.init({.address = "host:1", .num_cpus = 5});
  CHECK(seen.address == "host:1");
  CHECK(seen.num_cpus == 5);
}

TEST_CASE("malformed and unfinished settings are refused", "[session]") {
  CHECK_THROWS_AS(command_line({"p", "--ray-num-cpus=many"}).init(),
                  ray::wrong_type);
  CHECK_THROWS_AS(command_line({"p", "--ray-num-cpus=-1"}).init(),
                  ray::wrong_type);
  CHECK_THROWS_AS(command_line({"p", "--ray-adress=auto"}).init(),
                  ray::wrong_type);
  CHECK_THROWS_AS(command_line({"p", "--ray-address"}).init(), ray::wrong_type);
  const environment cpus{"RAY_NUM_CPUS", "ten"};
  CHECK_THROWS_AS(command_line({"p"}).init(), ray::wrong_type);
  CHECK_FALSE(ray::is_initialized());
}
