#include "catch.hpp"

#include "config/config_file.hpp"
#include "temporary_folder.hpp"

using namespace rayd;
using kind = config_entry::kind;

namespace {

std::string problem(const std::string& text) {
  auto parsed = parse_config(text, "x.conf");
  return parsed ? "accepted" : parsed.error().message;
}

} // namespace

TEST_CASE("a config file holds CAF's kinds of values", "[config_file]") {
  auto parsed = parse_config("; comment\n"
                             "[rayd]\n"
                             "text=\"a \\\"b\\\"\" ; behind it\n"
                             "number = 42\n"
                             "real=0.25\n"
                             "flag=true\n"
                             "span=500ms\n"
                             "list=[1, {a=2}]\n"
                             "map={x=1, y=\"z\"}",
                             "x.conf");
  REQUIRE(parsed);
  auto& lines = parsed->lines;
  REQUIRE(lines.size() == 7);
  CHECK(lines[0].section == "rayd");
  CHECK(lines[0].key == "text");
  CHECK(lines[0].value.text == "a \"b\"");
  CHECK(lines[0].line == 3);
  CHECK(lines[1].value.type == kind::integer);
  CHECK(lines[1].value.text == "42");
  CHECK(lines[2].value.text == "0.25");
  CHECK(lines[3].value.type == kind::boolean);
  CHECK(lines[4].value.type == kind::duration);
  CHECK(lines[5].value.items.size() == 2);
  CHECK(lines[6].value.fields[1].second.text == "z");
  CHECK(lines[6].line == 9);
}

TEST_CASE("lines of Windows files count the same", "[config_file]") {
  auto parsed = parse_config("[rayd]\r\nport=1\r\n", "x.conf");
  REQUIRE(parsed);
  CHECK(parsed->lines[0].line == 2);
}

TEST_CASE("syntax errors name file and line", "[config_file]") {
  CHECK(problem("[rayd]\nport=\n")
        == "x.conf:2: a line is key=value with texts and sizes in double "
           "quotes, or [section]");
  CHECK(problem("[rayd]\n\nport=1 head=true\n")
        == "x.conf:3: key \"head\" stands behind another value: each key has "
           "a line of its own");
  CHECK(problem("[rayd]\nhost=\"a\n")
        == "x.conf:2: a text in quotes must end on its line");
  CHECK(problem("[rayd]\n# no\n") == "x.conf:2: comments begin with ; not #");
  CHECK(problem("[rayd]\n\nt=1.5s\n")
        == "x.conf:3: a duration needs a whole number: write 1500ms, not 1.5s");
  CHECK(problem("[rayd]\nmemory=2GiB\n")
        == "x.conf:2: a line is key=value with texts and sizes in double "
           "quotes, or [section]");
  CHECK(problem("[rayd]\nport=99999999999999999999\n")
        == "x.conf:2: the number is too large");
  CHECK(problem("[rayd]\nlist=[1,\n")
        == "x.conf:2: the file ends in the middle of a value or section");
  CHECK(problem("[rayd]\nport=1\nport=2\n")
        == "x.conf:3: key \"port\" stands in line 2 already");
  CHECK(problem(std::string{"[rayd]\n\0", 8})
        == "x.conf:2: holds a NUL byte: this is not a text file");
}

TEST_CASE("deep and large files are refused", "[config_file]") {
  CHECK(problem("[rayd]\nx=" + std::string(100'000, '['))
        == "x.conf:2: nests lists and dictionaries deeper than 16");
  CHECK(problem(std::string(2 << 20, ';')).find("at most 1 MiB")
        != std::string::npos);
}

TEST_CASE("files that cannot be read are named", "[config_file]") {
  temporary_folder folder;
  auto missing = read_config(folder.path() / "none.conf");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message
        == "cannot read the config file " + folder.path().string()
             + "/none.conf: No such file or directory");
  CHECK_FALSE(read_config(folder.path()));
}
