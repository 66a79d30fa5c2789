#include "cli/commands.hpp"

#include "cli/flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <unistd.h>

namespace rayd {

namespace {

constexpr std::string_view usage = "rayd submit [FLAGS] -- PROG ARGS";

const std::vector<flag> flags{
  {"address", "HOST[:PORT]",
   "The cluster; without it RAY_ADDRESS, then the one on this machine."},
  {"redis-password", "TEXT", "The cluster's secret."},
  {"redis-password-file", "FILE", "The file that holds it."},
  {"job-name", "NAME",
   "What the job is called; the program's name without "
   "it."},
};

/// Where the job goes.
struct job_place {
  /// For RAY_ADDRESS.
  std::string address;
  /// For people.
  std::string shown;
  exit_code code = exit_code::ok;
  /// One sentence when *code* is not ok.
  std::string problem;
};

job_place refuse(exit_code code, std::string sentence) {
  return {{}, {}, code, std::move(sentence)};
}

job_place find_place(command_context& context, const parsed_flags& given) {
  auto address = given.value("address");
  std::string source = "--address";
  if (address.empty()) {
    address = context.environment("RAY_ADDRESS").value_or("");
    source = "RAY_ADDRESS";
  }
  // What programs would do without a cluster is not what submit is for.
  auto is_alone = address == "local" || address == "inline";
  if (is_alone && given.has("address"))
    return refuse(exit_code::usage,
                  fmt::format("--address={}: a job runs on a cluster: give "
                              "--address=HOST:PORT, or leave it away for the "
                              "one on this machine",
                              address));
  if (address.empty() || address == "auto" || is_alone) {
    auto node = find_auto(session_base(context, {}));
    if (!node)
      return refuse(exit_code::refused,
                    "no node of yours runs on this machine: start one with "
                    "rayd start --head, or give --address=HOST:PORT");
    auto& record = node->record;
    auto shown = record.role == node_role::head
                   ? to_string(endpoint{record.host, record.port})
                   : record.head_address;
    return {"auto", shown, exit_code::ok, {}};
  }
  auto parsed = parse_endpoint(address, 6379);
  if (!parsed)
    return refuse(exit_code::usage,
                  fmt::format("{}: {}", source, parsed.error().message));
  return {to_string(*parsed), to_string(*parsed), exit_code::ok, {}};
}

/// What ray::init reads in the program.
void set_environment(const parsed_flags& given, const job_place& place,
                     const std::string& job_name) {
  ::setenv("RAY_ADDRESS", place.address.c_str(), 1);
  ::setenv("RAY_JOB_NAME", job_name.c_str(), 1);
  if (!given.has("redis-password") && !given.has("redis-password-file"))
    return;
  // What is given here counts, not what else the environment says.
  ::unsetenv("RAY_REDIS_PASSWORD");
  ::unsetenv("RAY_REDIS_PASSWORD_FILE");
  if (given.has("redis-password"))
    ::setenv("RAY_REDIS_PASSWORD", given.value("redis-password").c_str(), 1);
  else
    ::setenv("RAY_REDIS_PASSWORD_FILE",
             given.value("redis-password-file").c_str(), 1);
}

/// 0 when *file* is a program, else why it cannot be run.
int check_file(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    return EISDIR;
  return ::access(file.c_str(), X_OK) == 0 ? 0 : errno;
}

/// The same for a program by its path or its name on PATH: looked at before
/// the job is announced.
int check_program(const command_context& context, const std::string& program) {
  if (program.find('/') != std::string::npos)
    return check_file(program);
  auto path = context.environment("PATH").value_or("/bin:/usr/bin");
  int reason = ENOENT;
  for (std::size_t from = 0; from <= path.size();) {
    auto end = std::min(path.find(':', from), path.size());
    auto folder = std::filesystem::path{path.substr(from, end - from)};
    auto found = check_file(folder / program);
    if (found == 0)
      return 0;
    reason = found == EACCES ? EACCES : reason;
    from = end + 1;
  }
  return reason;
}

std::string explain(const std::string& program, int error) {
  if (error == ENOENT && program.find('/') == std::string::npos)
    return fmt::format("there is no program {} on PATH: give its path, such as "
                       "./{}",
                       program, program);
  if (error == ENOENT)
    return fmt::format("there is no program {}, or the interpreter that it "
                       "names is missing",
                       program);
  return fmt::format("{} cannot be run: {}", program, std::strerror(error));
}

} // namespace

int run_submit(command_context& context, const arguments& args) {
  auto end = std::find(args.begin(), args.end(), "--");
  auto given = parse_flags("submit", flags, {args.begin(), end});
  if (given.help) {
    context.out << describe_flags(usage, flags);
    return 0;
  }
  if (given.problem.empty() && (end == args.end() || end + 1 == args.end()))
    given.problem = "the program stands behind two dashes: rayd submit -- PROG "
                    "ARGS";
  if (given.problem.empty() && given.value("redis-password-file") == "-")
    given.problem = "--redis-password-file: standard input is the program's, "
                    "so the secret must be in a file";
  // Two flags mean two secrets, and one of them would be ignored.
  if (given.problem.empty() && given.has("redis-password")
      && given.has("redis-password-file"))
    given.problem = "--redis-password and --redis-password-file contradict "
                    "each other: give the secret once";
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  auto place = find_place(context, given);
  if (place.code != exit_code::ok)
    return complain(context, place.code, place.problem);
  arguments words{end + 1, args.end()};
  if (auto reason = check_program(context, words[0]); reason != 0)
    return complain(context, exit_code::failed, explain(words[0], reason));
  auto job_name = given.value("job-name");
  if (job_name.empty())
    job_name = std::filesystem::path{words[0]}.filename();
  context.talk << fmt::format("job {} runs on the cluster at {} (process {})\n",
                              job_name, place.shown, ::getpid())
               << std::flush;
  set_environment(given, place, job_name);
  std::vector<char*> pointers;
  for (auto& word : words)
    pointers.push_back(word.data());
  pointers.push_back(nullptr);
  // This process becomes the program: its exit code, its signals and its
  // terminal need nobody to pass them on.
  ::execvp(pointers[0], pointers.data());
  return complain(context, exit_code::failed, explain(words[0], errno));
}

} // namespace rayd
