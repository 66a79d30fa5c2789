#include "fixture.hpp"

#include "control_store/dump.hpp"
#include "control_store/redis_link.hpp"
#include "control_store/redis_process.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

using namespace rayd;
using namespace rayd::test;

namespace {

int free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(probe, raw, size) == 0);
  REQUIRE(::getsockname(probe, raw, &size) == 0);
  ::close(probe);
  return ntohs(address.sin_port);
}

/// A Redis as someone else would run it.
class other_redis {
public:
  explicit other_redis(const session_folder& folder)
    : address_{fmt::format("127.0.0.1:{}", free_port())} {
    const auto file = folder.path() + "/other.conf";
    std::ofstream{file} << fmt::format(
      "bind 127.0.0.1\nport {}\nrequirepass theirs\nsave \"\"\ndir {}\n"
      "logfile other.log\n",
      address_.substr(10), folder.path());
    auto program = find_redis(std::getenv("PATH"));
    REQUIRE(program);
    char* arguments[] = {program->argv0.data(), const_cast<char*>(file.c_str()),
                         nullptr};
    REQUIRE(::posix_spawn(&pid_, program->path.c_str(), nullptr, nullptr,
                          arguments, nullptr)
            == 0);
  }

  ~other_redis() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  const std::string& address() const { return address_; }

  redis_link link() const {
    auto made = redis_link::open({{}, address_, "theirs"},
                                 redis_link::clock::now() + 5s,
                                 [] { return true; });
    REQUIRE(made);
    return *std::move(made);
  }

private:
  std::string address_;
  pid_t pid_ = 0;
};

control_store_options options_for(const session_folder& folder,
                                  const other_redis& redis) {
  control_store_options options;
  options.session_dir = folder.path();
  options.address = redis.address();
  options.password = "theirs";
  return options;
}

put_entity squares() {
  job_entity job;
  job.number = 1;
  job.name = "squares";
  return describe(job);
}

} // namespace

TEST_CASE("an existing Redis is used and left running", "[control_store]") {
  session_folder folder;
  other_redis redis{folder};
  {
    store_user user{options_for(folder, redis)};
    CHECK(user.ask<store_opened>(open_store{})->epoch == 1);
    user.tell(squares());
    CHECK(user.ask<store_figures>(sync_store{}));
  }
  std::ostringstream out;
  CHECK(dump_session(folder.path(), out, out) == 0);
  CHECK(out.str().find("squares") != std::string::npos);
}

TEST_CASE("a Redis with something else in it, or a wrong password, is refused",
          "[control_store]") {
  session_folder folder;
  other_redis redis{folder};
  auto options = options_for(folder, redis);
  CHECK(redis.link().call({"SET", "theirs", "1"}, 1s));
  {
    store_user user{options};
    CHECK(!user.ask<store_opened>(open_store{}));
    CHECK(user.reason().find("1 keys of something else") != std::string::npos);
  }
  options.password = "wrong";
  store_user user{options};
  CHECK(!user.ask<store_opened>(open_store{}));
  CHECK(user.reason().find("refuses the password") != std::string::npos);
  std::ostringstream out;
  CHECK(dump_session(folder.path(), out, out) == 3);
}

TEST_CASE("a full Redis is a typed error, and what waited goes in afterwards",
          "[control_store]") {
  session_folder folder;
  other_redis redis{folder};
  store_user user{options_for(folder, redis)};
  CHECK(user.ask<store_opened>(open_store{}));
  auto link = redis.link();
  CHECK(link.call({"CONFIG", "SET", "maxmemory", "1"}, 1s));
  user.tell(squares());
  CHECK(!user.ask<store_figures>(sync_store{}));
  CHECK(user.reason().find("OOM") != std::string::npos);
  CHECK(link.call({"CONFIG", "SET", "maxmemory", "0"}, 1s));
  while (!user.ask<store_figures>(sync_store{}))
    sched_yield();
  CHECK(user.ask<std::string>(list_store{"job", 0})->find("squares")
        != std::string::npos);
}

TEST_CASE("a head that was replaced by another stops writing",
          "[control_store]") {
  session_folder folder;
  session_folder second_folder;
  other_redis redis{folder};
  store_user first{options_for(folder, redis)};
  CHECK(first.ask<store_opened>(open_store{}));
  auto options = options_for(second_folder, redis);
  store_user second{options};
  CHECK(second.ask<store_opened>(open_store{})->epoch == 2);
  // Its next look at the store is when it connects again.
  CHECK(redis.link().call({"CLIENT", "KILL", "TYPE", "normal"}, 1s));
  first.tell(squares());
  CHECK(!first.ask<store_figures>(sync_store{}));
  CHECK(first.reason().find("another head (epoch 2)") != std::string::npos);
}
