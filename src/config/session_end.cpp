#include "config/session.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace rayd {

namespace fs = std::filesystem;

namespace {

std::vector<process_identity> recorded_children(const fs::path& folder) {
  std::vector<process_identity> children;
  std::ifstream in{folder / "processes"};
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields{line};
    process_identity child;
    if (fields >> child.pid >> child.start_time && child.pid > 1)
      children.push_back(child);
  }
  return children;
}

void remove_sockets(const fs::path& folder) {
  std::error_code error;
  for (auto& entry : fs::recursive_directory_iterator{folder, error})
    if (entry.symlink_status(error).type() == fs::file_type::socket)
      ::unlink(entry.path().c_str());
}

/// Nothing else than spill files can be in there.
void remove_spilled(const std::string& folder) {
  if (folder.empty())
    return;
  std::error_code error;
  for (auto& entry : fs::directory_iterator{folder, error})
    if (entry.path().extension() == ".spill")
      ::unlink(entry.path().c_str());
  ::rmdir(folder.c_str());
}

std::uint64_t size_of(const fs::path& folder) {
  std::error_code error;
  std::uint64_t total = 0;
  for (auto& entry : fs::recursive_directory_iterator{folder, error}) {
    struct stat info {};
    // Blocks, not length: sparse files take what they take.
    if (::lstat(entry.path().c_str(), &info) == 0)
      total += static_cast<std::uint64_t>(info.st_blocks) * 512;
  }
  return total;
}

/// The process number in "20260314-150926-4711-head"; 0 when there is none.
long pid_in_name(const fs::path& folder) {
  auto name = folder.filename().string();
  long pid = 0;
  if (name.size() > 16)
    std::from_chars(name.data() + 16, name.data() + name.size(), pid);
  return pid;
}

/// False also for a run that is about to write its first record.
bool has_ended(const session& one) {
  if (one.record.process.pid != 0)
    return !one.is_live();
  return !identify_process(pid_in_name(one.folder));
}

} // namespace

void end_session(session& self) {
  remove_sockets(self.folder);
  ::unlink(self.secret_path().c_str());
  // Of the Redis that has ended; `rayd dump` reads its log without it.
  ::unlink((self.control_folder() / "password").c_str());
  ::unlink((self.folder / "processes").c_str());
  remove_spilled(self.record.spill_folder);
  ::unlink((self.folder / "node.json.new").c_str());
  if (self.record.process.pid == 0)
    return;
  self.record.state = "ended";
  if (self.record.secret_file == self.secret_path())
    self.record.secret_file.clear();
  // A full disk must not keep a node from ending: /proc says the same.
  static_cast<void>(static_cast<bool>(write_record(self)));
}

int kill_leftovers(const session& self) {
  int killed = 0;
  // Twice: what a child started while it was being killed.
  for (int round = 0; round < 2; ++round) {
    auto left = recorded_children(self.folder);
    if (self.record.own_kernel_session)
      for (auto& member : members_of_session(self.record.process.pid))
        left.push_back(member);
    for (auto& process : left)
      if (signal_process(process, SIGKILL))
        ++killed;
    for (auto& process : left)
      await_end(process, std::chrono::milliseconds{1000});
  }
  return killed;
}

int prune_sessions(const std::string& base, const session_limits& limits) {
  auto ended = all_sessions(base);
  std::erase_if(ended, [](auto& one) { return !has_ended(one); });
  std::reverse(ended.begin(), ended.end());
  std::uint64_t total = 0;
  int removed = 0;
  for (std::size_t i = 0; i < ended.size(); ++i) {
    remove_spilled(ended[i].record.spill_folder);
    total += size_of(ended[i].folder);
    if (i == 0 || (i < limits.ended && total <= limits.total_bytes))
      continue;
    std::error_code error;
    fs::remove_all(ended[i].folder, error);
    if (!error)
      ++removed;
  }
  return removed;
}

} // namespace rayd
