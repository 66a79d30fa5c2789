#include "catch.hpp"

#include "cli/shell_text.hpp"

using namespace rayd;

TEST_CASE("words of a shell are quoted when they need it", "[shell]") {
  CHECK(shell_word("--labels=zone=a") == "--labels=zone=a");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("~/x") == "'~/x'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("$(rm -rf x)\n") == "'$(rm -rf x)\n'");
  CHECK(shell_line({"rayd", "start", "--labels=a b"})
        == "rayd start '--labels=a b'");
}
