#include "system/cluster.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace rayd::testing {

namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// Sessions are BASE/rayd/NAME; their names begin with the time.
std::vector<fs::path> session_folders(const fs::path& base) {
  std::vector<fs::path> folders;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{base / "rayd", none})
    if (entry.is_directory())
      folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

} // namespace

fs::path program_path(const std::string& name) {
  return fs::path{RAYD_TEST_PROGRAMS} / name;
}

cluster::cluster() {
  // Short: paths of sockets are limited to 100 bytes.
  std::string name = "/tmp/t-rayd.XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("cannot make " + name);
  base_ = name;
  fs::create_directory(base_ / "tmp");
  before_ = name + ".before";
  std::ofstream{before_} << leak_check("snapshot", {});
}

cluster::~cluster() {
  if (!session_folders(base_).empty() && fs::exists(program_path("rayd"))) {
    const auto done = stop();
    if (done.exit_code != 0)
      FAIL_CHECK("rayd stop at the end of the test: " << to_string(done));
  }
  const auto report = leak_check("compare", {before_.string()});
  if (!report.empty()) {
    FAIL_CHECK(report);
    kill_left_over(report);
  }
  std::error_code none;
  fs::remove(before_, none);
  fs::remove_all(base_, none);
}

std::string cluster::leak_check(const std::string& mode,
                                const std::vector<std::string>& more) const {
  command check{
    {"sh", RAYD_LEAK_CHECK, mode, base_.string(), std::to_string(::getpid())}};
  check.arguments.insert(check.arguments.end(), more.begin(), more.end());
  auto done = run(check);
  if (done.exit_code != 0 && done.out.empty())
    return "the leak check failed: " + to_string(done);
  return done.out;
}

// What `compare` names was started by this test: nothing else knows its base.
void cluster::kill_left_over(const std::string& report) const {
  std::istringstream lines{report};
  for (std::string line; std::getline(lines, line);) {
    long pid = 0;
    if (std::sscanf(line.c_str(), "left over: process %ld", &pid) == 1
        && pid > 1)
      ::kill(static_cast<pid_t>(pid), SIGKILL);
  }
}

std::string cluster::address() const {
  return "127.0.0.1:" + std::to_string(port_);
}

command cluster::program(const std::string& name,
                         std::vector<std::string> arguments,
                         std::map<std::string, std::string> environment) const {
  arguments.insert(arguments.begin(), program_path(name).string());
  environment.emplace("XDG_STATE_HOME", base_.string());
  environment.emplace("XDG_CACHE_HOME", (base_ / "cache").string());
  environment.emplace("TMPDIR", (base_ / "tmp").string());
  // How tests are run once more over CAF's network layer alone.
  if (const char* lanes = std::getenv("TEST_LANES"))
    environment.emplace("RAYD_LANES", lanes);
  return {std::move(arguments), std::move(environment)};
}

outcome cluster::rayd(std::vector<std::string> arguments,
                      std::chrono::milliseconds limit) {
  return run(program("rayd", std::move(arguments)), limit);
}

outcome cluster::start_head(const std::vector<std::string>& flags) {
  port_ = free_ports(1).front();
  std::vector<std::string> arguments{"start", "--head",
                                     "--port=" + std::to_string(port_)};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  auto done = rayd(std::move(arguments));
  INFO(to_string(done) << '\n' << logs());
  REQUIRE(done.exit_code == 0);
  return done;
}

outcome cluster::start_node(const std::vector<std::string>& flags) {
  std::vector<std::string> arguments{"start", "--address=" + address()};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  auto done = rayd(std::move(arguments));
  INFO(to_string(done) << '\n' << logs());
  REQUIRE(done.exit_code == 0);
  return done;
}

outcome cluster::stop() {
  return rayd({"stop"});
}

std::vector<node_entry> cluster::nodes() const {
  std::vector<node_entry> entries;
  for (const auto& folder : session_folders(base_)) {
    const auto record = nlohmann::json::parse(text_of(folder / "node.json"),
                                              nullptr, false);
    if (!record.is_object())
      continue;
    node_entry entry;
    entry.pid = record.value("pid", 0L);
    entry.id = record.value("node", std::string{});
    entry.is_head = record.value("role", std::string{}) == "head";
    entry.state = record.value("state", std::string{});
    entry.folder = folder;
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<std::string> cluster::processes() const {
  std::vector<std::string> found;
  std::istringstream lines{leak_check("snapshot", {})};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("process "))
      found.push_back(std::move(line));
  return found;
}

std::string cluster::logs() const {
  std::string text;
  for (const auto& folder : session_folders(base_)) {
    std::error_code none;
    for (const auto& file : fs::directory_iterator{folder / "logs", none})
      text += "-- " + file.path().string() + '\n' + text_of(file.path());
  }
  return text;
}

bool is_running(long pid) {
  const auto stat = text_of("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.size() > name_end + 2
         && stat[name_end + 2] != 'Z' && stat[name_end + 2] != 'X';
}

void pause_briefly() {
  std::this_thread::sleep_for(std::chrono::milliseconds{5});
}

void report_skip(const std::string& reason) {
  const auto name = Catch::getResultCapture().getCurrentTestName();
  std::printf("\nskipped: %s: %s\n", name.c_str(), reason.c_str());
  std::fflush(stdout);
}

} // namespace rayd::testing
