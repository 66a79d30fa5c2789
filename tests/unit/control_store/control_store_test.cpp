#include "fixture.hpp"

#include "control_store/redis_link.hpp"
#include "control_store/redis_process.hpp"

#include <fmt/format.h>

#include <iostream>

using namespace rayd;
using namespace rayd::test;

TEST_CASE("a store opens and closes quickly and leaves no process or socket",
          "[control_store]") {
  session_folder folder;
  const auto begin = clock_type::now();
  store_user user{options_for(folder)};
  const auto opened = user.ask<store_opened>(open_store{});
  const auto opening = milliseconds_since(begin);
  REQUIRE(opened);
  CHECK(opened->epoch == 1);
  CHECK(opened->was_empty);
  CHECK(opened->cluster.size() == 16);
  CHECK(children().size() == 1);
  const auto closing = clock_type::now();
  user.close();
  std::cout << fmt::format("store: opened in {:.1f} ms, closed in {:.1f} ms\n",
                           opening, milliseconds_since(closing));
  CHECK(children().empty());
}

TEST_CASE("numbers are never given twice, also by the next head",
          "[control_store]") {
  session_folder folder;
  std::uint32_t last = 0;
  for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) {
    store_user user{options_for(folder)};
    CHECK(user.ask<store_opened>(open_store{})->epoch == epoch);
    for (int i = 0; i < 20; ++i) {
      const auto next = user.ask<std::uint32_t>(next_node_index{});
      REQUIRE(next);
      CHECK(*next > last);
      CHECK(*next < 0xffffff);
      last = *next;
    }
    CHECK(user.ask<std::uint32_t>(next_job_number{}) >= 1u);
  }
}

TEST_CASE("what was put is listed after it", "[control_store]") {
  session_folder folder;
  store_user user{options_for(folder)};
  user.tell(node(2));
  user.tell(node(10));
  actor_entity hits;
  hits.id = {5, 6};
  hits.name = "hits";
  user.tell(describe(hits));
  user.tell(put_actor_name{"hits", to_string(hits.id)});
  user.tell(mirror({task_of(1, task_state::running)}));
  user.tell(mirror(
    {task_of(1, task_state::finished), task_of(2, task_state::running)}));
  object_record object{{7, 8}, 100, 1, {1, 2}, false};
  user.tell(mirror_objects{1, encode_block(std::span{&object, 1})});
  const auto nodes = user.ask<std::string>(list_store{"node", 0});
  REQUIRE(nodes);
  CHECK(count_lines(*nodes, R"("resources":{"CPU":4.0})") == 2);
  CHECK(nodes->find("\"n2\"") < nodes->find("\"n10\""));
  const auto tasks = user.ask<std::string>(list_store{"task", 0});
  REQUIRE(tasks);
  CHECK(count_lines(*tasks, "") == 2);
  CHECK(count_lines(*tasks, "\"finished\"") == 1);
  CHECK(count_lines(*tasks, R"("placed_by":"global")") == 2);
  CHECK(count_lines(*user.ask<std::string>(list_store{"task", 1}), "") == 1);
  CHECK(user.ask<std::string>(list_store{"object", 0})->find("[\"n1\",\"n2\"]")
        != std::string::npos);
  CHECK(user.ask<std::string>(list_store{"actor_name", 0})->find("hits")
        != std::string::npos);
  user.tell(put_actor_name{"hits", ""});
  CHECK(user.ask<std::string>(list_store{"actor_name", 0}) == "");
  CHECK(!user.ask<std::string>(list_store{"cow", 0}));
  CHECK(user.reason().find("keeps no") != std::string::npos);
}

TEST_CASE("a dump of the running and of the dead cluster are equal",
          "[control_store]") {
  session_folder folder;
  std::string live;
  {
    store_user user{options_for(folder)};
    user.tell(node(1));
    for (std::uint64_t n = 1; n <= 2000; ++n)
      user.tell(mirror({task_of(n, task_state::finished)}));
    CHECK(user.ask<store_figures>(sync_store{}));
    live = dump(folder);
    CHECK(count_lines(live, "\"kind\":\"task\"") == 2000);
    CHECK(count_lines(live, "\"kind\":\"node\"") == 1);
  }
  CHECK(dump(folder) == live);
}

TEST_CASE("a folder without a store is refused in one sentence",
          "[control_store]") {
  session_folder folder;
  CHECK(dump(folder, 1).find("holds no control state") != std::string::npos);
}

TEST_CASE("the private Redis has no TCP port, asks for the password and does "
          "not know dangerous commands",
          "[control_store]") {
  session_folder folder;
  store_user user{options_for(folder)};
  CHECK(user.ask<store_opened>(open_store{}));
  const auto pid = children().at(0);
  std::string tcp;
  for (const char* table : {"tcp", "tcp6"}) {
    std::ifstream in{fmt::format("/proc/{}/net/{}", pid, table)};
    tcp.append(std::istreambuf_iterator<char>{in}, {});
  }
  std::size_t sockets = 0;
  for (const auto& entry :
       fs::directory_iterator{fmt::format("/proc/{}/fd", pid)}) {
    std::error_code gone;
    const auto target = fs::read_symlink(entry.path(), gone).string();
    if (target.starts_with("socket:[")) {
      ++sockets;
      const auto inode = target.substr(8, target.size() - 9);
      CHECK(tcp.find(' ' + inode + ' ') == std::string::npos);
    }
  }
  CHECK(sockets > 0);
  const auto control = folder.path() + "/control";
  CHECK(fs::status(control).permissions() == fs::perms::owner_all);
  CHECK(fs::status(control + "/redis.sock").permissions()
        == fs::perms::owner_all);
  std::ifstream words{fmt::format("/proc/{}/cmdline", pid)};
  const std::string argv{std::istreambuf_iterator<char>{words}, {}};
  CHECK(argv.find("secret") == std::string::npos);
  const auto open = [&](std::string password) {
    return redis_link::open({control, {}, std::move(password)},
                            clock_type::now() + 2s, [] { return true; });
  };
  CHECK(!open(""));
  CHECK(open("wrong").error().message.find("refuses the password")
        != std::string::npos);
  auto link = open(options_for(folder).password);
  REQUIRE(link);
  for (const char* command : {"CONFIG", "FLUSHALL", "SHUTDOWN", "DEBUG", "EVAL",
                              "MODULE", "REPLICAOF"}) {
    const auto answer = link->call({command, "x", "y"}, 1s);
    REQUIRE(!answer);
    CHECK(answer.error().message.find("unknown command") != std::string::npos);
  }
}

TEST_CASE("a block that is no block is counted and dropped",
          "[control_store]") {
  session_folder folder;
  store_user user{options_for(folder)};
  user.tell(mirror_tasks{1, "not a block"});
  user.tell(mirror_tasks{1, std::string(max_block_bytes + 8, 'x')});
  CHECK(user.ask<store_figures>(sync_store{})->damaged_blocks == 2);
}

TEST_CASE("tables stay within their limits and say what they dropped",
          "[control_store]") {
  session_folder folder;
  auto options = options_for(folder);
  options.limits.block_records = 10;
  options.limits.task_records = 100;
  options.limits.ended_entities = 3;
  store_user user{options};
  for (std::uint64_t n = 1; n <= 1000; ++n)
    user.tell(mirror({task_of(n, task_state::finished)}));
  for (node_index index = 1; index <= 10; ++index) {
    auto dead = node(index);
    dead.ended = index % 2 == 0;
    user.tell(dead);
  }
  const auto all = user.ask<std::string>(list_store{"", 0});
  REQUIRE(all);
  CHECK(count_lines(*all, "\"kind\":\"task\"") == 100);
  CHECK(count_lines(*all, R"("table":"tasks","count":900)") == 1);
  CHECK(count_lines(*all, "\"kind\":\"node\"") == 8);
  CHECK(count_lines(*all, R"("table":"node","count":2)") == 1);
}

TEST_CASE("records go through at a rate of hundreds of thousands",
          "[control_store]") {
  session_folder folder;
  store_user user{options_for(folder)};
  CHECK(user.ask<store_opened>(open_store{}));
  constexpr std::uint64_t batch = 100;
  constexpr std::uint64_t total = 200'000;
  const auto begin = clock_type::now();
  for (std::uint64_t n = 0; n < total; n += batch) {
    std::vector<task_record> tasks;
    for (std::uint64_t i = 0; i < batch; ++i)
      tasks.push_back(task_of(n + i, task_state::finished));
    user.tell(mirror_tasks{1, encode_block(tasks)});
  }
  CHECK(user.ask<store_figures>(sync_store{})->skipped_records == 0);
  const auto taken = milliseconds_since(begin);
  std::cout << fmt::format("store: {:.0f} k task records per second, batches "
                           "of {}\n",
                           static_cast<double>(total) / taken, batch);
  CHECK(taken < 10'000);
}

TEST_CASE("Redis is found under both names, and its absence named",
          "[control_store]") {
  session_folder folder;
  CHECK(find_redis("/nowhere:" + folder.path())
          .error()
          .message.find("install the package redis-tools")
        != std::string::npos);
  for (const char* name : {"redis-check-rdb", "redis-server"}) {
    const auto file = folder.path() + "/" + name;
    std::ofstream{file} << "#!/bin/sh\n";
    fs::permissions(file, fs::perms::owner_all);
    const auto found = find_redis("/nowhere:" + folder.path());
    REQUIRE(found);
    CHECK(found->path == file);
    CHECK(found->argv0 == "redis-server");
  }
}
