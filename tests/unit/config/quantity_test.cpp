#include "catch.hpp"

#include "config/nearest.hpp"
#include "config/quantity.hpp"

using namespace rayd;
using namespace std::chrono_literals;

namespace {

template <class Value>
std::string problem(const result<Value>& parsed) {
  return parsed ? "accepted" : parsed.error().message;
}

} // namespace

TEST_CASE("sizes have units of 1,000 and of 1,024", "[quantity]") {
  CHECK(*parse_size("4096") == 4096);
  CHECK(*parse_size("0") == 0);
  CHECK(*parse_size("2GiB") == 2147483648u);
  CHECK(*parse_size("1.5 MB") == 1'500'000);
  CHECK(*parse_size("100b") == 100);
  CHECK(*parse_size("4k") == 4096);
  CHECK(*parse_size("1TiB") == 1099511627776u);
}

TEST_CASE("what is not a size is refused with the text", "[quantity]") {
  auto text = GENERATE("", "GiB", "-1", "2 apples", "1e3", "0x10", "nan",
                       "5000000TiB", "1..2MiB");
  CHECK(problem(parse_size(text))
        == "\"" + std::string{text}
             + "\" is not a size: bytes such as 4096 or \"2GiB\" are "
               "expected");
}

TEST_CASE("durations need a unit", "[quantity]") {
  CHECK(*parse_duration("500ms") == 500ms);
  CHECK(*parse_duration("1.5s") == 1500ms);
  CHECK(*parse_duration("2min") == 2min);
  CHECK(*parse_duration("1h") == 1h);
  CHECK(*parse_duration("30000000000ns") == 30s);
  CHECK(problem(parse_duration("500"))
        == "\"500\" is not a duration: a number with a unit such as 500ms, 5s "
           "or 2min is expected");
  CHECK_FALSE(parse_duration("-1s"));
  CHECK_FALSE(parse_duration("9999999h"));
}

TEST_CASE("amounts have at most four digits after the point", "[quantity]") {
  CHECK(*parse_amount("0.0001") == 0.0001);
  CHECK(*parse_amount("128") == 128);
  CHECK_FALSE(parse_amount("0.00001"));
  CHECK_FALSE(parse_amount("-1"));
  CHECK_FALSE(parse_amount("inf"));
  CHECK_FALSE(parse_amount("2000000"));
}

TEST_CASE("addresses are a host and maybe a port", "[quantity]") {
  CHECK(*parse_endpoint("host", 6379) == endpoint{"host", 6379});
  CHECK(*parse_endpoint("10.0.0.1:80", 6379) == endpoint{"10.0.0.1", 80});
  CHECK(*parse_endpoint("[::1]:80", 6379) == endpoint{"::1", 80});
  CHECK(*parse_endpoint("[::1]", 6379) == endpoint{"::1", 6379});
  CHECK(to_string(endpoint{"::1", 80}) == "[::1]:80");
  auto bad = GENERATE("", ":", ":80", "host:", "host:0", "host:70000",
                      "host:x", "::1", "[::1", "a b", "host:1:2", "[::1]x",
                      "http://host");
  CHECK_FALSE(parse_endpoint(bad, 6379));
}

TEST_CASE("lists of resources and labels name each key once", "[quantity]") {
  auto amounts = parse_amounts("gpu=2, tpu/v4=0.5");
  REQUIRE(amounts);
  CHECK(amounts->at("gpu") == 2);
  CHECK(amounts->at("tpu/v4") == 0.5);
  CHECK(parse_amounts("")->empty());
  auto bad = GENERATE("a", "a=", "a=1,", "a=1,a=2", "=1", "a=x", "a b=1");
  CHECK_FALSE(parse_amounts(bad));
  CHECK(parse_labels("zone=a,empty=")->at("empty").empty());
  CHECK_FALSE(parse_labels("zone"));
}

TEST_CASE("sizes and durations read well", "[quantity]") {
  CHECK(format_size(0) == "0 B");
  CHECK(format_size(1536) == "1.5 KiB");
  CHECK(format_size(2147483648u) == "2 GiB");
  CHECK(format_duration(12ms) == "12 ms");
  CHECK(format_duration(3200ms) == "3.2 s");
  CHECK(format_duration(125s) == "2 min 5 s");
  CHECK(format_duration(26h) == "26 h 0 min");
}

TEST_CASE("the nearest name is one that may be meant", "[nearest]") {
  CHECK(edit_distance("strat", "start") == 1);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("num-cpu", "num-cpus") == 1);
  CHECK(nearest_name("strat", {"stop", "start", "status"}) == "start");
  CHECK(nearest_name("xyzzy", {"stop", "start"}).empty());
  CHECK(nearest_name("up", {"top"}).empty());
  CHECK(did_you_mean("num-cpu", {"num-cpus"}, "--")
        == ", did you mean --num-cpus?");
  CHECK(did_you_mean(std::string(10'000, 'x'), {"start"}).empty());
}
