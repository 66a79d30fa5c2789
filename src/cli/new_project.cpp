#include "cli/commands.hpp"

#include "cli/flags.hpp"
#include "cli/project_files.hpp"
#include "cli/shell_text.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ostream>

namespace rayd {

namespace {

namespace fs = std::filesystem;

/// Where this rayd is installed with its CMake package; "" when it is not.
std::string own_prefix(const command_context& context) {
  auto prefix = fs::path{context.executable}.parent_path().parent_path();
  std::error_code error;
  return fs::exists(prefix / "lib/cmake/rayd/rayd-config.cmake", error)
           ? prefix.string()
           : std::string{};
}

/// One sentence when nothing may be written into *folder*.
std::string refusal(const fs::path& folder) {
  std::error_code error;
  auto kind = fs::status(folder, error).type();
  if (kind == fs::file_type::not_found)
    return {};
  if (kind != fs::file_type::directory)
    return fmt::format("{} is there and is no folder: give the name of a new "
                       "one",
                       folder.string());
  auto is_empty = fs::is_empty(folder, error);
  if (error)
    return fmt::format("cannot look into {}: {}", folder.string(),
                       error.message());
  if (!is_empty)
    return fmt::format("{} is not empty: give the name of a new folder",
                       folder.string());
  return {};
}

/// One sentence when it did not work.
std::string write_all(const fs::path& folder,
                      const std::vector<project_file>& files) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return fmt::format("cannot make the folder {}: {}", folder.string(),
                       error.message());
  for (auto& file : files) {
    auto path = folder / file.name;
    std::ofstream out{path, std::ios::binary};
    out << file.content << std::flush;
    if (!out)
      return fmt::format("cannot write {}: {}", path.string(),
                         std::strerror(errno));
  }
  return {};
}

} // namespace

int run_new(command_context& context, const arguments& args) {
  constexpr std::string_view usage = "rayd new DIR";
  auto given = parse_flags("new", {}, args, 1);
  if (given.help) {
    context.out << describe_flags(usage, {})
                << "  Makes a project in DIR that builds and runs as it "
                   "stands.\n";
    return 0;
  }
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  if (given.words.empty() || given.words[0].empty())
    return complain(context, exit_code::usage,
                    "rayd new needs the folder for the project: rayd new DIR");
  fs::path folder{given.words[0]};
  if (auto no = refusal(folder); !no.empty())
    return complain(context, exit_code::failed, no);
  auto whole = fs::absolute(folder).lexically_normal();
  // "demo/" ends with an empty name.
  auto last = whole.has_filename() ? whole.filename()
                                   : whole.parent_path().filename();
  auto name = project_name(last);
  auto files = project_files(name, own_prefix(context));
  if (auto problem = write_all(folder, files); !problem.empty())
    return complain(context, exit_code::failed, problem);
  for (auto& file : files)
    context.out << fmt::format("made {}\n", (folder / file.name).string());
  context.talk << fmt::format("next: cd {} && cmake -S . -B build && cmake "
                              "--build build && ./build/{}\n",
                              shell_word(folder.string()), name);
  return 0;
}

} // namespace rayd
