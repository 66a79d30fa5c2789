#include "catch.hpp"

#include "cli/command_help.hpp"
#include "cli/completion_script.hpp"
#include "cli/man_page.hpp"
#include "stand_in.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace rayd;

namespace {

const command_help& named(const std::vector<command_help>& commands,
                          const std::string& name) {
  for (auto& one : commands)
    if (one.name == name)
      return one;
  throw std::runtime_error("no command " + name);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("flags survive being printed as help", "[help]") {
  std::vector<flag> flags{
    {"port", "PORT", "The port; --port=0 takes any."},
    {"json", "", "As JSON."},
    {"resources", "NAME=AMOUNT,...", "Your own."},
    {"address", "HOST[:PORT]", ""},
  };
  auto read = read_flags_text(describe_flags("rayd x [FLAGS]", flags)
                              + "  Words below are no flags.\n");
  CHECK(read.usage == "rayd x [FLAGS]");
  REQUIRE(read.flags.size() == flags.size());
  for (std::size_t i = 0; i < flags.size(); ++i) {
    CHECK(read.flags[i].name == flags[i].name);
    CHECK(read.flags[i].value == flags[i].value);
    CHECK(read.flags[i].help == flags[i].help);
  }
}

TEST_CASE("every command answers --help with its usage", "[help]") {
  command_line shell;
  for (auto& row : command_table()) {
    if (row.hidden)
      continue;
    std::string name{row.name};
    INFO(name);
    CHECK(shell.run({name, "--help"}) == 0);
    CHECK(shell.out.str().rfind("usage: rayd " + name, 0) == 0);
    CHECK(shell.talk.str().empty());
  }
  CHECK(std::filesystem::is_empty(shell.base));
}

TEST_CASE("words and values have hints from the usage", "[help]") {
  command_line shell;
  auto commands = describe_commands(shell.context);
  CHECK(named(commands, "completion").word.choices
        == std::vector<std::string>{"bash", "zsh", "fish"});
  CHECK(named(commands, "up").word.kind == value_kind::file);
  CHECK(named(commands, "new").word.kind == value_kind::folder);
  CHECK(named(commands, "submit").word.kind == value_kind::program);
  CHECK(named(commands, "why").word.kind == value_kind::free);
  CHECK(named(commands, "start").word.kind == value_kind::none);
  auto known = named(commands, "help").word.choices;
  CHECK(std::count(known.begin(), known.end(), "start") == 1);
  CHECK(std::count(known.begin(), known.end(), "node-process") == 0);
  CHECK(hint_of("").kind == value_kind::none);
  CHECK(hint_of("HOST[:PORT]").kind == value_kind::free);
}

TEST_CASE("completion knows its shells", "[completion]") {
  command_line shell;
  for (std::string name : {"bash", "zsh", "fish"}) {
    CHECK(shell.run({"completion", name}) == 0);
    CHECK(has(shell.out.str(), "object-store-memory"));
    CHECK_FALSE(has(shell.out.str(), "node-process"));
  }
  CHECK(shell.run({"completion", "bahs"}) == 2);
  CHECK(shell.talk.str()
        == "rayd completion does not know \"bahs\", did you mean "
           "bash?\n");
  CHECK(shell.run({"completion"}) == 2);
  CHECK(shell.run({"completion", "bash", "zsh"}) == 2);
}

TEST_CASE("man pages hold the table of options", "[man]") {
  command_line shell;
  auto commands = describe_commands(shell.context);
  auto start = man_page_of(named(commands, "start"));
  CHECK(start.rfind(".TH RAYD\\-START 1 ", 0) == 0);
  CHECK(has(start, "\\fB\\-\\-num\\-cpus\\fR=\\fIN\\fR"));
  CHECK(has(start, "Environment: \\fBRAY_NUM_CPUS\\fR."));
  CHECK(has(start, "Default: 6379."));
  auto all = man_page_of_rayd(commands);
  for (auto& command : commands)
    CHECK(has(all, ".TP\n\\fB" + command.name + "\\fR\n"));
}

TEST_CASE("roff requests in a text are no requests", "[man]") {
  command_help sly{"sly", "starts", {"rayd sly"}, {}, {}};
  sly.flags.push_back({"a", "", ".so /etc/passwd \\fB 'quoted'"});
  auto page = man_page_of(sly);
  CHECK_FALSE(has(page, "\n.so"));
  CHECK(has(page, "\\&.so"));
  CHECK(has(page, "\\efB"));
}

TEST_CASE("write-share writes pages and completions", "[man]") {
  command_line shell;
  auto old = shell.base / "share/man/man1";
  std::filesystem::create_directories(old);
  std::ofstream{old / "rayd-gone.1"} << "x";
  std::ofstream{old / "other.1"} << "x";
  CHECK(shell.run({"write-share", (shell.base / "share").string()}) == 0);
  for (auto name :
       {"bash-completion/completions/rayd", "zsh/site-functions/_rayd",
        "fish/vendor_completions.d/rayd.fish", "man/man1/rayd.1",
        "man/man1/rayd-start.1", "man/man1/other.1"}) {
    INFO(name);
    CHECK(std::filesystem::exists(shell.base / "share" / name));
  }
  CHECK_FALSE(std::filesystem::exists(old / "rayd-gone.1"));
  CHECK(shell.run({"write-share", "/proc/none"}) == 1);
  CHECK(shell.run({"write-share"}) == 2);
}
