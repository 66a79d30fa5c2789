#include "system/cluster.hpp"
#include "system/kernel_view.hpp"

#include "catch.hpp"

using namespace rayd::testing;

TEST_CASE("rayd version prints one line and leaves nothing behind") {
  RAYD_NEEDS_PROGRAM("rayd");
  cluster place;
  const auto done = place.rayd({"version"});
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
  CHECK(done.out.find(RAYD_VERSION) != std::string::npos);
  CHECK(std::count(done.out.begin(), done.out.end(), '\n') == 1);
  CHECK_FALSE(done.output_held);
  CHECK(place.processes().empty());
}

TEST_CASE("another version is refused by name, at the first bytes") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  const auto nodes = place.nodes();
  REQUIRE(nodes.size() == 1);
  const auto number = [](std::size_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i)
      text.push_back(static_cast<char>(value >> (8 * i) & 0xff));
    return text;
  };
  const auto answer_to = [&](std::size_t protocol, const std::string& body) {
    plain_client other{nodes[0].folder / "node.sock"};
    REQUIRE(other.connected());
    other.send("rayd" + number(protocol, 4) + number(body.size(), 4) + body);
    CHECK(other.closed_within(std::chrono::seconds{1}));
    return other.received();
  };
  // The same protocol, another release: role command, use messages.
  const std::string release = "0.0.9";
  const auto hello = number(release.size(), 4) + release + number(0, 4)
                     + number(4, 1) + number(1, 1) + number(1, 8)
                     + number(0, 4) + number(0, 4);
  CHECK_THAT(answer_to(1, hello),
             Catch::Matchers::Contains("this is rayd " RAYD_VERSION
                                       ", not 0.0.9"));
  // A protocol of which only the first 12 bytes are known.
  CHECK_THAT(answer_to(99, "whatever"),
             Catch::Matchers::Contains("rayd " RAYD_VERSION
                                       " speaks protocol 1, not 99"));
  CHECK(place.rayd({"status"}).exit_code == 0);
}
