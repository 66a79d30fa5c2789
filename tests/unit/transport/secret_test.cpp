#include "transport/secret.hpp"

#include "catch.hpp"

using namespace rayd;

TEST_CASE("made secrets differ and are recognisable", "[secret]") {
  const auto one = make_secret();
  CHECK(one.size() == 37);
  CHECK(one.substr(0, 5) == "rayd-");
  CHECK(one != make_secret());
}

TEST_CASE("keys depend on the secret and the purpose alone", "[secret]") {
  const auto text = make_secret();
  const auto one = cluster_secret::parse(text);
  const auto same = cluster_secret::parse(text.substr(5));
  const auto other = cluster_secret::parse(make_secret());
  REQUIRE(one);
  CHECK(one->derive_key("tls") == same->derive_key("tls"));
  CHECK(one->derive_key("tls") != one->derive_key("redis"));
  CHECK(one->derive_key("tls") != other->derive_key("tls"));
}

TEST_CASE("a typed secret gives a key and an empty one does not", "[secret]") {
  const auto typed = cluster_secret::parse("correct horse");
  REQUIRE(typed);
  CHECK(to_hex(typed->derive_key("redis")).size() == 64);
  CHECK(typed->derive_key("tls")
        == cluster_secret::parse("correct horse")->derive_key("tls"));
  CHECK_FALSE(cluster_secret::parse(""));
  CHECK_FALSE(cluster_secret::parse(std::string(1025, 'x')));
}
