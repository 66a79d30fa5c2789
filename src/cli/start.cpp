#include "cli/commands.hpp"

#include "cli/option_flags.hpp"
#include "config/launch.hpp"
#include "wire/query.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <ostream>

namespace rayd {

namespace {

constexpr std::string_view usage =
  "rayd start --head [FLAGS], or rayd start --address=HOST[:PORT] [FLAGS]";

/// How long a node that ends may take until another takes its place.
constexpr std::chrono::seconds end_patience{10};

std::vector<flag> start_flags() {
  auto flags = option_flags();
  flags.push_back({"member", "NAME/PLACE",
                   "The node's place in a cluster of rayd up; a node that "
                   "runs there already is left alone."});
  return flags;
}

/// A local join reads the local head's secret; others must give one.
/// @returns One sentence when there is none.
std::string find_secret(node_options& options) {
  if (options.role == node_role::head || !options.password.empty())
    return {};
  auto head = find_local_head(options.session_base, options.head);
  if (!head || head->record.secret_file.empty())
    return fmt::format("no secret is given for the head at {}: {}",
                       to_string(options.head),
                       secret_advice(options.session_base, options.head));
  auto read = read_secret(head->record.secret_file);
  if (!read)
    return read.error().message;
  options.password = *read;
  options.password_origin = secret_origin::session;
  options.password_file = head->record.secret_file;
  return {};
}

/// Where the dashboard is, and how one gets in.
std::string dashboard_lines(const ready_info& info) {
  if (info.dashboard.empty())
    return fmt::format("dashboard: none, {}\n", info.dashboard_note);
  const auto way_in = "/?token=" + info.dashboard_token;
  const auto note = info.dashboard_note.empty()
                      ? std::string{}
                      : fmt::format(" ({})", info.dashboard_note);
  if (info.dashboard_wants_token)
    return fmt::format("dashboard: {}{}{}\n", info.dashboard, way_in, note);
  return fmt::format("dashboard: {}{}\n"
                     "           for other users of this machine: {}{}\n",
                     info.dashboard, note, info.dashboard, way_in);
}

/// What a person needs next.
void announce(command_context& context, const node_options& options,
              const ready_info& info) {
  auto& out = context.out;
  auto is_head = options.role == node_role::head;
  out << fmt::format("node {} runs as {} of the cluster at {} (process {})\n",
                     info.node_id, to_string(options.role), info.address,
                     info.pid);
  if (is_head) {
    // A secret that came by flag or environment stands in no file.
    auto file = info.secret_file.empty() ? "FILE" : info.secret_file;
    out << fmt::format("join: rayd start --address={} "
                       "--redis-password-file={}\n",
                       info.address, file);
    if (!info.reachable)
      out << "      on this machine only: for others start the head with "
             "--redis-password-file=FILE or --host=ADDR\n";
    else if (info.secret_file.empty())
      out << "      FILE (mode 0600) holds the secret that you gave\n";
    else
      out << "      on other machines with a copy of that file\n";
  }
  if (!info.dashboard.empty() || !info.dashboard_note.empty())
    out << dashboard_lines(info);
  out << fmt::format("logs: {}/logs\n", info.session_folder)
      << fmt::format("end:  rayd stop --node={}\n", info.node_id)
      << std::flush;
}

/// What a member's name is: NAME/PLACE, see node_options.
bool is_member_name(const std::string& text) {
  auto slash = text.find('/');
  return slash != 0 && slash != std::string::npos && slash + 1 < text.size()
         && text.size() <= 320;
}

/// False for a node that ends, and for one that its cluster has lost.
bool is_well(command_context& context, const node_record& record) {
  if (record.state != "running")
    return record.state == "starting";
  query_target target;
  target.socket = record.socket;
  auto request = fmt::format("{{\"what\": \"{}\"}}", query_nodes);
  return context.query(target, request).code == exit_code::ok;
}

/// The exit code when the member that *options* names runs already, or when
/// another cluster's has its place.
std::optional<int> find_member(command_context& context,
                               const node_options& options) {
  if (options.member.empty())
    return std::nullopt;
  for (auto& one : running_sessions(options.session_base)) {
    auto& record = one.record;
    if (record.member != options.member)
      continue;
    // A head that dies takes its nodes along, which takes a moment: only who
    // answers stays.
    if (!is_well(context, record) && await_end(record.process, end_patience))
      continue;
    auto is_head = options.role == node_role::head;
    auto is_same = is_head ? record.port == options.port
                           : record.head_address == to_string(options.head);
    auto name = record.node_id.empty() ? one.folder.filename().string()
                                       : record.node_id;
    if (!is_same)
      return complain(context, exit_code::failed,
                      fmt::format("node {} runs as {} of another cluster: "
                                  "rayd stop --cluster={} ends that",
                                  name, options.member,
                                  options.member.substr(
                                    0, options.member.find('/'))));
    context.out << fmt::format("node {} runs already as {} (process {})\n",
                               name, options.member, record.process.pid);
    return 0;
  }
  return std::nullopt;
}

/// Speaks to the terminal for a node in the foreground.
class spoken_report : public ready_report {
public:
  spoken_report(command_context& context, const node_options& options)
    : context_(context), options_(options) {}

  void session_made(const std::string&) override {}

  void ready(const ready_info& info) override {
    announce(context_, options_, info);
  }

  void failed(exit_code code, const std::string& sentence) override {
    complain(context_, code, sentence);
  }

private:
  command_context& context_;
  const node_options& options_;
};

} // namespace

int run_start(command_context& context, const arguments& args) {
  auto flags = start_flags();
  auto given = parse_flags("start", flags, args);
  if (given.help) {
    context.out << describe_flags(usage, flags);
    return 0;
  }
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  auto options = resolve(option_sources_of(context, given));
  // Nothing that this process starts may see the secret in its environment.
  ::unsetenv("RAY_REDIS_PASSWORD");
  ::unsetenv("RAY_REDIS_PASSWORD_FILE");
  if (!options)
    return complain(context, exit_code::usage, options.error().message);
  options->member = given.value("member");
  if (given.has("member") && !is_member_name(options->member))
    return complain(context, exit_code::usage,
                    "--member: a name such as lab/head is expected");
  if (auto code = find_member(context, *options))
    return *code;
  if (auto missing = find_secret(*options); !missing.empty())
    return complain(context, exit_code::refused, missing);
  if (options->block) {
    spoken_report report{context, *options};
    return run_node_here(context, *options, report, -1, false);
  }
  auto outcome = launch_node(context.executable, *options);
  if (outcome.code != exit_code::ok)
    return complain(context, outcome.code, outcome.message);
  announce(context, *options, outcome.info);
  return 0;
}

} // namespace rayd
