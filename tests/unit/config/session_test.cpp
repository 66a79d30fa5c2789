#include "catch.hpp"

#include "config/session.hpp"
#include "temporary_folder.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace rayd;
namespace fs = std::filesystem;

namespace {

node_options options_in(const fs::path& base) {
  node_options options;
  options.session_base = base;
  return options;
}

/// A session with a record of our making.
session fake(const fs::path& base, const std::string& name, node_role role,
             bool live, std::int64_t started_ms) {
  session made;
  made.folder = base / name;
  fs::create_directories(made.folder / "logs");
  made.record.process = live ? own_identity() : process_identity{1, 1};
  made.record.role = role;
  made.record.node_id = "n" + std::to_string(started_ms);
  made.record.host = "10.0.0.1";
  made.record.port = 6379;
  made.record.state = "running";
  made.record.started_ms = started_ms;
  REQUIRE(write_record(made));
  return made;
}

unsigned mode_of(const fs::path& path) {
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

} // namespace

TEST_CASE("a session is a closed folder with a true record", "[session]") {
  temporary_folder folder;
  auto made = create_session(options_in(folder.path() / "a/rayd"));
  REQUIRE(made);
  CHECK(mode_of(folder.path() / "a/rayd") == 0700);
  CHECK(mode_of(made->folder) == 0700);
  CHECK(mode_of(made->folder / "node.json") == 0600);
  CHECK(mode_of(made->control_folder()) == 0700);
  CHECK(made->record.process == own_identity());
  CHECK(made->is_live());
  made->record.node_id = "n3";
  made->record.state = "running";
  REQUIRE(write_record(*made));
  auto found = find_node(folder.path() / "a/rayd", "n3");
  REQUIRE(found);
  CHECK(found->folder == made->folder);
  CHECK(found->record.socket == made->socket_path());
  auto second = create_session(options_in(folder.path() / "a/rayd"));
  REQUIRE(second);
  CHECK(second->folder != made->folder);
}

TEST_CASE("a base that others can open is refused", "[session]") {
  temporary_folder folder;
  auto base = folder.path() / "open";
  fs::create_directory(base);
  fs::permissions(base, fs::perms{0755});
  auto made = create_session(options_in(base));
  REQUIRE_FALSE(made);
  CHECK(made.error().message
        == "the session folder " + base.string() + " has mode 0755: run chmod "
             "700 " + base.string() + ", since it holds sockets and secrets");
  auto file = folder.write("file", "");
  CHECK_FALSE(create_session(options_in(file)));
}

TEST_CASE("a socket path that the kernel cannot take is refused",
          "[session]") {
  temporary_folder folder;
  auto made = create_session(
    options_in(folder.path() / std::string(100, 'x')));
  REQUIRE_FALSE(made);
  CHECK(made.error().message.find("give a shorter --session-dir")
        != std::string::npos);
}

TEST_CASE("a record counts only with its process", "[session]") {
  temporary_folder folder;
  fake(folder.path(), "20260101-000000-1-head", node_role::head, false, 1);
  CHECK(all_sessions(folder.path()).size() == 1);
  CHECK(running_sessions(folder.path()).empty());
  CHECK_FALSE(find_auto(folder.path()));
  folder.write("20260101-000001-2-head/node.json", "not json");
  CHECK(all_sessions(folder.path()).size() == 2);
  CHECK(running_sessions(folder.path()).empty());
  CHECK(all_sessions(folder.path() / "none").empty());
}

TEST_CASE("auto means the head, else the node started last", "[session]") {
  temporary_folder folder;
  auto& base = folder.path();
  fake(base, "20260101-000001-1-node", node_role::node, true, 1);
  auto later = fake(base, "20260101-000002-1-node", node_role::node, true, 2);
  CHECK(find_auto(base)->folder == later.folder);
  auto head = fake(base, "20260101-000000-1-head", node_role::head, true, 0);
  CHECK(find_auto(base)->folder == head.folder);
  fake(base, "20260101-000009-1-head", node_role::head, false, 9);
  CHECK(find_auto(base)->folder == head.folder);
  auto hidden = fake(base, "20260101-000010-1-head", node_role::head, true, 10);
  hidden.record.is_private = true;
  REQUIRE(write_record(hidden));
  CHECK(find_auto(base)->folder == head.folder);
}

TEST_CASE("a local join finds the local head's secret", "[session]") {
  temporary_folder folder;
  auto head = fake(folder.path(), "20260101-000000-1-head", node_role::head,
                   true, 1);
  REQUIRE(write_secret(head, secret{"canary"}));
  CHECK(mode_of(head.secret_path()) == 0600);
  for (auto host : {"localhost", "127.0.0.1", "::1", "10.0.0.1"}) {
    auto found = find_local_head(folder.path(), {host, 6379});
    REQUIRE(found);
    CHECK(read_secret(found->record.secret_file)->reveal() == "canary");
  }
  CHECK_FALSE(find_local_head(folder.path(), {"localhost", 6380}));
  CHECK_FALSE(find_local_head(folder.path(), {"10.0.0.2", 6379}));
}

TEST_CASE("an ended session keeps logs and loses the rest", "[session]") {
  temporary_folder folder;
  auto head = fake(folder.path(), "20260101-000000-1-head", node_role::head,
                   true, 1);
  REQUIRE(write_secret(head, secret{"canary"}));
  REQUIRE(record_process(head.folder, {1, 1}, "redis"));
  folder.write("20260101-000000-1-head/logs/node.log", "words");
  int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto path = head.socket_path().string();
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address)
          == 0);
  ::close(fd);
  end_session(head);
  CHECK_FALSE(fs::exists(head.socket_path()));
  CHECK_FALSE(fs::exists(head.secret_path()));
  CHECK_FALSE(fs::exists(head.folder / "processes"));
  CHECK(fs::exists(head.node_log()));
  auto again = all_sessions(folder.path());
  CHECK(again[0].record.state == "ended");
  CHECK(again[0].record.secret_file.empty());
}

TEST_CASE("the last five ended sessions stay, running ones always",
          "[session]") {
  temporary_folder folder;
  for (int i = 0; i < 8; ++i)
    fake(folder.path(), "20260101-00000" + std::to_string(i) + "-1-head",
         node_role::head, i == 0, i);
  CHECK(prune_sessions(folder.path()) == 2);
  auto left = all_sessions(folder.path());
  REQUIRE(left.size() == 6);
  CHECK(left[0].is_live());
  CHECK(left[1].record.started_ms == 3);
}

TEST_CASE("ended sessions are bounded in bytes but the newest stays",
          "[session]") {
  temporary_folder folder;
  for (int i = 0; i < 3; ++i) {
    auto name = "20260101-00000" + std::to_string(i) + "-1-head";
    fake(folder.path(), name, node_role::head, false, i);
    folder.write(name + "/logs/big", std::string(100'000, 'x'));
  }
  CHECK(prune_sessions(folder.path(), {5, 250'000}) == 1);
  CHECK(prune_sessions(folder.path(), {5, 1}) == 1);
  CHECK(all_sessions(folder.path())[0].record.started_ms == 2);
}

TEST_CASE("a process is known by number and start time", "[process]") {
  auto self = own_identity();
  CHECK(self.start_time > 0);
  CHECK(is_running(self));
  auto other = self;
  ++other.start_time;
  CHECK_FALSE(is_running(other));
  CHECK_FALSE(signal_process(other, 0));
  CHECK(signal_process(self, 0));
  CHECK(await_end(other, std::chrono::milliseconds{0}));
  CHECK_FALSE(await_end(self, std::chrono::milliseconds{0}));
  CHECK_FALSE(identify_process(0));
  CHECK(members_of_session(1).empty());
}
