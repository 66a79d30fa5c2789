#include "catch.hpp"

#include "config/config_file.hpp"
#include "config/option_table.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace rayd;

namespace {

std::string shipped(const std::string& name) {
  return std::filesystem::path{RAYD_SOURCE_FOLDER} / "config" / name;
}

option_sources from_file(const std::string& name) {
  option_sources sources;
  sources.config_file = shipped(name);
  return sources;
}

} // namespace

TEST_CASE("config/rayd.conf is the option table", "[reference]") {
  std::ifstream in{shipped("rayd.conf")};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  CHECK(text == render_reference());
}

TEST_CASE("config/rayd.conf loads and changes nothing", "[reference]") {
  auto sources = from_file("rayd.conf");
  sources.flags = {{"head", "true"}};
  auto options = resolve(sources);
  REQUIRE(options);
  option_sources plain;
  plain.flags = sources.flags;
  CHECK(to_pipe_json(*options) == to_pipe_json(*resolve(plain)));
  sources.flags = {{"address", "localhost"}};
  CHECK(resolve(sources));
}

TEST_CASE("every key's example is valid, too", "[reference]") {
  std::string text = "[rayd]\n";
  for (auto& row : option_table()) {
    auto value = row.default_text.empty() ? row.example : row.default_text;
    text += std::string{row.key} + "=" + std::string{value} + "\n";
  }
  auto parsed = parse_config(text, "all.conf");
  REQUIRE(parsed);
  CHECK(parsed->lines.size() == option_table().size());
}

TEST_CASE("head.conf and worker.conf load", "[reference]") {
  auto head = resolve(from_file("head.conf"));
  REQUIRE(head);
  CHECK(head->role == node_role::head);
  auto worker = resolve(from_file("worker.conf"));
  REQUIRE(worker);
  CHECK(worker->role == node_role::node);
  CHECK(worker->head == endpoint{"localhost", 6379});
}
