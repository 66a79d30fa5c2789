#include "catch.hpp"

#include "any_message.hpp"
#include "wire/control.hpp"

#include <cstring>

using namespace rayd;
using namespace rayd::wire_test;

TEST_CASE("every control message comes back as it was", "[control]") {
  dice_type dice{1};
  for (int round = 0; round < 50; ++round)
    for (std::size_t i = 0; i < std::variant_size_v<control_message>; ++i) {
      INFO("message " << i);
      const auto message = alternative<control_message>(i, dice);
      const auto read = decode_control(encode_control(message));
      REQUIRE(read);
      CHECK(same(message, *read));
    }
}

TEST_CASE("damaged control messages are refused or read, never worse",
          "[control]") {
  dice_type dice{2};
  std::vector<std::string> valid;
  for (int round = 0; round < 10; ++round)
    for (std::size_t i = 0; i < std::variant_size_v<control_message>; ++i)
      valid.push_back(encode_control(alternative<control_message>(i, dice)));
  int refused = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto bytes = mutate(valid[below(dice, valid.size())], dice);
    if (const auto read = decode_control(bytes); !read) {
      ++refused;
      CHECK(read.error().code == ray::errc::connection_failed);
      CHECK(!read.error().message.empty());
    }
  }
  CHECK(refused > 10'000);
}

TEST_CASE("a message that is too long or of another kind is refused",
          "[control]") {
  CHECK(!decode_control({}));
  CHECK(!decode_control("POST / HTTP/1.1\r\n"));
  CHECK(!decode_control(std::string(control_bytes_max + 8, '\0')));
  CHECK(!decode_control(std::string(4096, '\xff')));
}

TEST_CASE("a set of more than 256 resources is refused", "[control]") {
  node_load load;
  for (int i = 0; i < 257; ++i)
    load.available.set_units("r" + std::to_string(i), 1);
  CHECK(!decode_control(encode_control(load)));
}
