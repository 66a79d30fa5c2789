#include "dashboard/peer_user.hpp"

#include "catch.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace rayd;

namespace {

/// A connection within this machine.
struct connection {
  connection() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    REQUIRE(::bind(listener, address, sizeof at) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    REQUIRE(::getsockname(listener, address, &size) == 0);
    theirs = ::socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(::connect(theirs, address, sizeof at) == 0);
    ours = ::accept(listener, nullptr, nullptr);
    ::close(listener);
  }
  ~connection() {
    ::close(ours);
    ::close(theirs);
  }
  int ours = -1;
  int theirs = -1;
};

} // namespace

TEST_CASE("the kernel says who is at the other end, as long as one is",
          "[peer]") {
  connection link;
  CHECK(user_at_other_end(link.ours) == ::geteuid());
  CHECK(is_own_peer(link.ours));
  // Who has said all that it will is still there.
  ::shutdown(link.theirs, SHUT_WR);
  CHECK(user_at_other_end(link.ours) == ::geteuid());
  ::close(link.theirs);
  CHECK_FALSE(user_at_other_end(link.ours));
  link.theirs = -1;
  CHECK_FALSE(user_at_other_end(-1));
}

TEST_CASE("the kernel's table says who is at the other end", "[access]") {
  const std::string table
    = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n"
      "   0: 0100007F:2049 00000000:0000 0A 00000000:00000000 00:00000000 "
      "00000000     0        0 13 1 0\n"
      "   1: 0100007F:C350 0100007F:2049 01 00000000:00000000 00:00000000 "
      "00000000  1007        0 14 1 0\n"
      "   2: 0100007F:2049 0100007F:C350 01 00000000:00000000 00:00000000 "
      "00000000  1000        0 15 1 0\n"
      "   3: 0100007F:C352 0100007F:2049 04 00000000:00000000 00:00000000 "
      "00000000     0        0 0 1 0\n";
  CHECK(user_of_connection(table, "0100007F:C350", "0100007F:2049") == 1007u);
  CHECK_FALSE(user_of_connection(table, "0100007F:C351", "0100007F:2049"));
  // Its process has closed it: then the kernel shows it as root's.
  CHECK_FALSE(user_of_connection(table, "0100007F:C352", "0100007F:2049"));
  CHECK_FALSE(user_of_connection("", "0100007F:C350", "0100007F:2049"));
  CHECK_FALSE(user_of_connection("x\ny z\n", "", "z"));
}
