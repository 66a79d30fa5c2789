// What other users of the machine cannot open, and what the private Redis
// refuses even to its own user.

#include "system/cluster.hpp"
#include "system/kernel_view.hpp"

#include "catch.hpp"

#include <hiredis/hiredis.h>

#include <fstream>
#include <memory>

#include <sys/stat.h>
#include <unistd.h>

using namespace rayd::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;

/// Permissions of group and others.
unsigned foreign_rights(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 077 : 0777;
}

/// A command as the user "nobody"; needs root.
outcome as_nobody(std::vector<std::string> words) {
  std::vector<std::string> arguments{"setpriv", "--reuid=65534",
                                     "--regid=65534", "--clear-groups"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  return run({arguments});
}

struct end_context {
  void operator()(redisContext* link) const noexcept { ::redisFree(link); }
};
using redis = std::unique_ptr<redisContext, end_context>;

redis connect_redis(const fs::path& session) {
  return redis{::redisConnectUnix((session / "control/redis.sock").c_str())};
}

/// The answer as text; errors begin with "error: ".
std::string ask(const redis& link, const std::string& command) {
  std::unique_ptr<redisReply, void (*)(void*)> reply{
    static_cast<redisReply*>(::redisCommand(link.get(), command.c_str())),
    ::freeReplyObject};
  if (!reply)
    return "no answer";
  const std::string text{reply->str != nullptr ? reply->str : "", reply->len};
  return reply->type == REDIS_REPLY_ERROR ? "error: " + text : text;
}

} // namespace

TEST_CASE("session folders and all in them are closed to other users") {
  RAYD_NEEDS_PROGRAM("census");
  cluster place;
  // As open as it could be above and around.
  fs::permissions(place.base(), fs::perms{0755});
  const auto before = ::umask(0);
  place.start_head({"--num-cpus=2"});
  place.start_node({"--num-cpus=1"});
  const auto go = place.base() / "tmp" / "go";
  running driver{place.program("census", {go.string()},
                               {{"RAY_ADDRESS", "auto"}})};
  ::umask(before);
  REQUIRE(driver.wait_for_output("ready", 10s));
  CHECK(foreign_rights(place.base() / "rayd") == 0);
  int entries = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator{place.base() / "rayd"}) {
    INFO(entry.path());
    ++entries;
    CHECK(foreign_rights(entry.path()) == 0);
  }
  CHECK(entries > 15);
  const auto check_stranger = [&] {
    RAYD_SKIP_IF(::geteuid() != 0, "only root can become another user");
    for (const auto& node : place.nodes()) {
      for (const auto& path :
           {node.folder / "node.json", node.folder / "logs" / "node.log",
            node.folder / "control" / "password", node.folder / "secret"})
        CHECK(as_nobody({"cat", path}).exit_code != 0);
      CHECK(as_nobody({"ls", node.folder}).exit_code != 0);
      const auto socket = (node.folder / "node.sock").string();
      const auto dial = as_nobody(
        {"python3", "-c",
         "import socket, sys\n"
         "socket.socket(socket.AF_UNIX).connect(sys.argv[1])",
         socket});
      CHECK(dial.exit_code != 0);
      CHECK_THAT(dial.err, Contains("Permission denied"));
      // The memory of the store has no name but this one.
      CHECK(as_nobody({"ls", "/proc/" + std::to_string(node.pid) + "/fd"})
              .exit_code
            != 0);
    }
    // The folder's rights are not the only ones.
    for (const auto& node : place.nodes())
      fs::permissions(node.folder, fs::perms{0755});
    fs::permissions(place.base() / "rayd", fs::perms{0755});
    for (const auto& node : place.nodes())
      for (const auto& path : {node.folder / "node.json",
                               node.folder / "logs" / "node.log"})
        CHECK(as_nobody({"cat", path}).exit_code != 0);
    fs::permissions(place.base() / "rayd", fs::perms{0700});
    // Without folders in the way, the gate looks at the user itself.
    const auto status = as_nobody({program_path("rayd"), "status"});
    CHECK(status.exit_code != 0);
  };
  check_stranger();
  std::ofstream{go};
  CHECK(driver.wait(5s).exit_code == 0);
  fs::remove(go);
}

TEST_CASE("a session folder that others could write to is refused") {
  cluster place;
  fs::create_directory(place.base() / "open");
  fs::permissions(place.base() / "open", fs::perms{0777});
  const auto done = place.rayd(
    {"start", "--head", "--port=0",
     "--session-dir=" + (place.base() / "open").string()});
  INFO(to_string(done));
  CHECK(done.exit_code == 2);
  CHECK_THAT(done.err, Contains("0777") && Contains("chmod 700"));
  CHECK(fs::is_empty(place.base() / "open"));
}

TEST_CASE("the head's Redis has no port, wants its password, can do little") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  const auto nodes = place.nodes();
  REQUIRE(nodes.size() == 1);
  const auto& session = nodes[0].folder;
  for (const long pid : children_of(nodes[0].pid, pids_of(place.processes())))
    CHECK(tcp_listeners(pid).empty());
  const auto password = file_text(session / "control" / "password");
  CHECK(password.size() >= 32);
  CHECK_THAT(file_text(session / "secret"), !Contains(password));

  auto link = connect_redis(session);
  CHECK_THAT(ask(link, "KEYS *"), Contains("NOAUTH"));
  CHECK_THAT(ask(link, "AUTH wrong"), Contains("WRONGPASS"));
  CHECK(ask(link, "AUTH " + password) == "OK");
  CHECK(ask(link, "HGET rayd:node:n1 state") == "alive");
  CHECK(ask(link, "HGET rayd:node:n1 role") == "head");
  CHECK(ask(link, "HGET rayd:node:n1 address") == place.address());
  for (const std::string command :
       {"CONFIG GET dir", "FLUSHALL", "FLUSHDB", "DEBUG SLEEP 1", "SHUTDOWN",
        "MODULE LIST", "REPLICAOF NO ONE", "SLAVEOF NO ONE", "EVAL x 0",
        "SCRIPT LOAD x", "MIGRATE h 1 k 0 1", "MONITOR", "ACL LIST", "SAVE",
        "BGSAVE", "SYNC", "PSYNC ? -1"})
    CHECK_THAT(ask(link, command), Contains("error: ERR unknown command"));
  CHECK(ask(link, "HGET rayd:node:n1 state") == "alive");
}
