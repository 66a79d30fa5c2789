// How a program's code reaches the workers: the driver's own file at home, a
// copy of it with its private libraries on nodes that never saw it, libraries
// that a node was told to load.

#include "system/cluster.hpp"
#include "system/kernel_view.hpp"
#include "system/processes.hpp"

#include "catch.hpp"

#include <csignal>
#include <fstream>
#include <sstream>

#include <unistd.h>

using namespace rayd::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;

const fs::path shipped_folder{RAYD_SHIPPED_FOLDER};

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

/// A folder of the test's with a copy of the program and its library.
fs::path install_program(const cluster& place) {
  const auto folder = place.base() / "tmp" / "app";
  fs::create_directories(folder);
  for (const char* name : {"shipped", "libshipped_part.so"})
    fs::copy_file(shipped_folder / name, folder / name);
  return folder;
}

command run_program(const cluster& place, const fs::path& program,
                    std::vector<std::string> arguments = {}) {
  auto what = place.program("shipped", std::move(arguments),
                            {{"RAY_ADDRESS", "auto"}});
  what.arguments[0] = program.string();
  return what;
}

/// A network namespace with an address of its own, joined with ours.
struct other_machine {
  std::string name = "rayd-test-" + std::to_string(::getpid());
  std::string link = "rt" + std::to_string(::getpid() % 1'000'000);
  std::string net = "10.213." + std::to_string(::getpid() % 250) + ".";
  bool there = false;

  other_machine() {
    there = shell("ip netns add " + name)
            && shell("ip link add " + link + "a type veth peer name " + link
                     + "b netns " + name)
            && shell("ip addr add " + ours() + "/30 dev " + link + "a")
            && shell("ip link set " + link + "a up")
            && shell("ip -n " + name + " addr add " + theirs() + "/30 dev "
                     + link + "b")
            && shell("ip -n " + name + " link set " + link + "b up")
            && shell("ip -n " + name + " link set lo up");
  }

  ~other_machine() {
    shell("ip link del " + link + "a");
    shell("ip netns del " + name);
  }

  std::string ours() const { return net + "1"; }
  std::string theirs() const { return net + "2"; }

  static bool shell(const std::string& text) {
    return run({{"sh", "-c", text}}).exit_code == 0;
  }
};

} // namespace

TEST_CASE("workers run the driver's file although another has its path now") {
  cluster place;
  place.start_head({"--num-cpus=1", "--resources=far=1"});
  const auto folder = install_program(place);
  const auto go = place.base() / "tmp" / "go";
  running driver{run_program(place, folder / "shipped", {go.string()})};
  REQUIRE(driver.wait_for_output("ready", 10s));
  // As a build does: another file under the same name.
  fs::copy_file(program_path("squares"), folder / "new");
  fs::rename(folder / "new", folder / "shipped");
  for (const auto pid : workers_of(place.nodes().at(0).pid))
    ::kill(static_cast<pid_t>(pid), SIGKILL);
  std::ofstream{go};
  const auto done = driver.wait(20s);
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
  const auto lines = lines_of(done.out);
  REQUIRE(lines.size() == 4);
  CHECK(lines[1] == "abab");
  CHECK_THAT(lines[2], Contains("app/shipped (deleted)"));
  CHECK(lines[3] == "version 1");
  fs::remove_all(place.base() / "tmp" / "app");
  fs::remove(go);
}

TEST_CASE("two versions of a program run at once") {
  cluster place;
  place.start_head({"--num-cpus=2", "--resources=far=1"});
  const auto folder = install_program(place);
  const auto go = place.base() / "tmp" / "go";
  running before{run_program(place, folder / "shipped", {go.string()})};
  REQUIRE(before.wait_for_output("ready", 10s));
  // As a build does: the new one has the old one's path.
  fs::copy_file(shipped_folder / "shipped_again", folder / "new");
  fs::rename(folder / "new", folder / "shipped");
  running after{run_program(place, folder / "shipped", {go.string()})};
  REQUIRE(after.wait_for_output("ready", 10s));
  std::ofstream{go};
  const auto old_one = before.wait(20s);
  const auto new_one = after.wait(20s);
  INFO(to_string(old_one) << to_string(new_one));
  const auto old_lines = lines_of(old_one.out);
  const auto new_lines = lines_of(new_one.out);
  REQUIRE(old_lines.size() == 4);
  REQUIRE(new_lines.size() == 5);
  CHECK(old_lines[3] == "version 1");
  CHECK(new_lines[1] == "abab");
  CHECK(new_lines[3] == "version 2");
  CHECK(new_lines[4] == "version 2 version 2");
  fs::remove_all(place.base() / "tmp" / "app");
  fs::remove(go);
}

TEST_CASE("a node that never saw a program gets it with its libraries") {
  RAYD_SKIP_IF(::geteuid() != 0, "namespaces need root");
  cluster place;
  const other_machine other;
  RAYD_SKIP_IF(!other.there, "network namespaces cannot be made here");
  const auto secret = place.base() / "secret";
  std::ofstream{secret} << "a secret of this test\n";
  fs::permissions(secret, fs::perms::owner_read);
  const auto port = std::to_string(free_ports(1)[0]);
  const auto began = place.rayd(
    {"start", "--head", "--port=" + port, "--host=" + other.ours(),
     "--redis-password-file=" + secret.string(), "--num-cpus=1"});
  INFO(to_string(began));
  REQUIRE(began.exit_code == 0);
  const auto folder = install_program(place);
  auto join = place.program(
    "rayd", {"start", "--address=" + other.ours() + ":" + port,
             "--host=" + other.theirs(), "--num-cpus=1", "--resources=far=1",
             "--redis-password-file=" + secret.string()});
  std::string text = "mount -t tmpfs none " + folder.string()
                     + " && mount -t tmpfs none " + shipped_folder.string()
                     + " && exec \"$@\"";
  std::vector<std::string> words{"ip", "netns", "exec", other.name,
                                 "unshare", "--mount", "sh", "-c", text, "sh"};
  join.arguments.insert(join.arguments.begin(), words.begin(), words.end());
  const auto joined = run(join);
  INFO(to_string(joined));
  REQUIRE(joined.exit_code == 0);
  // The second one finds the copy that came for the first.
  for (int i = 0; i < 2; ++i) {
    const auto done = run(run_program(place, folder / "shipped"));
    INFO(to_string(done));
    REQUIRE(done.exit_code == 0);
    const auto lines = lines_of(done.out);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0] == "abab");
    CHECK_THAT(lines[1], Contains("/programs/"));
  }
  fs::path copies;
  for (const auto& node : place.nodes())
    if (!node.is_head)
      copies = node.folder / "programs";
  CHECK(std::distance(fs::directory_iterator{copies}, {}) == 1);
  CHECK(place.stop().exit_code == 0);
  CHECK_FALSE(fs::exists(copies));
  fs::remove_all(folder);
  fs::remove(secret);
}

TEST_CASE("a node loads a library of tasks for its workers") {
  const auto library = (shipped_folder / "libtask_library.so").string();
  const bool loads = GENERATE(true, false);
  cluster place;
  place.start_head(loads ? std::vector<std::string>{"--load=" + library}
                         : std::vector<std::string>{});
  const auto done = run(place.program("loaded", {library},
                                      {{"RAY_ADDRESS", "auto"}}));
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
  if (loads)
    CHECK(done.out == "42\n");
  else
    CHECK_THAT(done.out, Contains("failed: ") && Contains("triple"));
}

TEST_CASE("a library that cannot be loaded stops the node's start") {
  cluster place;
  const auto file = place.base() / "tmp" / "libbroken.so";
  fs::create_directories(file.parent_path());
  std::ofstream{file} << "no library";
  const auto done = place.rayd({"start", "--head", "--port=0",
                                "--load=" + file.string()});
  INFO(to_string(done));
  CHECK(done.exit_code == 1);
  fs::remove(file);
}
