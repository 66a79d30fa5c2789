#include "catch.hpp"

#include "cli/doctor_judge.hpp"
#include "stand_in.hpp"

#include <nlohmann/json.hpp>

using namespace rayd;
using nlohmann::json;

namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

/// A machine with which nothing is wrong.
machine_facts sound() {
  machine_facts facts;
  facts.redis_path = "/usr/bin/redis-server";
  facts.redis_version = "7.0.15";
  facts.memory_usable = 8 * gib;
  facts.memory_available = 6 * gib;
  facts.open_files = 1048576;
  facts.huge_pages = "madvise";
  facts.huge_pages_shared = "never";
  facts.overcommit = 0;
  facts.session_base = {"/state/rayd", true, true, true, 0700,
                        "ext4", 100 * gib};
  facts.wall_clock_s = 1'800'000'000;
  facts.clock_synchronised = true;
  facts.ssh_path = "/usr/bin/ssh";
  return facts;
}

effective_options head_with_store(std::uint64_t bytes) {
  effective_options effective;
  effective.has_role = true;
  effective.options.role = node_role::head;
  effective.options.object_store_memory = bytes;
  return effective;
}

/// The line of *check* as "STATE SENTENCE".
std::string line_of(const std::vector<finding>& all, const std::string& check) {
  for (auto& one : all)
    if (one.check == check)
      return std::string{to_string(one.state)} + " " + one.sentence;
  return "nothing";
}

std::string said(const machine_facts& facts, const std::string& check) {
  return line_of(judge(head_with_store(gib), facts, {}), check);
}

bool is(const std::string& line, const std::string& state,
        const std::string& part) {
  return line.rfind(state + " ", 0) == 0 && line.find(part) != line.npos;
}

} // namespace

TEST_CASE("a sound machine has only findings that are ok", "[doctor]") {
  for (auto& one : judge(head_with_store(gib), sound(), {})) {
    INFO(one.check << ": " << one.sentence);
    CHECK(one.state == finding_state::ok);
  }
}

TEST_CASE("a taken port names its owner and the flag", "[doctor]") {
  auto facts = sound();
  facts.port_free = false;
  facts.port_error = "Address already in use";
  facts.port_owner = "redis-server (pid 42)";
  CHECK(said(facts, "port")
        == "problem port 6379 cannot be taken, redis-server (pid 42) has it: "
           "Address already in use; give another with --port=N");
  // A node of one's own there is no fault of the machine.
  session_facts own{"s", "n1", RAYD_VERSION, true, false, 6379};
  CHECK(is(line_of(judge(head_with_store(gib), facts, {own}), "port"), "note",
           "your own node n1"));
  own.live = false;
  CHECK(is(line_of(judge(head_with_store(gib), facts, {own}), "port"),
           "problem", "--port=N"));
}

TEST_CASE("a head needs a Redis that runs, a node none", "[doctor]") {
  auto facts = sound();
  facts.redis_version = "5.0.14";
  CHECK(is(said(facts, "redis"), "problem", "install 6.0 or later"));
  facts.redis_version = "";
  CHECK(is(said(facts, "redis"), "problem", "--version"));
  facts.redis_path = "";
  CHECK(is(said(facts, "redis"), "problem", "install the package"));
  auto node = head_with_store(gib);
  node.options.role = node_role::node;
  CHECK(line_of(judge(node, facts, {}), "redis") == "nothing");
}

TEST_CASE("the store's folder must be a tmpfs with room", "[doctor]") {
  auto facts = sound();
  facts.store_folder = folder_facts{"/dev/shm", true,    true,
                                    false,      01777,   "tmpfs", 2 * gib};
  CHECK(is(said(facts, "store"), "ok", "2 GiB free"));
  facts.store_folder->free_bytes = 64 << 20;
  CHECK(is(said(facts, "store"), "problem",
           "has 64 MiB free and the object store takes 1 GiB"));
  facts.store_folder->filesystem = "ext4";
  CHECK(is(said(facts, "store"), "problem", "not on a tmpfs"));
  facts.store_folder->writable = false;
  facts.store_folder->mode = 0755;
  CHECK(is(said(facts, "store"), "problem", "mode 0755"));
  facts.store_folder->exists = false;
  CHECK(is(said(facts, "store"), "problem", "is not there"));
  facts.store_folder.reset();
  facts.memory_files = false;
  CHECK(is(said(facts, "store"), "problem", "memfd_create"));
}

TEST_CASE("little memory and few files are told", "[doctor]") {
  auto facts = sound();
  facts.memory_available = gib / 2;
  CHECK(is(said(facts, "memory"), "note", "--object-store-memory"));
  facts.open_files = 512;
  CHECK(is(said(facts, "files"), "note", "have the limit nofile raised"));
  facts.open_files = 128;
  CHECK(is(said(facts, "files"), "problem", "have the limit nofile raised"));
}

TEST_CASE("the session folder must be one's own and have room", "[doctor]") {
  auto facts = sound();
  auto& base = facts.session_base;
  base.filesystem = "nfs";
  CHECK(is(said(facts, "session"), "note", "not a disk of this machine"));
  base.free_bytes = 100 << 20;
  CHECK(is(said(facts, "session"), "note", "100 MiB free"));
  base.free_bytes = 0;
  CHECK(is(said(facts, "session"), "problem", "make room"));
  base.writable = false;
  CHECK(is(said(facts, "session"), "problem", "may not write"));
  base.mode = 0755;
  CHECK(is(said(facts, "session"), "problem", "chmod 700"));
  base.own = false;
  CHECK(is(said(facts, "session"), "problem", "another user"));
}

TEST_CASE("nodes that died are named, with what to do", "[doctor]") {
  std::vector<session_facts> sessions{
    {"20260101-000000-1-head", "n1", RAYD_VERSION, false, true, 6379},
    {"20260101-000001-2-node", "n2", RAYD_VERSION, false, false, 0},
  };
  auto line = line_of(judge(head_with_store(gib), sound(), sessions),
                      "leftovers");
  CHECK(is(line, "note", "20260101-000000-1-head"));
  CHECK(line.find("20260101-000001") == line.npos);
  CHECK(is(line, "note", "rayd stop"));
}

TEST_CASE("a node here of another version is named", "[doctor]") {
  std::vector<session_facts> sessions{
    {"20260101-000000-1-head", "n1", RAYD_VERSION, true, false, 6379},
    {"20260101-000001-2-node", "n2", "0.0.9", false, false, 0},
  };
  auto said_now = [&] {
    return line_of(judge(head_with_store(gib), sound(), sessions), "version");
  };
  CHECK(said_now() == "nothing");
  sessions[1].live = true;
  CHECK(is(said_now(), "note", "node n2 in 20260101-000001-2-node runs rayd "
                               "0.0.9"));
}

TEST_CASE("clock and ssh are told when they are wrong", "[doctor]") {
  auto facts = sound();
  facts.clock_synchronised = false;
  CHECK(is(said(facts, "clock"), "note", "NTP"));
  facts.wall_clock_s = 0;
  CHECK(is(said(facts, "clock"), "problem", "set it"));
  facts.ssh_path = "";
  CHECK(is(said(facts, "ssh"), "note", "openssh-client"));
}

TEST_CASE("a cluster of another version is a problem", "[doctor]") {
  auto nodes = json::array({{{"id", "n1"}, {"state", "alive"}},
                            {{"id", "n2"}, {"state", "dead"}}});
  json status{{"version", "0.1.0"}, {"nodes", nodes}};
  CHECK(line_of(judge_cluster(status.dump(), "0.1.0"), "cluster")
        == "ok 1 node is alive, all with rayd 0.1.0");
  CHECK(is(line_of(judge_cluster(status.dump(), "0.2.0"), "cluster"),
           "problem", "runs rayd 0.1.0 and this is 0.2.0"));
  status["nodes"][1]["state"] = "suspect";
  CHECK(is(line_of(judge_cluster(status.dump(), "0.1.0"), "cluster"), "note",
           "n2"));
  for (auto text : {"", "[]", "{}", "{\"nodes\": 1}", "nonsense"})
    CHECK(is(line_of(judge_cluster(text, "0.1.0"), "cluster"), "problem",
             "not as this version"));
}

TEST_CASE("doctor's exit code is about problems only", "[doctor]") {
  command_line shell;
  machine_facts facts = sound();
  machine_question asked;
  shell.context.inspect = [&](const machine_question& question) {
    asked = question;
    return facts;
  };
  shell.environment["PATH"] = "/a:/b";
  facts.ssh_path = "";
  CHECK(shell.run({"doctor", "--object-store-memory=64MiB"}) == 0);
  CHECK(shell.out.str().find("openssh-client") != std::string::npos);
  CHECK(asked.port == 6379);
  CHECK(asked.host == "127.0.0.1");
  CHECK(asked.search_path == "/a:/b");
  CHECK(asked.session_base == shell.base);
  facts.redis_path = "";
  CHECK(shell.run({"doctor", "--json", "--port=7000"}) == 1);
  CHECK(asked.port == 7000);
  auto answer = json::parse(shell.out.str());
  CHECK(answer["ok"] == false);
  CHECK(answer["findings"][0]["state"] == "ok");
  CHECK(shell.run({"doctor", "--prot=1"}) == 2);
  CHECK(shell.run({"doctor", "--config=/none"}) == 2);
}

TEST_CASE("doctor asks the cluster that runs here", "[doctor]") {
  command_line shell;
  shell.context.inspect = [](const machine_question&) { return sound(); };
  auto head = shell.add_session("20260101-000000-1-head", own_identity(),
                                node_role::head, 1);
  shell.answer.text = json{{"version", RAYD_VERSION},
                           {"nodes", {{{"id", "n1"}, {"state", "alive"}}}}}
                        .dump();
  CHECK(shell.run({"doctor", "--object-store-memory=64MiB"}) == 0);
  CHECK(shell.asked.socket == head.record.socket);
  CHECK(shell.out.str().find("1 node is alive") != std::string::npos);
  shell.answer = {exit_code::timed_out, "nobody answered"};
  CHECK(shell.run({"doctor", "--object-store-memory=64MiB"}) == 1);
  CHECK(shell.out.str().find("does not answer: nobody answered")
        != std::string::npos);
}
