#include "gate_fixture.hpp"

#include "catch.hpp"

#include "transport/sockets.hpp"

#include <openssl/ssl.h>

#include <atomic>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

using namespace rayd;

namespace {

// Both ends of a carried TLS connection, as BASP would have them.
struct carried_pair {
  open_gate at;
  tls_pump pump;
  owned_fd here, there;

  carried_pair() {
    at.open();
    auto in = at.dial();
    REQUIRE(in);
    auto carried = pump.carry(std::move(in->channel));
    REQUIRE(carried);
    here = std::move(*carried);
    there = at.guests.take().messages;
    REQUIRE(there);
  }
};

std::chrono::steady_clock::time_point in_10s() {
  return std::chrono::steady_clock::now() + 10s;
}

// Writes what goes without waiting longer than *patience* for room.
std::size_t push(int fd, std::size_t most, std::chrono::milliseconds patience) {
  const std::vector<char> block(64 << 10, 'p');
  std::size_t done = 0;
  while (done < most) {
    const auto size = std::min(block.size(), most - done);
    const auto sent = ::send(fd, block.data(), size,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
      done += static_cast<std::size_t>(sent);
    else if (!wait_for(fd, POLLOUT,
                       std::chrono::steady_clock::now() + patience))
      break;
  }
  return done;
}

// Reads *size* bytes or until the end; gives how many.
std::size_t pull(int fd, std::size_t size) {
  std::vector<char> block(64 << 10);
  std::size_t done = 0;
  while (done < size) {
    const auto got = ::recv(fd, block.data(),
                            std::min(block.size(), size - done), MSG_DONTWAIT);
    if (got > 0)
      done += static_cast<std::size_t>(got);
    else if (got == 0 || !wait_for(fd, POLLIN, in_10s()))
      break;
  }
  return done;
}

} // namespace

TEST_CASE("bytes are carried both ways", "[pump]") {
  carried_pair both;
  constexpr std::size_t size = 8 << 20;
  std::size_t pulled = 0, pushed = 0;
  std::thread answering{[&] {
    pulled = pull(both.there.get(), size);
    pushed = push(both.there.get(), size, 10s);
  }};
  CHECK(push(both.here.get(), size, 10s) == size);
  CHECK(pull(both.here.get(), size) == size);
  answering.join();
  CHECK(pulled == size);
  CHECK(pushed == size);
}

TEST_CASE("who does not read stops the sender, and reading on goes on",
          "[pump]") {
  carried_pair both;
  constexpr std::size_t all = 256 << 20;
  const auto stuck = push(both.here.get(), all, 200ms);
  CHECK(stuck < 32 << 20); // Kernel and pump buffers, nothing more.
  std::size_t pulled = 0;
  std::thread reader{[&] { pulled = pull(both.there.get(), all); }};
  CHECK(push(both.here.get(), all - stuck, 10s) == all - stuck);
  reader.join();
  CHECK(pulled == all);
}

TEST_CASE("the end of one side arrives after its last bytes", "[pump]") {
  carried_pair both;
  REQUIRE(push(both.here.get(), 100'000, 10s) == 100'000);
  both.here.reset();
  CHECK(pull(both.there.get(), 200'000) == 100'000);
  both.there.reset();
  // Both ends gone: both pumps let go, without waiting for a time limit.
  const auto start = std::chrono::steady_clock::now();
  while ((both.pump.links() > 0 || both.at.pump.links() > 0)
         && std::chrono::steady_clock::now() - start < 3s)
    std::this_thread::yield();
  CHECK(both.pump.links() == 0);
  CHECK(both.at.pump.links() == 0);
}

TEST_CASE("a half-closed side still receives", "[pump]") {
  carried_pair both;
  REQUIRE(::shutdown(both.here.get(), SHUT_WR) == 0);
  CHECK(pull(both.there.get(), 1) == 0);
  CHECK(push(both.there.get(), 100'000, 10s) == 100'000);
  CHECK(pull(both.here.get(), 100'000) == 100'000);
}

TEST_CASE("the last bytes of a peer that breaks off arrive", "[pump]") {
  open_gate at;
  at.open();
  auto in = at.dial();
  REQUIRE(in);
  const std::string bytes(100'000, 'l');
  REQUIRE(in->channel.write_all(bytes.data(), bytes.size(), 10s));
  in->channel.shutdown(); // Without a word of TLS.
  CHECK(pull(at.guests.take().messages.get(), 200'000) == 100'000);
}

TEST_CASE("a pump's end closes what it carries", "[pump]") {
  owned_fd here;
  open_gate at;
  at.open();
  auto in = at.dial();
  REQUIRE(in);
  {
    tls_pump pump;
    here = std::move(*pump.carry(std::move(in->channel)));
  }
  CHECK(pull(here.get(), 1) == 0);
  CHECK(pull(at.guests.take().messages.get(), 1) == 0);
}

TEST_CASE("shutdown from another thread ends a blocked read", "[stream]") {
  open_gate at;
  at.open();
  hello greeting;
  greeting.use = link_use::bulk;
  auto in = at.dial(greeting);
  REQUIRE(in);
  std::thread ender{[&] { in->channel.shutdown(); }};
  char byte = 0;
  const auto got = in->channel.read_some(&byte, 1, 10s);
  ender.join();
  REQUIRE_FALSE(got);
  CHECK(got.error().reason == stream_error::closed);
}

TEST_CASE("a stream's read times out", "[stream]") {
  open_gate at;
  at.open();
  hello greeting;
  greeting.use = link_use::bulk;
  auto in = at.dial(greeting);
  REQUIRE(in);
  char byte = 0;
  const auto got = in->channel.read_some(&byte, 1, 20ms);
  REQUIRE_FALSE(got);
  CHECK(got.error().reason == stream_error::timed_out);
}

TEST_CASE("a TLS client without any key is turned away", "[gate]") {
  open_gate at;
  at.open();
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  owned_fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(at.door->port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to)
          == 0);
  SSL_set_fd(ssl, fd.get());
  CHECK(SSL_connect(ssl) != 1);
  SSL_free(ssl);
  SSL_CTX_free(context);
}
