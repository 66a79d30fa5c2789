// A secret that a person gives stands nowhere afterwards. The tests give one
// that is easy to find, in each of the ways there are, and look for it in
// everything that rayd shows or leaves.

#include "system/cluster.hpp"
#include "system/kernel_view.hpp"

#include "catch.hpp"

#include <csignal>
#include <fstream>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

const std::string canary = "canary-5up3r-53cr3t";

/// Where a secret was found, for the messages of a failed check.
class search {
public:
  explicit search(const cluster& place) : place_(place) {}

  void in(const std::string& where, const std::string& text) {
    if (text.find(canary) != std::string::npos)
      found_ += where + '\n';
    ++searched_;
  }

  void in(const std::string& where, const outcome& done) {
    in("standard output of " + where, done.out);
    in("standard error of " + where, done.err);
  }

  /// What anyone on the machine sees of processes, and what is inherited.
  void in_processes() {
    for (const long pid : pids_of(place_.processes())) {
      const auto who = process_name(pid) + ' ' + std::to_string(pid);
      in("arguments of " + who, proc_file(pid, "cmdline"));
      if (process_name(pid) != "census") // The person's own.
        in("environment of " + who, proc_file(pid, "environ"));
    }
  }

  /// Session folders: records, logs, Redis's files.
  void in_files() {
    std::error_code none;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{
           place_.base() / "rayd", none})
      if (entry.is_regular_file(none))
        in(entry.path(), file_text(entry.path()));
    for (const auto& entry : std::filesystem::recursive_directory_iterator{
           place_.base() / "cache", none})
      if (entry.is_regular_file(none))
        in(entry.path(), file_text(entry.path()));
  }

  const std::string& found() const noexcept { return found_; }
  int searched() const noexcept { return searched_; }

private:
  const cluster& place_;
  std::string found_;
  int searched_ = 0;
};

/// A way to give the secret.
struct way {
  std::string name;
  std::vector<std::string> flags;
  std::map<std::string, std::string> environment = {};
  std::string input = {};
};

std::string write_private(const std::filesystem::path& file,
                          const std::string& text) {
  using std::filesystem::perms;
  std::ofstream{file} << text;
  std::filesystem::permissions(file, perms::owner_read | perms::owner_write);
  return file;
}

std::vector<way> ways_in(const cluster& place) {
  const auto file = write_private(place.base() / "given.txt", canary + "\n");
  const auto config = write_private(
    place.base() / "given.conf",
    "[rayd]\nredis-password=\"" + canary + "\"\n");
  return {
    {"flag", {"--redis-password=" + canary}},
    {"flag of two words", {"--redis-password", canary}},
    {"file", {"--redis-password-file=" + file}},
    {"standard input", {"--redis-password-file=-"}, {}, canary + "\n"},
    {"environment", {}, {{"RAY_REDIS_PASSWORD", canary}}},
    {"file named by the environment", {}, {{"RAY_REDIS_PASSWORD_FILE", file}}},
    {"config file", {"--config=" + config}},
  };
}

outcome start(const cluster& place, const way& how,
              std::vector<std::string> more) {
  auto what = place.program("rayd", {"start", "--num-cpus=1",
                                     "--host=127.0.0.1"},
                            how.environment);
  what.arguments.insert(what.arguments.end(), how.flags.begin(),
                        how.flags.end());
  what.arguments.insert(what.arguments.end(), more.begin(), more.end());
  what.input = how.input;
  return run(what);
}

} // namespace

TEST_CASE("a given secret stands nowhere but where the person put it") {
  RAYD_NEEDS_PROGRAM("census");
  cluster place;
  for (const auto& how : ways_in(place)) {
    INFO(how.name);
    search look{place};
    const auto port = std::to_string(free_ports(1).front());
    const auto head = start(place, how, {"--head", "--port=" + port});
    INFO(to_string(head) << place.logs());
    REQUIRE(head.exit_code == 0);
    look.in("start --head", head);
    const auto node = start(place, how, {"--address=127.0.0.1:" + port});
    INFO(to_string(node));
    REQUIRE(node.exit_code == 0);
    look.in("start --address", node);
    const auto go = place.base() / "tmp" / "go";
    auto environment = how.environment;
    environment["RAY_ADDRESS"] = "auto";
    running driver{place.program("census", {go.string()}, environment)};
    REQUIRE(driver.wait_for_output("ready", 10s));
    look.in_processes();
    look.in("status", place.rayd({"status", "--json"}));
    look.in("dump", place.rayd({"dump"}));
    std::ofstream{go};
    look.in("census", driver.wait(5s));
    std::filesystem::remove(go);
    look.in_files();
    look.in("stop", place.stop());
    look.in_files();
    look.in("dump afterwards", place.rayd({"dump"}));
    CHECK(look.found() == "");
    CHECK(look.searched() > 40);
  }
}

TEST_CASE("a flag's secret is gone from the process list while rayd runs") {
  cluster place;
  const auto port = std::to_string(free_ports(1).front());
  for (const auto& flags :
       {std::vector{"--redis-password=" + canary},
        std::vector{std::string{"--redis-password"}, canary}}) {
    auto what = place.program("rayd", {"start", "--head", "--block",
                                       "--num-cpus=1", "--host=127.0.0.1",
                                       "--port=" + port});
    what.arguments.insert(what.arguments.end(), flags.begin(), flags.end());
    running head{what};
    REQUIRE(head.wait_for_output("end:", 10s));
    search look{place};
    look.in_processes();
    look.in_files();
    CHECK(look.found() == "");
    CHECK(look.searched() > 6);
    head.signal(SIGTERM);
    const auto done = head.wait(10s);
    look.in("start --block", done);
    CHECK(look.found() == "");
    CHECK(done.exit_code == 0);
  }
}

TEST_CASE("no error message shows a secret") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  search look{place};
  const auto refused = [&](const std::vector<std::string>& arguments,
                           std::map<std::string, std::string> environment
                           = {}) {
    const auto done = run(place.program("rayd", arguments, environment));
    INFO(to_string(done));
    CHECK(done.exit_code != 0);
    look.in(arguments[0], done);
  };
  const auto at = "--address=" + place.address();
  const auto open = (place.base() / "open.txt").string();
  std::ofstream{open} << canary << '\n';
  std::filesystem::permissions(open, std::filesystem::perms{0644});
  const auto config = (place.base() / "open.conf").string();
  std::ofstream{config} << "[rayd]\nhead=true\nredis-password=\"" << canary
                        << "\"\n";
  const auto broken = write_private(
    place.base() / "broken.conf",
    "[rayd]\nhead=true\nredis-pasword=\"" + canary + "\"\n");
  const auto torn = write_private(
    place.base() / "torn.conf",
    "[rayd]\nhead=true\nredis-password=\"" + canary + "\n");
  refused({"start", at, "--redis-password=" + canary});
  refused({"start", at, "--redis-password", canary, canary});
  refused({"start", at, "--redis-pasword=" + canary});
  refused({"start", at, "--redis-pasword", canary});
  refused({"start", at}, {{"RAY_REDIS_PASSWORD", canary}});
  refused({"start", at, "--redis-password-file=" + open});
  refused({"start", "--config=" + config});
  refused({"start", "--config=" + broken});
  refused({"start", "--config=" + torn});
  refused({"status", at, "--redis-password=" + canary});
  refused({"--redis-password=" + canary, "status"});
  refused({"stop", "--redis-password=" + canary});
  look.in_files();
  look.in("logs", place.logs());
  CHECK(look.found() == "");
}
