// What workers print: at their driver, on the disk and in errors.

#include "system/processes.hpp"

#include "catch.hpp"

#include <csignal>
#include <cstdint>
#include <fstream>
#include <regex>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

bool matches(const std::string& text, const std::string& pattern) {
  return std::regex_search(text, std::regex{pattern});
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1))
    ++found;
  return found;
}

/// Bytes in the log folders of all sessions, and in the largest file there.
std::pair<std::uint64_t, std::uint64_t> log_bytes(const cluster& place) {
  std::uint64_t sum = 0;
  std::uint64_t largest = 0;
  for (const auto& node : place.nodes())
    for (const auto& file :
         std::filesystem::directory_iterator{node.folder / "logs"}) {
      sum += file.file_size();
      largest = std::max<std::uint64_t>(largest, file.file_size());
    }
  return {sum, largest};
}

} // namespace

TEST_CASE("what workers print reaches their driver, line by line") {
  cluster place;
  const auto done
    = run(place.program("printers", {"lines"}, {{"RAY_NUM_CPUS", "2"}}));
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
  CHECK(matches(done.out, R"((^|\n)\(square pid=\d+\) squaring 7\n)"));
  CHECK(matches(done.err, R"((^|\n)\(square pid=\d+\) careful with 7\n)"));
  CHECK(matches(done.out, R"(\n\(talker pid=\d+\) born\n)"));
  CHECK(matches(done.out, R"(\n\(talker pid=\d+\) talk 3\n)"));
  CHECK(done.out.find("bad \uFFFD byte, \\x1b[31mred, tab\t, umlaut ä\n")
        != std::string::npos);
  CHECK(done.out.find("xxx ... 5904 bytes more\n") != std::string::npos);
  CHECK(done.out.find('\x1b') == std::string::npos);
}

TEST_CASE("lines of finished tasks are there when the session ends") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  for (int i = 0; i < 10; ++i) {
    const auto done
      = run(place.program("printers", {"end"}, {{"RAY_ADDRESS", "auto"}}));
    INFO(done.err);
    CHECK(count(done.err, "the last line\n") == 1);
    CHECK(done.took < 5s);
  }
}

TEST_CASE("lines come from other nodes, and what is alike is folded") {
  cluster place;
  place.start_head({"--num-cpus=0"});
  place.start_node({"--num-cpus=4"});
  auto environment
    = std::map<std::string, std::string>{{"RAY_ADDRESS", "auto"}};
  const auto folded = run(place.program("printers", {"alike"}, environment));
  INFO(to_string(folded) << '\n' << place.logs());
  CHECK(matches(folded.out, R"(\(hello pid=\d+, ip=127\.0\.0\.1\) hello)"));
  CHECK(count(folded.out, "hello from many") == 2);
  CHECK(matches(folded.out,
                R"(hello from many \[repeated 3x across cluster\]\n)"));
  environment["RAY_DEDUP_LOGS"] = "0";
  const auto plain = run(place.program("printers", {"alike"}, environment));
  INFO(to_string(plain));
  CHECK(count(plain.out, "hello from many\n") == 4);
  CHECK(count(plain.out, "repeated") == 0);
}

TEST_CASE("log_to_driver off leaves the lines in the logs") {
  cluster place;
  const auto done
    = run(place.program("printers", {"quiet"}, {{"RAY_NUM_CPUS", "1"}}));
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
  CHECK(done.out.empty());
  CHECK(done.err.empty());
  CHECK(place.logs().find("squaring 9") != std::string::npos);
}

TEST_CASE("a task that prints 200 MB stops nobody and fills no disk") {
  cluster place;
  const auto done
    = run(place.program("printers", {"much"}, {{"RAY_NUM_CPUS", "2"}}), 120s);
  CHECK(done.exit_code == 0);
  const auto said = done.out.find("flood ");
  REQUIRE(said != std::string::npos);
  WARN(done.out.substr(said, done.out.find('\n', said) - said));
  CHECK(matches(done.out.substr(0, done.out.size()),
                R"(\) \.\.\. [\d,]+ lines left out, see /)"));
  const auto [sum, largest] = log_bytes(place);
  CHECK(sum <= (101u << 20));
  CHECK(largest <= (20u << 20));
}

TEST_CASE("lines that a driver does not read are counted to the last one") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  const auto go = (place.base() / "go").string();
  running program{place.program("printers", {"flood_unread"},
                                {{"RAY_ADDRESS", "auto"},
                                 {"RAY_DEDUP_LOGS", "0"},
                                 {"GO_FILE", go}})};
  REQUIRE(program.wait_for_output("asked\n", 10s));
  const auto node = place.nodes().at(0).pid;
  REQUIRE(eventually([&] { return !workers_of(node).empty(); }, 10s));
  program.signal(SIGSTOP);
  std::ofstream{go};
  CHECK(eventually([&] { return workers_of(node).empty(); }, 30s));
  program.signal(SIGCONT);
  const auto done = program.wait(60s);
  CHECK(done.exit_code == 0);
  std::uint64_t sum = count(done.out, " fffff");
  const std::regex left_out{R"(\.\.\. ([\d,]+) lines left out, see /\S+\.log)"};
  for (std::sregex_iterator at{done.out.begin(), done.out.end(), left_out};
       at != std::sregex_iterator{}; ++at) {
    auto digits = (*at)[1].str();
    std::erase(digits, ',');
    sum += std::stoull(digits);
  }
  CHECK(sum == 200'000);
}

TEST_CASE("the last words of a worker stand in its task's error") {
  cluster place;
  const auto done
    = run(place.program("printers", {"words"}, {{"RAY_NUM_CPUS", "1"}}));
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
  CHECK(done.out.find("(SIGSEGV); its last lines:\n  word 11\n  word 12\n")
        != std::string::npos);
  CHECK(done.out.find("  word 29\n  without an end\n") != std::string::npos);
  CHECK(matches(done.err, R"(\(last_words pid=\d+\) without an end\n)"));
  // Of the task that ran before in the same process nothing is said.
  CHECK(done.out.find("  careful") == std::string::npos);
}

TEST_CASE("rayd logs shows what a worker of another node prints") {
  cluster place;
  place.start_head({"--num-cpus=0"});
  place.start_node({"--num-cpus=1"});
  const auto go = (place.base() / "go").string();
  running program{place.program(
    "printers", {"held"}, {{"RAY_ADDRESS", "auto"}, {"GO_FILE", go}})};
  REQUIRE(program.wait_for_output(") three\n", 10s));

  const auto list = place.rayd({"logs"});
  INFO(to_string(list));
  CHECK(list.exit_code == 0);
  CHECK(matches(list.out, R"(\nnode +n1 .*/logs/node\.log)"));
  std::smatch found;
  const std::regex row{R"(\nworker +(n2:\d+) +j1 +running +14 )"};
  REQUIRE(std::regex_search(list.out, found, row));
  const auto worker = found[1].str();
  CHECK(place.rayd({"logs", "worker", worker}).out == "one\ntwo\nthree\n");
  CHECK(place.rayd({"logs", "worker", worker, "--tail=2"}).out
        == "two\nthree\n");
  CHECK(place.rayd({"logs", "node", "n2"}).out.find("this node is n2")
        != std::string::npos);

  running follower{place.program("rayd", {"logs", "worker", worker,
                                          "--tail=1", "--follow"})};
  REQUIRE(follower.wait_for_output("three\n", 10s));
  std::ofstream{go};
  CHECK(follower.wait_for_output("four\n", 10s));
  REQUIRE(program.wait_for_output("task ", 10s));
  const auto task = line_of(program.output(), "task");
  // The head hears of a task a moment after it.
  CHECK(eventually(
    [&] {
      return place.rayd({"logs", "task", task, "--tail=1"}).out == "four\n";
    },
    5s));
  std::ofstream{go + ".end"};
  CHECK(program.wait(10s).exit_code == 0);
  const auto followed = follower.wait(10s);
  CHECK(followed.exit_code == 0);
  CHECK(followed.out == "three\nfour\n");
  CHECK(place.rayd({"logs", "job", "j1"}).out
        == "==> worker " + worker + " <==\none\ntwo\nthree\nfour\n");
  // Also of a worker that has ended.
  const auto json = nlohmann::json::parse(
    place.rayd({"logs", "worker", worker, "--tail=1", "--json"}).out);
  CHECK(json["text"] == "four\n");
  CHECK(json["end"] == true);
}

TEST_CASE("rayd logs of a stopped cluster reads what it left") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  const auto done
    = run(place.program("printers", {"lines"}, {{"RAY_ADDRESS", "auto"}}));
  REQUIRE(done.exit_code == 0);
  REQUIRE(place.stop().exit_code == 0);
  const auto list = place.rayd({"logs"});
  INFO(to_string(list));
  CHECK(list.exit_code == 0);
  CHECK(matches(list.out, R"(\nnode +n1 +- +ended +\d+ +/\S+/logs/node\.log)"));
  CHECK(matches(list.out, R"(\nworker +n1:j1-\d+ +j1 +ended +\d+ +/)"));
  const auto job = place.rayd({"logs", "job", "j1"});
  CHECK(job.exit_code == 0);
  CHECK(job.out.find("squaring 7\n") != std::string::npos);
  CHECK(job.out.find("\\x1b[31mred") != std::string::npos);
  CHECK(place.rayd({"logs", "node", "n1"}).out.find("this node is n1")
        != std::string::npos);
}

TEST_CASE("rayd logs refuses what is no log") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  const auto refused = [&](const std::vector<std::string>& words, int code,
                           const std::string& part) {
    auto line = words;
    line.insert(line.begin(), "logs");
    const auto done = place.rayd(line);
    INFO(to_string(done));
    CHECK(done.exit_code == code);
    CHECK(done.out.empty());
    CHECK(done.err.find(part) != std::string::npos);
    CHECK(count(done.err, "\n") == 1);
  };
  refused({"worker", "../../etc/passwd"}, 1, "is not the id of a worker");
  refused({"worker", "n1:1"}, 1, "there is no log of process 1 here");
  refused({"worker", "n9:1"}, 1, "there is no node \"n9\"");
  refused({"node", "/etc"}, 1, "there is no node \"/etc\"");
  refused({"task", "12"}, 1, "is not the id of a task or actor");
  refused({"task", std::string(32, '0')}, 1, "is known: it never was");
  refused({"job", "j9"}, 1, "no node has a log of job \"j9\"");
  refused({"job", "j1", "--follow"}, 2, "--follow goes with one process");
  refused({"file", "x"}, 2, "rayd logs needs nothing, or a kind and an id");
  refused({"node", "n1", "--tail=x"}, 2, "--tail needs a number");
}
