#include "config/session.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace rayd {

namespace fs = std::filesystem;

namespace {

/// A Unix socket's path has 107 bytes; others live beside the node's.
constexpr std::size_t socket_path_max = 100;

failure wrong(std::string sentence) {
  return failure{ray::errc::wrong_type, std::move(sentence)};
}

failure failed(std::string_view what, const fs::path& path) {
  return failure{ray::errc::connection_failed,
                 fmt::format("cannot {} {}: {}", what, path.string(),
                             std::strerror(errno))};
}

status make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0)
    return failed("make the folder", path);
  return ok();
}

/// The base with its parents; refused when others could put things there.
status prepare_base(const fs::path& base) {
  std::error_code error;
  fs::create_directories(base.parent_path(), error);
  if (::mkdir(base.c_str(), 0700) != 0 && errno != EEXIST)
    return failed("make the session folder", base);
  struct stat info {};
  if (::lstat(base.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
    return wrong(fmt::format("{} is not a folder: give another one with "
                             "--session-dir",
                             base.string()));
  if (info.st_uid != ::geteuid())
    return wrong(fmt::format("the session folder {} belongs to user {}: give "
                             "one of your own with --session-dir",
                             base.string(), info.st_uid));
  if ((info.st_mode & 077) != 0)
    return wrong(fmt::format("the session folder {} has mode {:04o}: run "
                             "chmod 700 {}, since it holds sockets and "
                             "secrets",
                             base.string(), info.st_mode & 07777,
                             base.string()));
  return ok();
}

/// Writes a file of mode 0600 beside *path* and renames it there.
status replace_file(const fs::path& path, std::string_view content) {
  auto fresh = path.string() + ".new";
  ::unlink(fresh.c_str());
  int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return failed("write", fresh);
  auto written = ::write(fd, content.data(), content.size());
  ::close(fd);
  if (written != static_cast<ssize_t>(content.size())
      || ::rename(fresh.c_str(), path.c_str()) != 0) {
    auto reason = failed("write", path);
    ::unlink(fresh.c_str());
    return reason;
  }
  return ok();
}

std::string to_json(const node_record& r) {
  nlohmann::json json{
    {"pid", r.process.pid},
    {"start_time", r.process.start_time},
    {"role", to_string(r.role)},
    {"private", r.is_private},
    {"node", r.node_id},
    {"index", r.node_index},
    {"host", r.host},
    {"port", r.port},
    {"head", r.head_address},
    {"socket", r.socket},
    {"version", r.version},
    {"cluster", r.cluster_id},
    {"member", r.member},
    {"secret_file", r.secret_file},
    {"dashboard", r.dashboard},
    {"spill_folder", r.spill_folder},
    {"own_kernel_session", r.own_kernel_session},
    {"state", r.state},
    {"started_ms", r.started_ms},
  };
  return json.dump(2, ' ', true, nlohmann::json::error_handler_t::replace)
         + "\n";
}

/// Unreadable records are as none: the folder may be older or damaged.
node_record read_record(const fs::path& folder) {
  std::ifstream in{folder / "node.json"};
  auto json = nlohmann::json::parse(in, nullptr, false);
  node_record r;
  if (!json.is_object())
    return r;
  try {
    r.role = json.value("role", "node") == "head" ? node_role::head
                                                  : node_role::node;
    r.is_private = json.value("private", false);
    r.node_id = json.value("node", "");
    r.node_index = json.value("index", 0u);
    r.host = json.value("host", "");
    r.port = json.value("port", std::uint16_t{0});
    r.head_address = json.value("head", "");
    r.socket = json.value("socket", "");
    r.version = json.value("version", "");
    r.cluster_id = json.value("cluster", "");
    r.member = json.value("member", "");
    r.secret_file = json.value("secret_file", "");
    r.dashboard = json.value("dashboard", "");
    r.spill_folder = json.value("spill_folder", "");
    r.own_kernel_session = json.value("own_kernel_session", false);
    r.state = json.value("state", "");
    r.started_ms = json.value("started_ms", std::int64_t{0});
    r.process = {json.value("pid", 0L),
                 json.value("start_time", std::uint64_t{0})};
  } catch (const nlohmann::json::exception&) {
    return {};
  }
  return r;
}

std::string folder_name(std::int64_t now_ms, long pid, node_role role) {
  auto seconds = static_cast<std::time_t>(now_ms / 1000);
  return fmt::format("{:%Y%m%d-%H%M%S}-{}-{}", fmt::localtime(seconds), pid,
                     to_string(role));
}

} // namespace

std::string default_session_base() {
  const char* given = std::getenv("RAYD_SESSION_DIR");
  if (given != nullptr && given[0] == '/')
    return fs::path{given}.lexically_normal();
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/')
    return std::string{state} + "/rayd";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/')
    return std::string{home} + "/.local/state/rayd";
  return {};
}

result<session> create_session(const node_options& options) {
  fs::path base{options.session_base};
  if (auto prepared = prepare_base(base); !prepared)
    return prepared.error();
  session made;
  auto& r = made.record;
  r.process = own_identity();
  r.role = options.role;
  r.is_private = options.private_cluster || options.follows_parent;
  r.version = RAYD_VERSION;
  r.member = options.member;
  r.own_kernel_session = ::getsid(0) == ::getpid();
  r.started_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
                   .count();
  if (options.role == node_role::node)
    r.head_address = to_string(options.head);
  r.secret_file = options.password_file;
  made.folder = base / folder_name(r.started_ms, r.process.pid, r.role);
  r.socket = made.socket_path();
  if (r.socket.size() > socket_path_max)
    return wrong(fmt::format("the socket's path {} has {} bytes and a socket "
                             "may have {}: give a shorter --session-dir",
                             r.socket, r.socket.size(), socket_path_max));
  // One process may run several nodes one after the other, in one second.
  for (int n = 2; fs::exists(made.folder) && n < 100; ++n)
    made.folder = base
                  / fmt::format("{}-{}", folder_name(r.started_ms,
                                                     r.process.pid, r.role),
                                n);
  r.socket = made.socket_path();
  for (auto& folder :
       {made.folder, made.log_folder(), made.control_folder()})
    if (auto done = make_folder(folder); !done)
      return done.error();
  if (auto written = write_record(made); !written)
    return written.error();
  return made;
}

status write_record(const session& self) {
  return replace_file(self.folder / "node.json", to_json(self.record));
}

status write_secret(session& self, const secret& value) {
  if (auto done = replace_file(self.secret_path(), value.reveal() + "\n");
      !done)
    return done;
  self.record.secret_file = self.secret_path();
  return write_record(self);
}

status record_process(const fs::path& folder, const process_identity& child,
                      const std::string& what) {
  auto line = fmt::format("{} {} {}\n", child.pid, child.start_time, what);
  auto path = folder / "processes";
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                  0600);
  if (fd < 0)
    return failed("write", path);
  // One write of a short line with O_APPEND is not torn by another thread's.
  auto written = ::write(fd, line.data(), line.size());
  ::close(fd);
  if (written != static_cast<ssize_t>(line.size()))
    return failed("write", path);
  return ok();
}

std::vector<session> all_sessions(const std::string& base) {
  std::vector<session> found;
  std::error_code error;
  for (auto& entry : fs::directory_iterator{base, error}) {
    struct stat info {};
    auto name = entry.path().filename().string();
    // Only folders of our own that look like a run.
    if (::lstat(entry.path().c_str(), &info) != 0 || !S_ISDIR(info.st_mode)
        || info.st_uid != ::geteuid() || name.size() < 18 || name[8] != '-')
      continue;
    found.push_back({entry.path(), read_record(entry.path())});
  }
  std::sort(found.begin(), found.end(), [](auto& a, auto& b) {
    return std::pair{a.record.started_ms, a.folder}
           < std::pair{b.record.started_ms, b.folder};
  });
  return found;
}

std::vector<session> running_sessions(const std::string& base) {
  auto found = all_sessions(base);
  std::erase_if(found, [](auto& one) { return !one.is_live(); });
  return found;
}

std::optional<session> find_auto(const std::string& base) {
  std::optional<session> latest;
  for (auto& one : running_sessions(base)) {
    if (one.record.is_private || one.record.state != "running")
      continue;
    auto is_head = one.record.role == node_role::head;
    if (!latest || is_head || latest->record.role != node_role::head)
      latest = one;
  }
  return latest;
}

std::optional<session> find_local_head(const std::string& base,
                                       const endpoint& head) {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  auto loopback = head.host == "localhost" || head.host == "::1"
                  || head.host.rfind("127.", 0) == 0 || head.host == name;
  std::optional<session> latest;
  for (auto& one : running_sessions(base))
    if (!one.record.is_private && one.record.role == node_role::head
        && one.record.port == head.port
        && (loopback || one.record.host == head.host))
      latest = one;
  return latest;
}

std::string secret_advice(const std::string& base, const endpoint& head) {
  const auto local = find_local_head(base, head);
  if (!local)
    return fmt::format("copy the file that rayd start --head named on {} "
                       "(SESSION/secret, or the one given there) to this "
                       "machine and give it with --redis-password-file=FILE",
                       head.host);
  const auto& file = local->record.secret_file;
  if (file.empty())
    return "give the secret that the head was started with, which stands in "
           "no file, with --redis-password-file=FILE";
  return "give --redis-password-file=" + file;
}

std::optional<session> find_node(const std::string& base,
                                 const std::string& name) {
  for (auto& one : running_sessions(base))
    if (one.record.node_id == name || one.folder.filename() == name)
      return one;
  return std::nullopt;
}

} // namespace rayd
