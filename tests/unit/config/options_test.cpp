#include "catch.hpp"

#include "config/machine.hpp"
#include "config/option_table.hpp"
#include "config/session.hpp"
#include "temporary_folder.hpp"

#include <map>

using namespace rayd;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::pair<std::string, std::string>>;

/// A head unless the flags say otherwise.
option_sources sources(texts flags,
                       std::map<std::string, std::string> environment = {},
                       std::string file = {}) {
  option_sources from;
  from.flags = std::move(flags);
  from.environment = [environment](const std::string& name)
    -> std::optional<std::string> {
    auto found = environment.find(name);
    if (found == environment.end())
      return std::nullopt;
    return found->second;
  };
  from.config_file = std::move(file);
  return from;
}

std::string problem(const option_sources& from) {
  auto options = resolve(from);
  return options ? "accepted" : options.error().message;
}

std::string file_problem(const std::string& body, unsigned mode = 0600) {
  temporary_folder folder;
  auto file = folder.write("x.conf", body, mode);
  auto text = problem(sources({{"head", "true"}}, {}, file));
  // Shorter to compare.
  auto prefix = folder.path().string() + "/";
  for (auto at = text.find(prefix); at != std::string::npos;
       at = text.find(prefix))
    text.erase(at, prefix.size());
  return text;
}

struct sample {
  std::string key, text, in_file;
  bool (*holds)(const node_options&);
};

/// One value per option that works, beside its default.
const std::vector<sample> samples{
  {"host", "10.1.1.1", "\"10.1.1.1\"",
   [](const node_options& o) { return o.host == "10.1.1.1"; }},
  {"port", "7000", "7000",
   [](const node_options& o) { return o.port == 7000; }},
  {"node-port", "7001", "7001",
   [](const node_options& o) { return o.node_port == 7001; }},
  {"redis-password", "canary", "\"canary\"",
   [](const node_options& o) { return o.password.reveal() == "canary"; }},
  {"num-cpus", "2.5", "2.5",
   [](const node_options& o) { return o.num_cpus == 2.5; }},
  {"num-gpus", "1", "1",
   [](const node_options& o) { return o.num_gpus == 1; }},
  {"memory", "1GiB", "\"1GiB\"",
   [](const node_options& o) { return o.memory == 1u << 30; }},
  {"resources", "a=1,b=0.5", "{a=1, b=0.5}",
   [](const node_options& o) {
     return o.resources == std::map<std::string, double>{{"a", 1}, {"b", .5}};
   }},
  {"labels", "zone=a", "{zone=\"a\"}",
   [](const node_options& o) { return o.labels.at("zone") == "a"; }},
  {"object-store-memory", "64MiB", "67108864",
   [](const node_options& o) { return o.object_store_memory == 64u << 20; }},
  {"object-store-dir", "/dev/shm", "\"/dev/shm\"",
   [](const node_options& o) { return o.object_store_dir == "/dev/shm"; }},
  {"object-store-prefault", "0", "0",
   [](const node_options& o) { return o.object_store_prefault == 0; }},
  {"spill-dir", "/tmp", "\"/tmp\"",
   [](const node_options& o) { return o.spill_dir == "/tmp"; }},
  {"spill-limit", "1GiB", "\"1GiB\"",
   [](const node_options& o) { return o.spill_limit == 1u << 30; }},
  {"load", "/proc/self/exe", "\"/proc/self/exe\"",
   [](const node_options& o) { return o.load == "/proc/self/exe"; }},
  {"session-dir", "/tmp/s", "\"/tmp/s\"",
   [](const node_options& o) { return o.session_base == "/tmp/s"; }},
  {"log-level", "debug", "\"debug\"",
   [](const node_options& o) { return o.log_level == "debug"; }},
  {"lanes", "basp", "\"basp\"",
   [](const node_options& o) { return o.lanes == lane_kind::basp; }},
  {"start-timeout", "500ms", "500ms",
   [](const node_options& o) { return o.start_timeout == 500ms; }},
  {"dashboard-host", "10.1.1.1", "\"10.1.1.1\"",
   [](const node_options& o) { return o.dashboard_host == "10.1.1.1"; }},
  {"dashboard-port", "8300", "8300",
   [](const node_options& o) { return o.dashboard_port == 8300; }},
  {"include-dashboard", "false", "false",
   [](const node_options& o) { return !o.include_dashboard; }},
  {"block", "true", "true", [](const node_options& o) { return o.block; }},
};

/// The role that *key* is for, as a flag.
std::pair<std::string, std::string> role_flag(const std::string& key) {
  if (find_option(key)->role == option_role::node)
    return {"address", "localhost"};
  return {"head", "true"};
}

} // namespace

TEST_CASE("each option is read from flag, environment and file",
          "[options]") {
  temporary_folder folder;
  for (auto& one : samples) {
    INFO(one.key);
    auto role = role_flag(one.key);
    auto by_flag = resolve(sources({role, {one.key, one.text}}));
    REQUIRE(by_flag);
    CHECK(one.holds(*by_flag));
    auto body = "[rayd]\n" + one.key + "=" + one.in_file + "\n";
    auto by_file = resolve(sources({role}, {}, folder.write("a.conf", body)));
    REQUIRE(by_file);
    CHECK(one.holds(*by_file));
    std::string variable{find_option(one.key)->environment};
    if (variable.empty())
      continue;
    auto by_variable = resolve(sources({role}, {{variable, one.text}}));
    REQUIRE(by_variable);
    CHECK(one.holds(*by_variable));
  }
}

TEST_CASE("every working option has a sample above", "[options]") {
  for (auto& row : option_table()) {
    auto known = std::any_of(samples.begin(), samples.end(), [&](auto& one) {
      return one.key == row.key;
    });
    auto apart = row.key == "head" || row.key == "address"
                 || row.key == "redis-password-file";
    INFO(row.key);
    CHECK((known || apart || !row.works));
  }
}

TEST_CASE("a flag wins over the environment, that over the file",
          "[options]") {
  temporary_folder folder;
  auto file = folder.write("a.conf", "[rayd]\nhead=true\nnum-cpus=1\n");
  CHECK(resolve(sources({}, {}, file))->num_cpus == 1);
  CHECK(resolve(sources({}, {{"RAY_NUM_CPUS", "2"}}, file))->num_cpus == 2);
  CHECK(resolve(sources({{"num-cpus", "3"}}, {{"RAY_NUM_CPUS", "2"}}, file))
          ->num_cpus
        == 3);
  auto joined = resolve(sources({{"address", "h:1"}}, {}, file));
  REQUIRE(joined);
  CHECK(joined->role == node_role::node);
  CHECK(joined->head == endpoint{"h", 1});
}

TEST_CASE("defaults follow the machine", "[options]") {
  auto options = resolve(sources({{"head", "true"}}));
  REQUIRE(options);
  CHECK(options->num_cpus == usable_cpus());
  CHECK(options->object_store_memory <= usable_memory() / 10 * 3 + (1 << 20));
  CHECK(options->memory + options->object_store_memory <= usable_memory());
  CHECK(options->port == 6379);
  CHECK(options->session_base == default_session_base());
  CHECK(options->listen_host() == "127.0.0.1");
  CHECK(options->total_resources().amount("CPU") == usable_cpus());
}

TEST_CASE("a given secret opens all interfaces, --host decides", "[options]") {
  auto given = resolve(sources({{"head", "true"}, {"redis-password", "s"}}));
  CHECK(given->listen_host() == "0.0.0.0");
  CHECK(given->password_origin == secret_origin::flag);
  auto host = resolve(sources({{"head", "true"}, {"host", "::1"}}));
  CHECK(host->listen_host() == "::1");
  temporary_folder folder;
  auto file = folder.write("s", "canary\n");
  auto by_file = resolve(
    sources({{"head", "true"}}, {{"RAY_REDIS_PASSWORD_FILE", file}}));
  REQUIRE(by_file);
  CHECK(by_file->password.reveal() == "canary");
  CHECK(by_file->password_file == file);
  // The flag's kind of secret wins over the environment's other kind.
  auto both = resolve(sources({{"head", "true"}, {"redis-password", "flag"}},
                              {{"RAY_REDIS_PASSWORD_FILE", file}}));
  CHECK(both->password.reveal() == "flag");
}

TEST_CASE("wrong values name their place and what is expected",
          "[options]") {
  std::pair<std::string, std::string> head{"head", "true"};
  CHECK(problem(sources({head, {"port", "70000"}}))
        == "--port: \"70000\" is not a port: a number of 0 to 65535 is "
           "expected");
  CHECK(problem(sources({head}, {{"RAY_NUM_CPUS", "many"}}))
        == "RAY_NUM_CPUS: \"many\" is not an amount: a number of 0 to 1000000 "
           "is expected");
  CHECK(problem(sources({{"address", "a:b:c"}}))
        == "--address: \"a:b:c\" is not an address: IPv6 hosts stand in "
           "brackets, [::1]:6379");
  CHECK(problem(sources({{"num-cpu", "1"}}))
        == "unknown flag --num-cpu, did you mean --num-cpus?");
  CHECK(problem(sources({}))
        == "neither --head nor --address is given: --head founds a cluster, "
           "--address=HOST:PORT joins one");
  CHECK(problem(sources({head, {"address", "h"}}))
        == "--head and --address contradict each other: --head founds a "
           "cluster, --address joins one");
  CHECK(problem(sources({{"address", "h"}, {"port", "1"}}))
        == "--port is for the head only: a node's own port is --node-port");
  CHECK(problem(sources({head, {"resources", "CPU=1"}}))
        == "--resources: CPU is not a resource of your own: use num-cpus");
  CHECK(problem(sources({head, {"lanes", "fast"}}))
        == "--lanes: \"fast\" is not a kind of lane: auto or basp is "
           "expected");
  CHECK(problem(sources({head, {"object-store-memory", "1MiB"}}))
        == "--object-store-memory: \"1MiB\" is too small: an object store has "
           "at least 16MiB");
  CHECK(problem(sources({head, {"object-store-memory", "1000TiB"}}))
          .find("is more than the")
        != std::string::npos);
}

TEST_CASE("what does not work yet is refused by name", "[options]") {
  for (auto& row : option_table()) {
    if (row.works)
      continue;
    INFO(row.key);
    std::string key{row.key};
    CHECK(problem(sources({{"head", "true"}, {key, "x"}}))
          == "--" + key + " does not work yet: leave it out");
  }
  CHECK(file_problem("[rayd]\ncontrol-store=\"x\"\n")
        == "x.conf:2: control-store does not work yet: leave it out");
}

TEST_CASE("wrong files name file, line and nearest name", "[options]") {
  CHECK(file_problem("[rayd]\n\nnum_cpus=4\n")
        == "x.conf:3: unknown key \"num_cpus\", did you mean num-cpus?");
  CHECK(file_problem("[rayd]\nbanana=4\n")
        == "x.conf:2: unknown key \"banana\"");
  CHECK(file_problem("[ryad]\nport=4\n")
        == "x.conf:2: unknown section [ryad], did you mean rayd?");
  CHECK(file_problem("[weather]\n")
        == "x.conf:1: unknown section [weather]: the section is [rayd]");
  CHECK(file_problem("port=4\n")
        == "x.conf:1: key \"port\" stands before any section: write [rayd] "
           "above it");
  CHECK(file_problem("[cluster]\nname=\"lab\"\n")
        == "x.conf:2: section [cluster] is for rayd up: use [rayd]");
  CHECK(file_problem("[rayd]\nport=\"6379\"\n")
        == "x.conf:2: port needs an integer such as 6379, not a text");
  CHECK(file_problem("[rayd]\nblock=1\n")
        == "x.conf:2: block needs true or false, not an integer");
  CHECK(file_problem("[rayd]\nport=-1\n")
        == "x.conf:2: port: \"-1\" is not a port: a number of 0 to 65535 is "
           "expected");
  CHECK(file_problem("[rayd]\nresources={a=\"x\"}\n")
        == "x.conf:2: resources needs {name=amount, ...}, but a is a text");
}

TEST_CASE("a secret in a file needs a closed file and is never shown",
          "[options]") {
  auto body = "[rayd]\nredis-password=\"canary\"\n";
  CHECK(file_problem(body) == "accepted");
  CHECK(file_problem(body, 0644)
        == "x.conf:2: redis-password needs a file that only you can read: run "
           "chmod 600 x.conf");
  CHECK(problem(sources({{"head", "true"},
                         {"redis-password", "canary\nx"}}))
        == "--redis-password: a secret is one line of 1 to 1024 bytes");
}

TEST_CASE("a private cluster listens nowhere and follows this process",
          "[options]") {
  auto options = resolve_private(
    sources({{"num-cpus", "2"}}, {{"RAY_REDIS_PASSWORD", "s"}}));
  REQUIRE(options);
  CHECK(options->private_cluster);
  CHECK(options->listen_host().empty());
  CHECK(options->password.empty());
  CHECK(options->num_cpus == 2);
  CHECK(options->object_store_prefault == 0);
  CHECK(process_identity{options->parent_pid, options->parent_start_time}
        == own_identity());
}

TEST_CASE("options pass through the pipe unchanged", "[options]") {
  auto options = resolve(sources({{"head", "true"},
                                  {"redis-password", "canary"},
                                  {"resources", "a=1"},
                                  {"labels", "zone=a"},
                                  {"lanes", "basp"},
                                  {"start-timeout", "7s"}}));
  REQUIRE(options);
  auto line = to_pipe_json(*options);
  CHECK(line.back() == '\n');
  auto copy = from_pipe_json(line);
  REQUIRE(copy);
  CHECK(to_pipe_json(*copy) == line);
  CHECK(copy->password.reveal() == "canary");
  auto bad = from_pipe_json("{\"password\": \"canary\", 1}");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find("canary") == std::string::npos);
}
