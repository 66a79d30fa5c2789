#include "catch.hpp"

#include "config/effective_options.hpp"
#include "temporary_folder.hpp"

#include <algorithm>

using namespace rayd;

namespace {

option_sources sources_with(
  std::vector<std::pair<std::string, std::string>> flags,
  std::map<std::string, std::string> environment = {}) {
  option_sources sources;
  sources.flags = std::move(flags);
  environment.emplace("RAYD_SESSION_DIR", "/tmp/base");
  sources.environment =
    [environment](const std::string& name) -> std::optional<std::string> {
    auto found = environment.find(name);
    return found == environment.end() ? std::nullopt
                                      : std::optional{found->second};
  };
  return sources;
}

/// "TEXT from SOURCE WHERE".
std::string shown(const effective_options& effective, std::string_view key) {
  for (auto& value : effective.values)
    if (value.row->key == key)
      return value.text + " from " + std::string{value.source} + " "
             + value.where;
  return "no such row";
}

} // namespace

TEST_CASE("every value says who gave it", "[effective]") {
  temporary_folder place;
  auto file = place.write("own.conf",
                          "[rayd]\nhead=true\n\nnum-cpus=3\nnum-gpus=3\n"
                          "labels={zone=\"a\"}\n");
  auto sources = sources_with({{"num-cpus", "1"}}, {{"RAY_NUM_GPUS", "2"}});
  sources.config_file = file;
  auto effective = explain(sources);
  REQUIRE(effective);
  CHECK(effective->has_role);
  CHECK(shown(*effective, "num-cpus") == "1 from command line --num-cpus");
  CHECK(shown(*effective, "num-gpus") == "2 from environment RAY_NUM_GPUS");
  CHECK(shown(*effective, "labels") == "zone=a from file " + file + ":6");
  CHECK(shown(*effective, "head") == "true from file " + file + ":2");
  CHECK(shown(*effective, "port") == "6379 from default ");
  CHECK(shown(*effective, "host") == "127.0.0.1 from default ");
  CHECK(shown(*effective, "object-store-prefault") == "256MiB from default ");
}

TEST_CASE("values need no role", "[effective]") {
  auto effective = explain(sources_with({}));
  REQUIRE(effective);
  CHECK_FALSE(effective->has_role);
  CHECK(shown(*effective, "head") == "false from default ");
  CHECK(shown(*effective, "address") == " from default ");
  CHECK(explain(sources_with({{"port", "7000"}, {"node-port", "7001"}})));
  CHECK_FALSE(explain(sources_with({{"head", "true"}, {"address", "a"}})));
}

TEST_CASE("a secret is never shown, however it came", "[effective]") {
  auto flag = explain(sources_with({{"redis-password", "canary"}}));
  REQUIRE(flag);
  CHECK(shown(*flag, "redis-password")
        == "*** from command line --redis-password");
  CHECK(shown(*flag, "host") == "0.0.0.0 from default ");
  auto variable = explain(sources_with({}, {{"RAY_REDIS_PASSWORD", "canary"}}));
  REQUIRE(variable);
  CHECK(shown(*variable, "redis-password")
        == "*** from environment RAY_REDIS_PASSWORD");

  temporary_folder place;
  auto file = (place.path() / "own.secret").string();
  REQUIRE(read_or_make_secret(file));
  auto from_file = explain(sources_with({{"redis-password-file", file}}));
  REQUIRE(from_file);
  CHECK(shown(*from_file, "redis-password") == " from default ");
  CHECK(shown(*from_file, "redis-password-file")
        == file + " from command line --redis-password-file");

  // Standard input is not read; it is the test's own.
  auto input = explain(sources_with({{"redis-password-file", "-"}}));
  REQUIRE(input);
  CHECK(shown(*input, "redis-password-file")
        == "- from command line --redis-password-file");
  CHECK(shown(*input, "host") == "0.0.0.0 from default ");
}

TEST_CASE("what is shown means the same when it is given", "[effective]") {
  std::vector<std::pair<std::string, std::string>> flags{
    {"head", "true"},
    {"host", "10.0.0.2"},
    {"port", "7000"},
    {"num-cpus", "1.5"},
    {"memory", "1000000001"},
    {"resources", "disk=0.5,license=2"},
    {"labels", "ssd=,zone=a"},
    {"object-store-memory", "64 MiB"},
    {"object-store-dir", "/dev/../dev/shm"},
    {"object-store-prefault", "3MiB"},
    {"log-level", "debug"},
    {"lanes", "basp"},
    {"start-timeout", "1500ms"},
    {"block", "true"},
  };
  auto first = explain(sources_with(flags));
  REQUIRE(first);
  std::vector<std::pair<std::string, std::string>> again;
  for (auto& value : first->values)
    if (!value.text.empty() && value.row->role != option_role::node)
      again.emplace_back(value.row->key, value.text);
  auto second = explain(sources_with(again));
  REQUIRE(second);
  CHECK(to_pipe_json(first->options) == to_pipe_json(second->options));
  CHECK(shown(*first, "object-store-memory")
        == "64MiB from command line --object-store-memory");
  CHECK(shown(*first, "memory") == "1000000001 from command line --memory");
}

TEST_CASE("every option that works is shown", "[effective]") {
  for (auto& row : option_table()) {
    INFO(row.key);
    CHECK(row.works == (row.show != nullptr));
  }
}

TEST_CASE("a choice takes each of its values and no other", "[effective]") {
  int choices = 0;
  for (auto& row : option_table()) {
    if (row.type != option_type::choice)
      continue;
    ++choices;
    node_options options;
    std::string values{row.example};
    for (std::size_t at = 0; at <= values.size();) {
      auto end = std::min(values.find('|', at), values.size());
      CHECK(row.apply(options, values.substr(at, end - at)));
      at = end + 1;
    }
    CHECK_FALSE(row.apply(options, "neither"));
  }
  CHECK(choices == 2);
}
