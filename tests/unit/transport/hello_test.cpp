#include "transport/hello.hpp"

#include "catch.hpp"

#include <random>

using namespace rayd;

namespace {

hello full_hello() {
  hello out;
  out.rayd_version = "1.2.3";
  out.cluster_id = "abc";
  out.role = peer_role::driver;
  out.use = link_use::bulk;
  out.pid = 1'234'567'890'123;
  out.node = 77;
  out.details = std::string("a\0b", 3);
  return out;
}

std::string body_of(const std::string& frame) {
  return frame.substr(frame_head_bytes);
}

} // namespace

TEST_CASE("a hello comes back as it was sent", "[hello]") {
  const auto frame = encode(full_hello());
  const auto head = decode_head(frame.substr(0, frame_head_bytes));
  REQUIRE(head);
  CHECK(head->protocol == protocol_number);
  CHECK(head->body_bytes == frame.size() - frame_head_bytes);
  const auto back = decode_hello(body_of(frame));
  REQUIRE(back);
  CHECK(back->rayd_version == "1.2.3");
  CHECK(back->cluster_id == "abc");
  CHECK(back->role == peer_role::driver);
  CHECK(back->use == link_use::bulk);
  CHECK(back->pid == 1'234'567'890'123);
  CHECK(back->node == 77);
  CHECK(back->details == std::string("a\0b", 3));
}

TEST_CASE("answers come back as they were sent", "[hello]") {
  welcome in;
  in.cluster_id = "c";
  in.node = 9;
  in.link = 0x0123456789abcdef;
  in.details = "d";
  const auto yes = decode_answer(body_of(encode(gate_answer{in})));
  REQUIRE(yes);
  CHECK(std::get<welcome>(*yes).link == 0x0123456789abcdef);
  CHECK(std::get<welcome>(*yes).details == "d");
  const auto no = decode_answer(
    body_of(encode(gate_answer{refusal{refusal_reason::busy, "later"}})));
  REQUIRE(no);
  CHECK(std::get<refusal>(*no).reason == refusal_reason::busy);
  CHECK(std::get<refusal>(*no).sentence == "later");
}

TEST_CASE("a hello cut anywhere is malformed", "[hello]") {
  const auto body = body_of(encode(full_hello()));
  for (std::size_t size = 0; size < body.size(); ++size)
    CHECK_FALSE(decode_hello(body.substr(0, size)));
  CHECK_FALSE(decode_hello(body + "x"));
}

TEST_CASE("random bytes are no frame and never read too far", "[hello]") {
  std::mt19937 random{4711};
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 80, '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(random());
    (void)decode_hello(bytes);
    (void)decode_answer(bytes);
    bytes.resize(frame_head_bytes);
    CHECK_FALSE(decode_head(bytes));
  }
}

TEST_CASE("a head may not announce more than 64 KiB", "[hello]") {
  auto head = encode(full_hello()).substr(0, frame_head_bytes);
  head[10] = 1; // The third byte of the length.
  const auto got = decode_head(head);
  REQUIRE_FALSE(got);
  CHECK(got.error() == frame_error::too_long);
}

TEST_CASE("details that fill a frame fit and one byte more does not",
          "[hello]") {
  hello greeting;
  greeting.details.assign(60 << 10, 'x');
  CHECK(fits(greeting));
  CHECK(encode(greeting).size() <= frame_bytes_max);
  greeting.details.assign(64 << 10, 'x');
  CHECK_FALSE(fits(greeting));
}

TEST_CASE("a link's number survives its text", "[hello]") {
  CHECK(parse_link(link_text(0xfedcba9876543210)) == 0xfedcba9876543210);
  CHECK(parse_link("short") == 0);
}
