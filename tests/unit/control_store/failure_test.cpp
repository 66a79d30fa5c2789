#include "fixture.hpp"

#include <fmt/format.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

using namespace rayd;
using namespace rayd::test;

namespace {

/// Leaves a socket at which nobody listens.
void leave_socket(const std::string& path) {
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.copy(address.sun_path, sizeof address.sun_path) == path.size());
  REQUIRE(
    ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address)
    == 0);
  ::close(listener);
}

} // namespace

TEST_CASE("an abandoned store ends its Redis by itself", "[control_store]") {
  session_folder folder;
  store_user user{options_for(folder)};
  CHECK(user.ask<store_opened>(open_store{}));
  const auto pid = children().at(0);
  user.abandon();
  // The store's own thread waits for its child; here the process is watched.
  while (fs::exists(fmt::format("/proc/{}", pid)))
    sched_yield();
  while (fs::exists(folder.path() + "/control/redis.sock"))
    sched_yield();
}

TEST_CASE("a killed head takes its Redis with it and can still be dumped",
          "[control_store]") {
  session_folder folder;
  const auto note = folder.path() + "/redis-pid";
  const auto head = ::fork();
  if (head == 0) {
    store_user user{options_for(folder)};
    user.tell(node(1));
    user.ask<store_figures>(sync_store{});
    std::ofstream{note} << children().at(0);
    ::kill(::getpid(), SIGKILL);
  }
  CHECK(::waitpid(head, nullptr, 0) == head);
  const auto begin = clock_type::now();
  pid_t redis = 0;
  std::ifstream{note} >> redis;
  REQUIRE(redis > 0);
  while (runs(redis))
    sched_yield();
  CHECK(milliseconds_since(begin) < 1000);
  // As a Redis leaves it that was killed, too.
  const auto socket = folder.path() + "/control/redis.sock";
  leave_socket(socket);
  CHECK(count_lines(dump(folder), "\"kind\":\"node\"") == 1);
  CHECK(fs::remove(socket));
}

TEST_CASE("a Redis killed with 1,000 unacknowledged writes loses none",
          "[control_store]") {
  session_folder folder;
  store_user user{options_for(folder)};
  CHECK(user.ask<store_opened>(open_store{}));
  for (node_index index = 1; index <= 500; ++index)
    user.tell(node(index));
  CHECK(user.ask<store_figures>(sync_store{}));
  const auto first = children().at(0);
  ::kill(first, SIGSTOP);
  for (node_index index = 501; index <= 1500; ++index) {
    user.tell(node(index));
    user.tell(mirror({task_of(index, task_state::finished)}));
  }
  const auto begin = clock_type::now();
  ::kill(first, SIGKILL);
  const auto figures = user.ask<store_figures>(sync_store{});
  std::cout << fmt::format("store: whole again {:.1f} ms after the kill\n",
                           milliseconds_since(begin));
  REQUIRE(figures);
  CHECK(figures->restarts == 1);
  CHECK(figures->skipped_records == 0);
  CHECK(figures->waiting_bytes == 0);
  CHECK(count_lines(*user.ask<std::string>(list_store{"node", 0}), "") == 1500);
  CHECK(count_lines(*user.ask<std::string>(list_store{"task", 0}), "") == 1000);
  CHECK(children().at(0) != first);
}

TEST_CASE("a Redis killed again and again right after its answers loses none",
          "[control_store]") {
  // It answers up to 2 s before its log has a write, if an fsync takes long.
  session_folder folder;
  store_user user{options_for(folder)};
  node_index written = 0;
  for (std::uint64_t round = 1; round <= 8; ++round) {
    for (int i = 0; i < 200; ++i) {
      user.tell(node(++written));
      user.tell(mirror({task_of(written, task_state::finished)}));
    }
    CHECK(user.ask<store_figures>(sync_store{}));
    ::kill(children().at(0), SIGKILL);
    user.tell(node(++written));
    CHECK(user.ask<store_figures>(sync_store{})->restarts == round);
  }
  CHECK(count_lines(*user.ask<std::string>(list_store{"node", 0}), "")
        == written);
  CHECK(count_lines(*user.ask<std::string>(list_store{"task", 0}), "") == 1600);
}

TEST_CASE("a store that came back empty is refused by name",
          "[control_store]") {
  session_folder folder;
  auto options = options_for(folder);
  options.cluster = "lab";
  store_user user{options};
  CHECK(user.ask<store_opened>(open_store{})->cluster == "lab");
  const auto pid = children().at(0);
  ::kill(pid, SIGSTOP);
  fs::remove_all(folder.path() + "/control/appendonlydir");
  ::kill(pid, SIGKILL);
  user.tell(node(1));
  CHECK(!user.ask<store_figures>(sync_store{}));
  CAPTURE(user.reason());
  CHECK(user.reason().find("cluster lab came back empty") != std::string::npos);
  CHECK(!user.ask<std::uint32_t>(next_node_index{}));
}

TEST_CASE("a folder in which a Redis runs already is refused",
          "[control_store]") {
  session_folder folder;
  auto options = options_for(folder);
  store_user first{options};
  CHECK(first.ask<store_opened>(open_store{}));
  options.patience = 50ms;
  store_user second{options};
  CHECK(!second.ask<store_opened>(open_store{}));
  CHECK(second.reason().find("still runs in") != std::string::npos);
  CHECK(first.ask<store_figures>(sync_store{})->restarts == 0);
}

TEST_CASE("another cluster's store and a missing one are refused",
          "[control_store]") {
  session_folder folder;
  auto options = options_for(folder);
  options.cluster = "lab";
  options.must_exist = true;
  {
    store_user user{options};
    CHECK(!user.ask<store_opened>(open_store{}));
    CHECK(user.reason().find("is empty") != std::string::npos);
  }
  options.must_exist = false;
  { CHECK(store_user{options}.ask<store_opened>(open_store{})); }
  options.cluster = "office";
  store_user user{options};
  CHECK(!user.ask<store_opened>(open_store{}));
  CHECK(user.reason().find("belongs to cluster lab, not to office")
        != std::string::npos);
}

TEST_CASE("a stopped Redis costs bounded memory, and no node, job or actor",
          "[control_store]") {
  session_folder folder;
  auto options = options_for(folder);
  options.limits.waiting_bytes = 4 << 20;
  store_user user{options};
  CHECK(user.ask<store_opened>(open_store{}));
  const auto pid = children().at(0);
  ::kill(pid, SIGSTOP);
  std::vector<task_record> tasks;
  for (std::uint64_t n = 1; n <= 500; ++n)
    tasks.push_back(task_of(n, task_state::finished));
  const auto block = encode_block(tasks);
  for (int round = 0; round < 400; ++round) {
    user.tell(mirror_tasks{1, block});
    user.tell(node(static_cast<node_index>(round + 1)));
  }
  ::kill(pid, SIGCONT);
  const auto figures = user.ask<store_figures>(sync_store{});
  REQUIRE(figures);
  CHECK(figures->skipped_records > 100'000);
  CHECK(figures->skipped_records < 200'000);
  CHECK(count_lines(*user.ask<std::string>(list_store{"node", 0}), "") == 400);
}
