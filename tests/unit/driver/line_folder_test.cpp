#include "catch.hpp"

#include "driver/line_folder.hpp"
#include "driver/line_printer.hpp"

#include <string>
#include <vector>

using namespace rayd;
using namespace std::chrono_literals;

namespace {

const line_folder::clock::time_point start{};

shown_line line(const std::string& prefix, const std::string& text) {
  return {false, prefix, text};
}

std::vector<std::string> texts(const std::vector<shown_line>& lines) {
  std::vector<std::string> all;
  for (const auto& one : lines)
    all.push_back(one.prefix + " " + one.text);
  return all;
}

using lines_of = std::vector<std::string>;

} // namespace

TEST_CASE("what many workers print alike is folded", "[line_folder]") {
  line_folder folder;
  CHECK(texts(folder.add(line("a", "hello"), start)) == lines_of{"a hello"});
  for (const auto* who : {"b", "c", "d"})
    CHECK(folder.add(line(who, "hello"), start + 1s).empty());
  CHECK(folder.next() == start + 5s);
  CHECK(folder.due(start + 4999ms).empty());
  CHECK(texts(folder.due(start + 5s))
        == lines_of{"d hello [repeated 3x across cluster]"});
  CHECK_FALSE(folder.next());
  CHECK(texts(folder.add(line("b", "hello"), start + 6s))
        == lines_of{"b hello"});
}

TEST_CASE("what one worker repeats is shown as it comes", "[line_folder]") {
  line_folder folder;
  for (int i = 0; i < 3; ++i)
    CHECK(folder.add(line("a", "again"), start).size() == 1);
  CHECK(folder.finish().empty());
}

TEST_CASE("a line that came twice is shown twice", "[line_folder]") {
  line_folder folder;
  (void)folder.add(line("a", "hello"), start);
  (void)folder.add(line("b", "hello"), start);
  CHECK(texts(folder.finish()) == lines_of{"b hello"});
}

TEST_CASE("standard output and error are not folded together",
          "[line_folder]") {
  line_folder folder;
  (void)folder.add(line("a", "hello"), start);
  CHECK(folder.add({true, "b", "hello"}, start).size() == 1);
}

TEST_CASE("too many different lines end the oldest window", "[line_folder]") {
  line_folder folder;
  (void)folder.add(line("a", "first"), start);
  (void)folder.add(line("b", "first"), start);
  for (std::size_t i = 1; i < line_folder::lines_max; ++i)
    CHECK(folder.add(line("a", std::to_string(i)), start).size() == 1);
  CHECK(texts(folder.add(line("a", "one more"), start))
        == lines_of{"b first", "a one more"});
}

TEST_CASE("numbers have commas", "[line_printer]") {
  CHECK(with_commas(0) == "0");
  CHECK(with_commas(999) == "999");
  CHECK(with_commas(1234) == "1,234");
  CHECK(with_commas(1234567) == "1,234,567");
}
