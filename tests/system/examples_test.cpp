// Every example does what its README says: each ```sh block of a README is
// run as it stands in the example's folder, and its output compared with the
// ```text block that follows. There `...` stands for what varies.

#include "system/cluster.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

namespace {

fs::path examples() {
  return fs::path{RAYD_SOURCE_FOLDER} / "apps/examples";
}

std::vector<fs::path> example_folders() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator{examples()})
    if (entry.is_directory())
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// A command and what it prints.
struct promise {
  std::string command;
  std::string output;
};

std::vector<promise> promises_of(const fs::path& readme) {
  std::vector<promise> found;
  std::string* block = nullptr;
  std::ifstream in{readme};
  for (std::string line; std::getline(in, line);)
    if (line == "```sh")
      block = &found.emplace_back().command;
    else if (line == "```text" && !found.empty())
      block = &found.back().output;
    else if (line.starts_with("```"))
      block = nullptr;
    else if (block != nullptr)
      *block += line + '\n';
  return found;
}

/// True when *line* is *wanted*, whose "..." stand for anything.
bool fits(std::string_view line, std::string_view wanted) {
  const auto gap = wanted.find("...");
  if (gap == std::string_view::npos)
    return line == wanted;
  if (!line.starts_with(wanted.substr(0, gap)))
    return false;
  line.remove_prefix(gap);
  wanted.remove_prefix(gap + 3);
  for (std::size_t skipped = 0; skipped <= line.size(); ++skipped)
    if (fits(line.substr(skipped), wanted))
      return true;
  return false;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    // Nobody sees spaces at the end, and editors remove them.
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(line);
  }
  return lines;
}

void check_output(const std::string& found, const std::string& wanted) {
  const auto lines = lines_of(found);
  const auto expected = lines_of(wanted);
  CHECK(lines.size() == expected.size());
  for (std::size_t i = 0; i < std::min(lines.size(), expected.size()); ++i) {
    INFO("line " << i + 1 << " is     " << lines[i] << "\nREADME says "
                 << expected[i]);
    CHECK(fits(lines[i], expected[i]));
  }
}

/// Runs what the README in *folder* says, with *address* as RAY_ADDRESS.
void run_example(cluster& place, const fs::path& folder,
                 const std::string& address) {
  INFO(folder.filename());
  const auto promises = promises_of(folder / "README.md");
  REQUIRE_FALSE(promises.empty());
  for (const auto& one : promises) {
    const char* path = std::getenv("PATH");
    auto shell = place.program("unused");
    shell.arguments = {"sh", "-c",
                       "cd '" + folder.string() + "' && " + one.command};
    shell.environment["PATH"] = program_path("").string() + ":"
                                + (path == nullptr ? "/usr/bin:/bin" : path);
    shell.environment["RAY_ADDRESS"] = address;
    const auto done = run(shell, 60s);
    INFO(to_string(done) << '\n' << place.logs());
    CHECK(done.exit_code == 0);
    check_output(done.out, one.output);
  }
}

} // namespace

TEST_CASE("patterns of READMEs") {
  CHECK(fits("pi is 3.14159", "pi is 3.14..."));
  CHECK(fits("node n1, pid 7.", "node ..., pid ..."));
  CHECK_FALSE(fits("pi is 3.2", "pi is 3.14..."));
  CHECK_FALSE(fits("pi is 3.14159", "pi is 3.14"));
}

TEST_CASE("every example prints what its README says") {
  const auto folders = example_folders();
  CHECK(folders.size() >= 7);
  for (const auto& folder : folders) {
    cluster place;
    run_example(place, folder, "local");
  }
}

TEST_CASE("every example prints the same on two nodes") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  place.start_node({"--num-cpus=2"});
  for (const auto& folder : example_folders())
    run_example(place, folder, "auto");
}

TEST_CASE("examples are short") {
  for (const auto& entry : fs::recursive_directory_iterator{examples()}) {
    if (entry.path().extension() != ".cpp")
      continue;
    std::ifstream in{entry.path()};
    const auto lines = std::count(std::istreambuf_iterator<char>{in}, {}, '\n');
    INFO(entry.path());
    CHECK(lines < 120);
  }
}
