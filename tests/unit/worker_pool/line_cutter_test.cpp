#include "catch.hpp"

#include "worker_pool/line_cutter.hpp"

using namespace rayd;

TEST_CASE("a line is cut wherever its bytes arrive", "[line_cutter]") {
  line_cutter lines;
  lines.feed("one\ntw", 10);
  lines.feed("o\r\n\nthr", 20);
  auto taken = lines.take();
  CHECK(taken.text == "one\ntwo\n\n");
  CHECK(taken.count == 3);
  CHECK(taken.read == 10);
  CHECK_FALSE(lines.has_lines());
  lines.finish(30);
  CHECK(lines.take().text == "thr\n");
  lines.finish(40);
  CHECK_FALSE(lines.has_lines());
}

TEST_CASE("what is no text is made harmless", "[line_cutter]") {
  CHECK(harmless("tab\tand \xc3\xa4 and \xf0\x9f\x98\x80")
        == "tab\tand \xc3\xa4 and \xf0\x9f\x98\x80");
  CHECK(harmless("\x1b[2J\r\x7f") == "\\x1b[2J\\x0d\\x7f");
  CHECK(harmless(std::string_view{"\0", 1}) == "\\x00");
  // Alone, cut short, longer than needed, a surrogate, a Latin-1 control.
  CHECK(harmless("\xff") == "\uFFFD");
  CHECK(harmless("\xe2\x82") == "\uFFFD\uFFFD");
  CHECK(harmless("\xc0\xaf") == "\uFFFD\uFFFD");
  CHECK(harmless("\xed\xa0\x80") == "\uFFFD\uFFFD\uFFFD");
  CHECK(harmless("\xc2\x9b") == "\uFFFD\uFFFD");
}

TEST_CASE("a long line is cut, and says by how much", "[line_cutter]") {
  line_limits limits;
  limits.line_bytes = 4;
  line_cutter lines{limits};
  lines.feed("abc", 0);
  lines.feed("def", 0);
  lines.feed("gh\nok\n", 0);
  CHECK(lines.take().text == "abcd ... 4 bytes more\nok\n");
}

TEST_CASE("lines that find no room are counted", "[line_cutter]") {
  line_limits limits;
  limits.text_bytes = 4;
  line_cutter lines{limits};
  lines.feed("a\nb\nc\nd\n", 0);
  auto taken = lines.take();
  CHECK(taken.text == "a\nb\n");
  CHECK(taken.left_out == 0);
  CHECK(lines.has_lines());
  lines.feed("e\n", 0);
  taken = lines.take();
  CHECK(taken.left_out == 2);
  CHECK(taken.text == "e\n");
  CHECK(lines.take().empty());
}

TEST_CASE("the last lines stay, whatever was taken", "[line_cutter]") {
  line_limits limits;
  limits.last_lines = 3;
  limits.last_line_bytes = 2;
  limits.text_bytes = 4;
  line_cutter lines{limits};
  lines.feed("1\n2\n", 1);
  (void)lines.take();
  CHECK(lines.last().size() == 2);
  lines.feed("3\n4\n5 long\n", 5);
  const auto last = lines.last();
  REQUIRE(last.size() == 3);
  CHECK(last[0].text == "3");
  CHECK(last[1].text == "4");
  CHECK(last[2].text == "5 ");
  CHECK(last[2].read == 5);
}
