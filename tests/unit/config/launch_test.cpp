#include "catch.hpp"

#include "config/launch.hpp"
#include "config/process.hpp"
#include "config/session.hpp"
#include "temporary_folder.hpp"

#include <csignal>
#include <cstdlib>
#include <iterator>
#include <unistd.h>

using namespace rayd;
using namespace std::chrono_literals;

namespace {

/// Runs *script* as the node process: 3 gives options, 4 takes the report.
launch_outcome launch(const temporary_folder& folder,
                      const std::string& script, node_options options = {}) {
  auto file = folder.write("node.sh", "#!/bin/sh\n" + script, 0700);
  return launch_node(file, options);
}

std::string content_of(const std::string& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

constexpr auto ready_line =
  R"({"ok":true,"pid":$$,"node":"n1","cluster":"c","address":"h:1",)"
  R"("reachable":false,"session":"/s","socket":"/s/k","secret_file":"",)"
  R"("version":"0.1.0"})";

/// A script's line that reports ready; `$$` is its process.
std::string say_ready() {
  return std::string{"cat >&4 <<X\n"} + ready_line + "\nX\n";
}

} // namespace

TEST_CASE("a node that reports ready runs on, in a session of its own",
          "[launch]") {
  temporary_folder folder;
  node_options options;
  options.password = secret{"canary"};
  ::setenv("RAY_REDIS_PASSWORD", "canary", 1);
  auto out = folder.path().string();
  auto outcome = launch(folder,
                        "head -n 1 <&3 > " + out + "/options\n"
                          + "tr '\\0' ' ' < /proc/$$/cmdline > " + out
                          + "/cmdline\n" + "env > " + out + "/environment\n"
                          + "pwd > " + out + "/cwd\n" + say_ready()
                          + "exec 4>&- \nexec sleep 60\n",
                        options);
  ::unsetenv("RAY_REDIS_PASSWORD");
  REQUIRE(outcome.code == exit_code::ok);
  CHECK(outcome.info.node_id == "n1");
  CHECK(outcome.info.address == "h:1");
  CHECK(outcome.lifeline_fd == -1);
  CHECK(::getsid(static_cast<pid_t>(outcome.info.pid)) == outcome.info.pid);
  // The secret came by the pipe and by nothing else.
  CHECK(content_of(out + "/options").find("canary") != std::string::npos);
  CHECK(content_of(out + "/cmdline").find("canary") == std::string::npos);
  CHECK(content_of(out + "/cmdline").find("node-process head")
        != std::string::npos);
  CHECK(content_of(out + "/environment").find("canary") == std::string::npos);
  CHECK(content_of(out + "/cwd") == "/\n");
  auto node = identify_process(outcome.info.pid);
  REQUIRE(node);
  CHECK(signal_process(*node, SIGKILL));
  CHECK(await_end(*node, 5s));
}

TEST_CASE("a node that follows its parent sees the end of its lifeline",
          "[launch]") {
  temporary_folder folder;
  node_options options;
  options.private_cluster = true;
  auto outcome = launch(folder,
                        "read -r line <&3\n" + say_ready()
                          + "exec 4>&-\ncat <&3 > /dev/null\n",
                        options);
  REQUIRE(outcome.code == exit_code::ok);
  REQUIRE(outcome.lifeline_fd >= 0);
  auto node = identify_process(outcome.info.pid);
  REQUIRE(node);
  ::close(outcome.lifeline_fd);
  CHECK(await_end(*node, 5s));
}

TEST_CASE("a node that cannot start gives its code and sentence",
          "[launch]") {
  temporary_folder folder;
  auto outcome = launch(
    folder, R"(echo '{"ok":false,"exit":4,"message":"port taken"}' >&4)");
  CHECK(outcome.code == exit_code::port_taken);
  CHECK(outcome.message == "port taken");
}

TEST_CASE("a node that dies is explained by its last words", "[launch]") {
  temporary_folder folder;
  auto early = launch(folder, "echo 'no library' >&2\nexit 9\n");
  CHECK(early.code == exit_code::failed);
  CHECK(early.message
        == "the node process ended with code 9 before it was ready, its last "
           "words were: no library");
  auto made = folder.path() / "20260101-000000-1-head";
  folder.write("20260101-000000-1-head/logs/node.log", "first\nlast\n");
  auto late = launch(folder, "echo '{\"session\":\"" + made.string()
                               + "\"}' >&4\nkill -SEGV $$\n");
  CHECK(late.message
        == "the node process was ended by signal 11 (Segmentation fault) "
           "before it was ready, its last words were: first | last (see "
             + made.string() + "/logs/node.log)");
}

TEST_CASE("a node that hangs is ended with all it started", "[launch]") {
  temporary_folder folder;
  node_options options;
  options.start_timeout = 300ms;
  auto out = folder.path().string() + "/child";
  auto outcome = launch(folder, "sleep 61 &\necho $! > " + out + "\nwait\n",
                        options);
  CHECK(outcome.code == exit_code::timed_out);
  CHECK(outcome.message.find("not ready within 300 ms") != std::string::npos);
  auto child = std::stol(content_of(out));
  CHECK_FALSE(identify_process(child));
}

TEST_CASE("a program that is not there is named", "[launch]") {
  auto outcome = launch_node("/none/rayd", {});
  CHECK(outcome.code == exit_code::failed);
  CHECK(outcome.message
        == "cannot start /none/rayd: No such file or directory");
}

TEST_CASE("report lines are read as they are written", "[ready_report]") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ready_info info;
  info.pid = 7;
  info.node_id = "n7";
  info.address = "h:1";
  info.reachable = true;
  pipe_report report{ends[1]};
  report.session_made("/s");
  report.ready(info);
  report.failed(exit_code::failed, "too late");
  char text[4096];
  auto n = ::read(ends[0], text, sizeof text);
  ::close(ends[0]);
  std::string lines(text, static_cast<std::size_t>(n));
  auto end = lines.find('\n');
  auto first = parse_report_line(lines.substr(0, end));
  REQUIRE(first);
  CHECK(first->type == report_line::kind::session);
  CHECK(first->info.session_folder == "/s");
  auto second = parse_report_line(lines.substr(end + 1));
  REQUIRE(second);
  CHECK(second->type == report_line::kind::ready);
  CHECK(second->info.node_id == "n7");
  CHECK(second->info.reachable);
  CHECK_FALSE(parse_report_line("hello"));
  CHECK_FALSE(parse_report_line("{\"ok\":true}"));
}
