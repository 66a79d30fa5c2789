// Objects that do not fit into the store; see programs/spiller.cpp.

#include "system/cluster.hpp"
#include "system/processes.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <sys/mount.h>
#include <sys/stat.h>

#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <fstream>

using namespace rayd::testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A program that waits at a pipe until it is told to go on.
struct spilling {
  explicit spilling(const std::string& what) : name(what) {
    path = (place.base() / "go").string();
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    pipe = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(pipe >= 0);
  }
  ~spilling() { ::close(pipe); }

  command program() const {
    return place.program("spiller", {name},
                         {{"RAY_ADDRESS", "auto"}, {"RAYD_TEST_GO", path}});
  }
  void go_on() const { REQUIRE(::write(pipe, "x", 1) == 1); }

  /// Of all nodes, as `rayd status` says.
  double sum(const char* what) {
    const auto status = status_of(place);
    return status.is_object() ? status["totals"].value(what, -1.0) : -1;
  }

  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator{place.base(),
                                                              error})
      if (entry.path().extension() == ".spill")
        found.push_back(entry.path());
    return found;
  }

  void check_end(running& driver) {
    const auto done = driver.wait(120s);
    INFO(to_string(done) << '\n' << place.logs());
    CHECK(done.exit_code == 0);
    CHECK(done.out.find("FAILED") == std::string::npos);
  }

  void check_empty() {
    CHECK(eventually([&] { return sum("store_used") == 0; }, 5s));
    CHECK(eventually([&] { return sum("store_spilled") == 0; }, 5s));
    CHECK(eventually([&] { return files().empty(); }, 5s));
  }

  std::string name;
  cluster place;
  std::string path;
  int pipe = -1;
};

const std::string store_flag = "--object-store-memory=67108864";

void quadruple(spilling& test) {
  running driver{test.program()};
  const bool made = driver.wait_for_output("made", 120s);
  INFO(test.place.logs());
  REQUIRE(made);
  CHECK(eventually(
    [&] { return test.sum("store_spilled") > 64.0 * (1 << 20); }, 10s));
  for (const auto& file : test.files()) {
    struct stat info {};
    if (::stat(file.c_str(), &info) == 0)
      CHECK((info.st_mode & 0777) == 0600);
    if (::stat(file.parent_path().c_str(), &info) == 0)
      CHECK((info.st_mode & 0777) == 0700);
  }
  test.go_on();
  REQUIRE(driver.wait_for_output("read", 120s));
  test.check_empty();
  test.go_on();
  test.check_end(driver);
}

} // namespace

TEST_CASE("objects of four times the store are all read again") {
  spilling test{"quadruple"};
  test.place.start_head({"--num-cpus=2", store_flag});
  quadruple(test);
  test.place.stop();
  CHECK(test.files().empty());
}

TEST_CASE("the same on two nodes, which fetch from each other's disks") {
  spilling test{"quadruple"};
  test.place.start_head({"--num-cpus=1", store_flag});
  test.place.start_node({"--num-cpus=1", store_flag});
  quadruple(test);
}

TEST_CASE("arguments of one task that fill the store come together") {
  spilling test{"together"};
  test.place.start_head({"--num-cpus=3", store_flag});
  running driver{test.program()};
  test.check_end(driver);
  test.check_empty();
}

TEST_CASE("an object that comes back late from another node's disk is not "
          "lost") {
  spilling test{"slow_restore"};
  test.place.start_head({"--num-cpus=1", store_flag});
  test.place.start_node({"--num-cpus=1", "--resources=there=1", store_flag});
  running driver{test.program()};
  REQUIRE(driver.wait_for_output("asks", 60s));
  // Longer than one answer may take on its own (object_transfer_options).
  CHECK_FALSE(driver.wait_for_output("read", 6500ms));
  test.go_on();
  test.check_end(driver);
  test.check_empty();
}

TEST_CASE("a store full of views is object_store_full, and works again") {
  spilling test{"pinned"};
  test.place.start_head({"--num-cpus=1", store_flag});
  running driver{test.program()};
  test.check_end(driver);
  test.check_empty();
}

TEST_CASE("damaged spill files are found: made again, or object_lost") {
  spilling test{"damaged"};
  test.place.start_head({"--num-cpus=2", store_flag});
  running driver{test.program()};
  REQUIRE(driver.wait_for_output("made", 60s));
  REQUIRE(eventually([&] { return test.files().size() > 8; }, 10s));
  bool cut = false;
  for (const auto& file : test.files()) {
    std::error_code error;
    if (std::exchange(cut, !cut)) {
      fs::resize_file(file, 1'000'000, error);
      continue;
    }
    std::fstream bytes{file, std::ios::in | std::ios::out | std::ios::binary};
    bytes.seekp(2'000'000);
    bytes.put('!');
    bytes.put('?');
  }
  test.go_on();
  test.check_end(driver);
  test.check_empty();
}

TEST_CASE("a full spill disk is object_store_full, and works again") {
  spilling test{"small_disk"};
  const auto disk = test.place.base() / "disk";
  fs::create_directory(disk);
  RAYD_SKIP_IF(::unshare(CLONE_NEWNS) != 0
                 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE,
                            nullptr) != 0
                 || ::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=32m") != 0,
               "it needs a mount namespace of its own (root)");
  {
    test.place.start_head(
      {"--num-cpus=1", store_flag, "--spill-dir=" + disk.string()});
    running driver{test.program()};
    test.check_end(driver);
    test.check_empty();
    test.place.stop();
    CHECK(fs::is_empty(disk));
  }
  ::umount(disk.c_str());
}

TEST_CASE("drivers killed while they spill leave nothing on disk") {
  spilling test{"churn"};
  test.place.start_head({"--num-cpus=2", store_flag});
  for (int i = 0; i < 3; ++i) {
    running driver{test.program()};
    REQUIRE(driver.wait_for_output("full", 60s));
    driver.signal(SIGKILL);
    driver.wait(1s);
    test.check_empty();
  }
}

TEST_CASE("files of a killed node go when it is cleaned up") {
  spilling test{"quadruple"};
  test.place.start_head({"--num-cpus=2", store_flag});
  running driver{test.program()};
  REQUIRE(driver.wait_for_output("made", 120s));
  REQUIRE(eventually([&] { return !test.files().empty(); }, 10s));
  REQUIRE(::kill(static_cast<pid_t>(test.place.nodes().at(0).pid), SIGKILL)
          == 0);
  driver.wait(1s);
  test.place.stop();
  CHECK(test.files().empty());
}

TEST_CASE("a spill folder that cannot be written is refused at once") {
  cluster place;
  const auto done = place.rayd({"start", "--head", "--port=0",
                                "--spill-dir=/none/of/it"});
  INFO(to_string(done));
  CHECK(done.exit_code == 2);
  CHECK(done.err.find("--spill-dir /none/of/it: No such file") //
        != std::string::npos);
}
