#include "catch.hpp"

#include "cli/table.hpp"
#include "stand_in.hpp"

#include <cstdlib>

using namespace rayd;

namespace {

constexpr auto sample = R"({
  "version": "0.1.0", "cluster_id": "c1", "address": "10.0.0.1:6379",
  "uptime_ms": 125000, "jobs": 1, "tasks_finished": 12,
  "actors_by_state": {"pending": 0, "alive": 1, "restarting": 2, "dead": 3},
  "nodes": [
    {"id": "n1", "role": "head", "state": "alive", "host": "10.0.0.1",
     "port": 6379, "pid": 4711, "heartbeat_age_ms": 12,
     "resources_total": {"CPU": 2, "memory": 2147483648, "license": 1},
     "resources_available": {"CPU": 0.5, "memory": 2147483648},
     "store_capacity": 1073741824, "store_used": 1048576,
     "store_spilled": 3145728,
     "workers": 2, "actors": 1, "tasks_running": 1, "tasks_waiting": 0},
    {"id": "n2", "state": "dead", "resources_total": {"CPU": 7},
     "resources_available": {}}],
  "totals": {"tasks_running": 1, "tasks_waiting": 0,
    "resources_total": {"CPU": 2}, "resources_available": {"CPU": 0.5}}})";

} // namespace

TEST_CASE("status asks this machine's node and prints tables", "[status]") {
  command_line shell;
  CHECK(shell.run({"status"}) == 3);
  CHECK(shell.talk.str()
        == "rayd: no node of yours runs on this machine: start one with rayd "
           "start --head, or give --address=HOST:PORT\n");
  auto head = shell.add_session("20260101-000000-1-head", own_identity(),
                                node_role::head, 1);
  shell.answer.text = sample;
  CHECK(shell.run({"status"}) == 0);
  CHECK(shell.asked.socket == head.socket_path());
  CHECK(shell.asked_for == R"({"what": "status"})");
  auto text = shell.out.str();
  CHECK(text.find("up       2 min 5 s\n") != std::string::npos);
  CHECK(text.find("tasks    1 running, 0 waiting, 12 finished\n")
        != std::string::npos);
  CHECK(text.find("actors   0 pending, 1 alive, 2 restarting, 3 dead\n")
        != std::string::npos);
  CHECK(text.find("1.5/2") != std::string::npos);
  CHECK(text.find("license 1/1") != std::string::npos);
  CHECK(text.find("7/7") == std::string::npos);
  CHECK(text.find("1 MiB / 1 GiB, 3 MiB on disk") != std::string::npos);
  CHECK(text.find("\033") == std::string::npos);
  CHECK(shell.talk.str().empty());
}

TEST_CASE("json is the answer itself", "[status]") {
  command_line shell;
  shell.add_session("20260101-000000-1-head", own_identity(), node_role::head,
                    1);
  shell.answer.text = sample;
  CHECK(shell.run({"status", "--json"}) == 0);
  CHECK(shell.out.str().find("\"cluster_id\": \"c1\"") != std::string::npos);
  CHECK(shell.run({"list", "nodes", "--json"}) == 0);
  CHECK(shell.out.str()[0] == '[');
  CHECK(shell.run({"list", "nodes"}) == 0);
  CHECK(shell.out.str().rfind("NODE", 0) == 0);
}

TEST_CASE("answers that make no sense are refused", "[status]") {
  command_line shell;
  shell.add_session("20260101-000000-1-head", own_identity(), node_role::head,
                    1);
  for (auto text : {"", "{}", "[]", R"({"nodes": 1})", "no json"}) {
    shell.answer.text = text;
    CHECK(shell.run({"status"}) == 1);
  }
  shell.answer.text = R"({"nodes": [1, {"resources_total": 3}], "totals": 1})";
  CHECK(shell.run({"status"}) == 0);
  shell.answer = {exit_code::timed_out, "n1 does not answer"};
  CHECK(shell.run({"status"}) == 5);
  CHECK(shell.talk.str() == "rayd: n1 does not answer\n");
}

TEST_CASE("a cluster elsewhere needs its secret", "[status]") {
  command_line shell;
  shell.answer.text = sample;
  CHECK(shell.run({"status", "--address=10.0.0.9"}) == 3);
  CHECK(shell.run({"status", "--address=10.0.0.9:1:2"}) == 2);
  shell.environment["RAY_REDIS_PASSWORD"] = "canary";
  shell.environment["RAY_ADDRESS"] = "10.0.0.9:7000";
  CHECK(shell.run({"status"}) == 0);
  CHECK(shell.asked.address == endpoint{"10.0.0.9", 7000});
  CHECK(shell.asked.password.reveal() == "canary");
  CHECK(shell.run({"status", "--redis-password", "flag"}) == 0);
  CHECK(shell.asked.password.reveal() == "flag");
}

TEST_CASE("list and get refuse kinds that there are not", "[list]") {
  command_line shell;
  CHECK(shell.run({"list", "nods"}) == 2);
  CHECK(shell.talk.str()
        == "rayd list does not know \"nods\", did you mean nodes?\n");
  CHECK(shell.run({"get", "xyzzy", "1"}) == 2);
  CHECK(shell.talk.str()
        == "rayd get does not know \"xyzzy\": it knows tasks, actors, objects, "
           "nodes, workers, jobs and errors\n");
  CHECK(shell.run({"list"}) == 2);
  CHECK(shell.run({"get", "task"}) == 2);
}

TEST_CASE("tables align and numbers stand right", "[table]") {
  CHECK(format_table({{"NAME", "N"}, {"a", "1"}, {"bcdef", "10"}})
        == "NAME    N\na       1\nbcdef  10\n");
  CHECK(format_table({{"ä", "x"}, {"ab", "y"}}) == "ä   x\nab  y\n");
  CHECK(with_bold_head("A\nb\n") == "\033[1mA\033[0m\nb\n");
}

TEST_CASE("NO_COLOR switches colours off", "[table]") {
  ::setenv("NO_COLOR", "1", 1);
  CHECK_FALSE(wants_colour(1));
  ::unsetenv("NO_COLOR");
}
