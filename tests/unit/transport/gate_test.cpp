#include "gate_fixture.hpp"

#include "catch.hpp"

#include "transport/sockets.hpp"

#include <ctime>
#include <filesystem>
#include <iterator>
#include <random>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace rayd;

namespace {

// A plain TCP connection to the gate; blocking.
owned_fd connect_plain(std::uint16_t port) {
  owned_fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    fd.reset();
  return fd;
}

// Reads until the peer closes; false when it did not within 5 s.
bool closes(const owned_fd& fd) {
  timeval limit{5, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  char sink[4096];
  for (;;) {
    const auto got = ::recv(fd.get(), sink, sizeof sink, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
      return true;
    if (got < 0 && errno == EAGAIN)
      return false;
  }
}

dial_error reason(const outcome<dialled, dial_failure>& tried) {
  REQUIRE_FALSE(tried);
  INFO(tried.error().message);
  return tried.error().reason;
}

} // namespace

TEST_CASE("a Unix peer is let in and both know each other", "[gate]") {
  open_gate at;
  at.open();
  REQUIRE(at.door);
  hello greeting;
  greeting.role = peer_role::driver;
  greeting.details = "let me in";
  auto in = dial_unix(at.path, greeting, 5s);
  REQUIRE(in);
  CHECK(in->reply.node == 3);
  CHECK(in->reply.cluster_id == "c1");
  CHECK(in->reply.details == "come in");
  auto guest = at.guests.take();
  CHECK(guest.greeting.details == "let me in");
  CHECK(guest.greeting.pid == ::getpid());
  CHECK(guest.peer.local);
  CHECK(guest.peer.pid == ::getpid());
  CHECK(guest.link == in->reply.link);
  CHECK(guest.link != 0);
  REQUIRE(guest.messages);
  CHECK(::write(guest.messages.get(), "x", 1) == 1);
  char byte = 0;
  REQUIRE(in->channel.read_some(&byte, 1, 5s));
  CHECK(byte == 'x');
}

TEST_CASE("descriptors arrive over a Unix socket, closed on exec", "[gate]") {
  open_gate at;
  owned_fd file{::memfd_create("store", MFD_CLOEXEC)};
  REQUIRE(::write(file.get(), "payload", 7) == 7);
  at.callbacks.decide = [&](const hello&, const peer_info&) -> gate_answer {
    welcome in;
    in.descriptors = {file.get(), file.get()};
    return in;
  };
  at.open();
  auto in = dial_unix(at.path, {}, 5s);
  REQUIRE(in);
  REQUIRE(in->descriptors.size() == 2);
  char text[8]{};
  CHECK(::pread(in->descriptors[1].get(), text, 7, 0) == 7);
  CHECK(std::string{text} == "payload");
  CHECK((::fcntl(in->descriptors[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a TCP peer with the key is let in", "[gate]") {
  open_gate at;
  at.open();
  hello greeting;
  greeting.cluster_id = "c1";
  greeting.use = link_use::bulk;
  auto in = at.dial(greeting);
  REQUIRE(in);
  auto guest = at.guests.take();
  CHECK_FALSE(guest.peer.local);
  REQUIRE(guest.bulk);
  CHECK(guest.bulk.secured());
  REQUIRE(guest.bulk.write_all("hello", 5, 5s));
  char text[6]{};
  REQUIRE(in->channel.read_exactly(text, 5, 5s));
  CHECK(std::string{text} == "hello");
}

TEST_CASE("a wrong key is known as such within a second", "[gate]") {
  open_gate at;
  at.open();
  at.key = test_key(8);
  const auto start = std::chrono::steady_clock::now();
  CHECK(reason(at.dial()) == dial_error::wrong_secret);
  CHECK(std::chrono::steady_clock::now() - start < 1s);
}

TEST_CASE("another version is refused by name", "[gate]") {
  open_gate at;
  at.open();
  hello greeting;
  greeting.rayd_version = "9.9";
  auto tried = at.dial(greeting);
  CHECK(reason(tried) == dial_error::other_version);
  CHECK(tried.error().message.find("9.9") != std::string::npos);
}

TEST_CASE("another cluster is refused by name", "[gate]") {
  open_gate at;
  at.open();
  hello greeting;
  greeting.cluster_id = "c2";
  CHECK(reason(at.dial(greeting)) == dial_error::other_cluster);
  at.door->set_cluster_id("c2");
  CHECK(at.dial(greeting));
}

TEST_CASE("the upper layer's refusal comes with its sentence", "[gate]") {
  open_gate at;
  at.callbacks.decide = [](const hello&, const peer_info&) -> gate_answer {
    return refusal{refusal_reason::refused, "no jobs today"};
  };
  at.open();
  auto tried = dial_unix(at.path, {}, 5s);
  CHECK(reason(tried) == dial_error::refused);
  CHECK(tried.error().message.find("no jobs today") != std::string::npos);
}

TEST_CASE("nobody at the address is unreachable", "[gate]") {
  scratch folder;
  CHECK(reason(dial_unix(folder.path + "/none", {}, 1s))
        == dial_error::unreachable);
}

TEST_CASE("plain text and random bytes at the TLS port are cut off",
          "[gate]") {
  open_gate at;
  at.open();
  std::mt19937 random{11};
  std::string noise(5000, '\0');
  for (auto& byte : noise)
    byte = static_cast<char>(random());
  for (const auto& bytes :
       {std::string{"GET / HTTP/1.1\r\n\r\n"}, noise, std::string(300, '\0')}) {
    auto fd = connect_plain(at.door->port());
    REQUIRE(fd);
    REQUIRE(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0);
    CHECK(closes(fd));
  }
  CHECK(at.dial());
}

TEST_CASE("random bytes at the Unix socket are cut off", "[gate]") {
  open_gate at;
  at.open();
  owned_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto to = unix_address(at.path);
  REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*to),
                    sizeof *to)
          == 0);
  REQUIRE(::send(fd.get(), "nonsense and more", 17, MSG_NOSIGNAL) == 17);
  CHECK(closes(fd));
  CHECK(dial_unix(at.path, {}, 5s));
}

TEST_CASE("a peer whose bytes come one by one is let in", "[gate]") {
  open_gate at;
  at.open();
  // Between both: a relay that carries single bytes.
  owned_fd server{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  REQUIRE(::listen(server.get(), 1) == 0);
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  ::getsockname(server.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  std::thread relay{[&] {
    const owned_fd near{::accept(server.get(), nullptr, nullptr)};
    const owned_fd far = connect_plain(at.door->port());
    tune_tcp(near.get());
    tune_tcp(far.get());
    pollfd ends[] = {{near.get(), POLLIN, 0}, {far.get(), POLLIN, 0}};
    while (::poll(ends, 2, 10'000) > 0)
      for (int i = 0; i < 2; ++i) {
        char byte = 0;
        if (ends[i].revents == 0)
          continue;
        if (::recv(ends[i].fd, &byte, 1, 0) != 1
            || ::send(ends[1 - i].fd, &byte, 1, MSG_NOSIGNAL) != 1)
          return;
      }
  }};
  {
    auto in = dial_tcp("127.0.0.1", ntohs(bound.sin_port), at.key, {}, 5s);
    CHECK(in);
    CHECK(at.guests.take().messages);
  }
  relay.join();
}

TEST_CASE("a silent connection is closed when its patience ends", "[gate]") {
  open_gate at;
  at.options.patience = 100ms;
  at.open();
  auto fd = connect_plain(at.door->port());
  CHECK(closes(fd));
}

TEST_CASE("1,000 idle connections go and service goes on", "[gate]") {
  open_gate at;
  at.options.patience = 1000ms;
  at.open();
  const auto start = std::chrono::steady_clock::now();
  std::vector<owned_fd> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.push_back(connect_plain(at.door->port()));
    REQUIRE(idle.back());
    if (i % 250 == 249) {
      CHECK(at.dial());
    }
  }
  CHECK(at.door->strangers() <= 64);
  for (const auto& fd : idle)
    CHECK(closes(fd));
  CHECK(std::chrono::steady_clock::now() - start < 5s);
  CHECK(at.dial());
}

TEST_CASE("something that is not rayd is told apart", "[dial]") {
  owned_fd server{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  REQUIRE(::listen(server.get(), 8) == 0);
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  ::getsockname(server.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  const auto port = ntohs(bound.sin_port);
  SECTION("it answers with text") {
    std::thread talker{[&] {
      owned_fd fd{::accept(server.get(), nullptr, nullptr)};
      [[maybe_unused]] auto sent
        = ::send(fd.get(), "220 mail ready\r\n", 16, MSG_NOSIGNAL);
      closes(fd);
    }};
    CHECK(reason(dial_tcp("127.0.0.1", port, test_key(1), {}, 5s))
          == dial_error::not_rayd);
    talker.join();
  }
  SECTION("it hangs up") {
    std::thread hanger{
      [&] { owned_fd{::accept(server.get(), nullptr, nullptr)}; }};
    CHECK(reason(dial_tcp("127.0.0.1", port, test_key(1), {}, 5s))
          == dial_error::not_rayd);
    hanger.join();
  }
  SECTION("it says nothing") {
    CHECK(reason(dial_tcp("127.0.0.1", port, test_key(1), {}, 50ms))
          == dial_error::timed_out);
  }
  SECTION("it is gone") {
    server.reset();
    CHECK(reason(dial_tcp("127.0.0.1", port, test_key(1), {}, 5s))
          == dial_error::unreachable);
  }
}

TEST_CASE("a taken port names who has it", "[gate]") {
  open_gate first;
  first.open();
  open_gate second;
  second.options.port = first.door->port();
  auto tried = gate::open(second.options, second.callbacks);
  REQUIRE_FALSE(tried);
  CHECK(tried.error().reason == gate_error::port_taken);
  INFO(tried.error().message);
  CHECK(tried.error().message.find(std::to_string(::getpid()))
        != std::string::npos);
}

TEST_CASE("a live Unix path is taken and a stale one is not", "[gate]") {
  open_gate first;
  first.options.tcp = false;
  first.open();
  auto tried = gate::open(first.options, first.callbacks);
  REQUIRE_FALSE(tried);
  CHECK(tried.error().reason == gate_error::path_taken);
  first.door->stop();
  CHECK_FALSE(std::filesystem::exists(first.path));
  // What a killed process leaves behind.
  owned_fd dead{::socket(AF_UNIX, SOCK_STREAM, 0)};
  const auto at = unix_address(first.path);
  REQUIRE(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&*at),
                 sizeof *at)
          == 0);
  dead.reset();
  CHECK(gate::open(first.options, first.callbacks));
}

TEST_CASE("a folder that others may enter is refused", "[gate]") {
  open_gate at;
  at.options.tcp = false;
  ::mkdir((at.folder.path + "/private").c_str(), 0755);
  auto tried = gate::open(at.options, at.callbacks);
  REQUIRE_FALSE(tried);
  CHECK(tried.error().reason == gate_error::bad_folder);
}

TEST_CASE("only the same user may enter", "[gate]") {
  CHECK(may_enter(1000, 1000));
  CHECK_FALSE(may_enter(0, 1000));
  CHECK_FALSE(may_enter(static_cast<uid_t>(-1), 0));
}

TEST_CASE("without free descriptors the gate pauses and recovers", "[gate]") {
  open_gate at;
  at.open();
  owned_fd waiting{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  owned_fd next{::dup(waiting.get())};
  none.rlim_cur = static_cast<rlim_t>(next.get());
  next.reset();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(at.door->port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int done = ::connect(waiting.get(), reinterpret_cast<sockaddr*>(&to),
                             sizeof to);
  const auto cpu = std::clock();
  const bool answered = wait_for(waiting.get(), POLLIN,
                                 std::chrono::steady_clock::now() + 300ms);
  const double used = double(std::clock() - cpu) / CLOCKS_PER_SEC;
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(done == 0);
  CHECK_FALSE(answered);
  CHECK(used < 0.03);
  CHECK(at.dial({}, 1s));
}

TEST_CASE("a stopped gate leaves no descriptor and no thread", "[gate]") {
  const auto entries = [](const char* folder) {
    return std::distance(std::filesystem::directory_iterator{folder}, {});
  };
  const auto descriptors = entries("/proc/self/fd");
  const auto threads = entries("/proc/self/task");
  {
    open_gate at;
    at.open();
    auto silent = connect_plain(at.door->port());
    for (int i = 0; i < 20; ++i) {
      hello greeting;
      greeting.use = i % 2 == 0 ? link_use::bulk : link_use::messages;
      CHECK(at.dial(greeting));
      CHECK(dial_unix(at.path, greeting, 5s));
    }
    at.key = test_key(9);
    CHECK_FALSE(at.dial());
  }
  CHECK(entries("/proc/self/fd") == descriptors);
  CHECK(entries("/proc/self/task") == threads);
}
