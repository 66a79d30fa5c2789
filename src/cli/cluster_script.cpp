#include "cli/cluster_script.hpp"

#include "cli/shell_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace rayd {

namespace {

constexpr std::string_view secret_end = "end-of-secret";

/// The members of the cluster on one host.
struct host_members {
  std::string host;
  bool is_local = false;
  const cluster_member* head = nullptr;
  std::vector<const cluster_member*> nodes;
};

/// Hosts in the order of the file, the head's first.
std::vector<host_members> by_host(const cluster_file& cluster) {
  std::vector<host_members> hosts;
  auto host_of = [&](const cluster_member& one) -> host_members& {
    auto is_local = is_local_host(one.host);
    auto name = is_local ? "localhost" : one.host;
    for (auto& known : hosts)
      if (known.host == name)
        return known;
    return hosts.emplace_back(host_members{name, is_local, nullptr, {}});
  };
  host_of(cluster.head).head = &cluster.head;
  for (auto& node : cluster.nodes)
    host_of(node).nodes.push_back(&node);
  return hosts;
}

std::vector<std::string> shell_of(const cluster_file& cluster,
                                  const host_members& host) {
  if (host.is_local)
    return {"sh"};
  // A host that hangs must not hold the others up for ever.
  std::vector<std::string> words{"ssh", "-T",
                                 "-o",  "BatchMode=yes",
                                 "-o",  "ConnectTimeout=10",
                                 "-o",  "ServerAliveInterval=10",
                                 "-o",  "ServerAliveCountMax=3",
                                 "-o",  "LogLevel=ERROR"};
  if (cluster.ssh_port != 0)
    words.insert(words.end(), {"-p", fmt::format("{}", cluster.ssh_port)});
  if (!cluster.identity_file.empty())
    words.insert(words.end(), {"-i", cluster.identity_file});
  auto target = cluster.ssh_user.empty() ? host.host
                                         : cluster.ssh_user + "@" + host.host;
  words.insert(words.end(), {"--", target, "sh"});
  return words;
}

/// One line per node: the commands, head first.
struct start_commands {
  std::string head;
  std::vector<std::string> nodes;
};

/// Builds what is said to one host.
class script_writer {
public:
  script_writer(const cluster_file& cluster, const host_members& host,
                const std::string& executable)
    : cluster_(cluster), host_(host), executable_(executable) {}

  host_script up(const std::string& secret_line) const {
    host_script made{host_.host, shell_of(cluster_, host_), {}, {}};
    auto commands = starts();
    if (host_.is_local) {
      made.script = run_all(commands);
      made.shown = commands.head;
      for (auto& command : commands.nodes)
        made.shown += command;
      return made;
    }
    made.script = find_rayd() + secret_name() + copy_secret(secret_line)
                  + run_all(commands);
    made.shown = shown(made.command, find_rayd() + secret_name()
                                       + copy_secret("(the secret)")
                                       + run_all(commands));
    return made;
  }

  host_script down() const {
    host_script made{host_.host, shell_of(cluster_, host_), {}, {}};
    std::string stops = "code=0\n";
    for (auto& command : stop_all()) {
      stops += command + " </dev/null || code=1\n";
      made.shown += command + "\n";
    }
    if (host_.is_local) {
      made.script = stops + "exit $code\n";
      return made;
    }
    made.script = find_rayd() + secret_name() + stops
                  + "[ $code -ne 0 ] || rm -f \"$secret\"\n" + "exit $code\n";
    made.shown = shown(made.command, made.script);
    return made;
  }

private:
  static std::string shown(const std::vector<std::string>& command,
                           const std::string& script) {
    return shell_line(command) + " <<'end-of-script'\n" + script
           + "end-of-script\n";
  }

  std::string rayd() const {
    return host_.is_local ? shell_word(executable_) : "rayd";
  }

  /// The same place as here counts when PATH knows no rayd.
  std::string find_rayd() const {
    auto folder = std::filesystem::path{executable_}.parent_path().string();
    return fmt::format("PATH=$PATH:{}\n"
                       "command -v rayd >/dev/null || {{\n"
                       "  echo {} >&2\n"
                       "  exit 127\n"
                       "}}\n",
                       shell_word(folder),
                       shell_word("there is no rayd on PATH nor in " + folder
                                  + ": install it on that host"));
  }

  std::string secret_name() const {
    return fmt::format("secret=${{XDG_CONFIG_HOME:-$HOME/.config}}/rayd/{}"
                       ".secret\n",
                       cluster_.name);
  }

  static std::string copy_secret(const std::string& line) {
    return fmt::format("(\n"
                       "  umask 077\n"
                       "  mkdir -p \"${{secret%/*}}\" && rm -f \"$secret.new\" "
                       "&&\n"
                       "    cat >\"$secret.new\" && mv \"$secret.new\" "
                       "\"$secret\"\n"
                       ") <<'{0}' || exit {1}\n"
                       "{2}\n"
                       "{0}\n",
                       secret_end, static_cast<int>(script_code::no_head),
                       line);
  }

  std::string start(const cluster_member& member, const std::string& place,
                    std::vector<std::string> role) const {
    std::vector<std::string> words{"start"};
    words.insert(words.end(), role.begin(), role.end());
    words.push_back(fmt::format("--member={}/{}", cluster_.name, place));
    for (auto& [key, value] : member.flags)
      if (key != "port")
        words.push_back(fmt::format("--{}={}", key, value));
    auto line = rayd() + " " + shell_line(words);
    if (!host_.is_local)
      line += " --redis-password-file=\"$secret\"";
    else if (!cluster_.secret_file.empty())
      line += " " + shell_word("--redis-password-file=" + cluster_.secret_file);
    return line + "\n";
  }

  start_commands starts() const {
    start_commands made;
    auto head = cluster_.head_address();
    if (host_.head != nullptr)
      made.head = start(*host_.head, "head",
                        {"--head", fmt::format("--port={}", head.port)});
    int number = 0;
    for (auto* node : host_.nodes)
      for (int i = 0; i < node->count; ++i)
        made.nodes.push_back(start(*node,
                                   fmt::format("{}/{}", host_.host, ++number),
                                   {"--address=" + to_string(head)}));
    return made;
  }

  /// The head, then the nodes beside each other. The script itself is standard
  /// input, so nothing else may read from there.
  static std::string run_all(const start_commands& commands) {
    auto line = [](std::string command, std::string_view rest) {
      command.pop_back();
      return fmt::format("{} </dev/null {}\n", command, rest);
    };
    std::string script = "code=0\n";
    if (!commands.head.empty())
      script += line(commands.head,
                     fmt::format("|| exit {}",
                                 static_cast<int>(script_code::no_head)));
    std::string waits;
    for (std::size_t i = 0; i < commands.nodes.size(); ++i) {
      script += line(commands.nodes[i], fmt::format("& node{}=$!", i));
      waits += fmt::format("wait $node{} || code={}\n", i,
                           static_cast<int>(script_code::some_node));
    }
    return script + waits + "exit $code\n";
  }

  std::string stop(const std::string& place, const std::string& folder) const {
    std::vector<std::string> words{"stop", fmt::format("--cluster={}/{}",
                                                       cluster_.name, place)};
    if (!folder.empty())
      words.push_back("--session-dir=" + folder);
    return rayd() + " " + shell_line(words);
  }

  /// Nodes before the head; one command per folder of sessions.
  std::vector<std::string> stop_all() const {
    std::set<std::string> folders;
    for (auto* node : host_.nodes)
      folders.insert(node->flag("session-dir"));
    // The file may have had nodes beside the head that it has no more.
    if (host_.head != nullptr)
      folders.insert(host_.head->flag("session-dir"));
    std::vector<std::string> commands;
    for (auto& folder : folders)
      commands.push_back(stop(host_.host, folder));
    if (host_.head != nullptr)
      commands.push_back(stop("head", host_.head->flag("session-dir")));
    return commands;
  }

  const cluster_file& cluster_;
  const host_members& host_;
  const std::string& executable_;
};

} // namespace

std::vector<host_script> up_scripts(const cluster_file& cluster,
                                    const std::string& executable,
                                    const std::string& secret_line) {
  std::vector<host_script> scripts;
  for (auto& host : by_host(cluster))
    scripts.push_back(script_writer{cluster, host, executable}.up(secret_line));
  return scripts;
}

std::vector<host_script> down_scripts(const cluster_file& cluster,
                                      const std::string& executable) {
  std::vector<host_script> scripts;
  auto hosts = by_host(cluster);
  for (auto& host : hosts)
    scripts.push_back(script_writer{cluster, host, executable}.down());
  std::rotate(scripts.begin(), scripts.begin() + 1, scripts.end());
  return scripts;
}

} // namespace rayd
