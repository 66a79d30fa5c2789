#include "cli/commands.hpp"

#include "cli/flags.hpp"

#include <fmt/format.h>

#include <ostream>

namespace rayd {

namespace {

const std::vector<flag> flags{
  {"session", "DIR",
   "The session folder of a head that runs or has ended; without it the "
   "newest one of yours."},
  {"session-dir", "DIR", "Where the session folders are."},
};

/// The head's session that started last, running or ended; "" when none.
std::string newest_head(const std::string& base) {
  std::string newest;
  for (auto& one : all_sessions(base))
    if (one.record.process.pid != 0 && one.record.role == node_role::head)
      newest = one.folder;
  return newest;
}

} // namespace

int run_dump(command_context& context, const arguments& args) {
  auto given = parse_flags("dump", flags, args);
  if (given.help) {
    context.out << describe_flags("rayd dump [FLAGS]", flags);
    return 0;
  }
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  auto base = session_base(context, given.value("session-dir"));
  auto folder = given.value("session");
  if (folder.empty())
    folder = newest_head(base);
  else
    folder = std::filesystem::absolute(folder).lexically_normal();
  if (folder.empty())
    return complain(context, exit_code::failed,
                    fmt::format("no head of yours has run on this machine (no "
                                "session in {}): give --session=DIR",
                                base));
  auto code = context.dump_session(folder, context.out, context.talk);
  context.out << std::flush;
  return code;
}

} // namespace rayd
