#include "catch.hpp"

#include "any_message.hpp"
#include "wire/lane_codec.hpp"

using namespace rayd;
using namespace rayd::wire_test;

namespace {

std::vector<lane_record> one_of_each(dice_type& dice) {
  std::vector<lane_record> records;
  for (std::size_t i = 0; i < std::variant_size_v<lane_record>; ++i)
    records.push_back(alternative<lane_record>(i, dice));
  return records;
}

} // namespace

TEST_CASE("every lane record comes back as it was", "[lane_codec]") {
  dice_type dice{1};
  for (int round = 0; round < 50; ++round) {
    const auto records = one_of_each(dice);
    const auto read = decode_batch(encode_batch(records));
    REQUIRE(read);
    REQUIRE(read->size() == records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      INFO("record " << i);
      CHECK(same(records[i], (*read)[i]));
    }
  }
}

TEST_CASE("an empty batch and empty records come back", "[lane_codec]") {
  CHECK(decode_batch(encode_batch({}))->empty());
  const std::vector<lane_record> records{submit_task{}, retain_objects{},
                                         recall_tasks{}, node_releases{}};
  const auto read = decode_batch(encode_batch(records));
  REQUIRE(read);
  for (std::size_t i = 0; i < records.size(); ++i)
    CHECK(same(records[i], (*read)[i]));
}

TEST_CASE("the estimate of a record's size is near", "[lane_codec]") {
  dice_type dice{2};
  const auto records = one_of_each(dice);
  std::size_t estimate = 0;
  for (const auto& record : records)
    estimate += encoded_size(record);
  const auto size = encode_batch(records).size();
  CHECK(estimate > size / 2);
  CHECK(estimate < size * 2);
}

TEST_CASE("damaged batches are refused or read, never worse",
          "[lane_codec]") {
  dice_type dice{3};
  std::vector<std::string> valid;
  for (int i = 0; i < 40; ++i) {
    auto records = one_of_each(dice);
    const auto first = below(dice, records.size());
    const auto count = 1 + below(dice, 3);
    std::vector<lane_record> some;
    for (auto k = first; k < records.size() && k < first + count; ++k)
      some.push_back(records[k]);
    valid.push_back(encode_batch(some));
  }
  int refused = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto bytes = mutate(valid[below(dice, valid.size())], dice);
    if (const auto read = decode_batch(bytes); !read) {
      ++refused;
      CHECK(read.error().code == ray::errc::connection_failed);
      CHECK(!read.error().message.empty());
    }
  }
  CHECK(refused > 10'000);
}
