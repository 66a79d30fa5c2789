#include "cli/completion_script.hpp"
#include "cli/man_page.hpp"
#include "config/nearest.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ostream>

namespace rayd {

namespace {

namespace fs = std::filesystem;

/// A file below PREFIX/share.
struct shared_file {
  std::string name;
  std::string content;
};

std::vector<shared_file> shared_files(const command_context& context) {
  auto commands = describe_commands(context);
  std::vector<shared_file> files{
    {"bash-completion/completions/rayd", bash_completion(commands)},
    {"zsh/site-functions/_rayd", zsh_completion(commands)},
    {"fish/vendor_completions.d/rayd.fish", fish_completion(commands)},
    {"man/man1/rayd.1", man_page_of_rayd(commands)},
  };
  for (auto& command : commands)
    files.push_back({fmt::format("man/man1/rayd-{}.1", command.name),
                     man_page_of(command)});
  return files;
}

} // namespace

int run_completion(command_context& context, const arguments& args) {
  constexpr std::string_view usage = "rayd completion bash|zsh|fish";
  auto given = parse_flags("completion", {}, args, 1);
  if (given.help) {
    context.out << describe_flags(usage, {})
                << "  For now: source <(rayd completion bash), or rayd "
                   "completion fish | source.\n"
                   "  cmake --install puts all three where the shells look.\n";
    return 0;
  }
  if (given.problem.empty() && given.words.empty())
    given.problem = "rayd completion needs the shell: rayd completion bash";
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  auto& shell = given.words[0];
  auto make = shell == "bash"   ? bash_completion
              : shell == "zsh"  ? zsh_completion
              : shell == "fish" ? fish_completion
                                : nullptr;
  if (make == nullptr) {
    auto hint = did_you_mean(shell, {"bash", "zsh", "fish"});
    return complain(context, exit_code::usage,
                    fmt::format("rayd completion does not know \"{}\"{}",
                                shell,
                                hint.empty() ? ": bash, zsh and fish are known"
                                             : hint));
  }
  context.out << make(describe_commands(context));
  return 0;
}

int run_write_share(command_context& context, const arguments& args) {
  auto given = parse_flags("write-share", {}, args, 1);
  if (given.help || given.words.empty() || !given.problem.empty())
    return complain(context, exit_code::usage,
                    "rayd write-share needs the folder to write to");
  fs::path folder{given.words[0]};
  // Pages of commands that are no more would be installed, too.
  std::error_code error;
  for (auto& entry : fs::directory_iterator{folder / "man/man1", error})
    if (entry.path().filename().string().rfind("rayd-", 0) == 0)
      fs::remove(entry.path(), error);
  for (auto& file : shared_files(context)) {
    auto path = folder / file.name;
    fs::create_directories(path.parent_path(), error);
    std::ofstream out{path, std::ios::binary};
    out << file.content << std::flush;
    if (!out)
      return complain(context, exit_code::failed,
                      fmt::format("cannot write {}: {}", path.string(),
                                  std::strerror(errno)));
  }
  return 0;
}

} // namespace rayd
