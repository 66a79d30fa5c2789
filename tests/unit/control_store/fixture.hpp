#pragma once

#include "control_store/control_store.hpp"
#include "control_store/dump.hpp"
#include "wire/entities.hpp"
#include "wire/records.hpp"

#include "catch.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

#include <sys/types.h>
#include <sys/wait.h>

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace rayd::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A session folder that the test must leave with nothing but the files that
/// dump needs, and no child process.
class session_folder {
public:
  session_folder() : path_{fs::temp_directory_path() / "rayd-store-XXXXXX"} {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }

  ~session_folder() {
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1); // No child is left.
    for (const auto& entry : fs::recursive_directory_iterator{path_}) {
      CHECK(!entry.is_socket());
      CHECK(entry.path().filename().string().find("dump-") != 0);
    }
    fs::remove_all(path_);
  }

  const std::string& path() const { return path_; }

private:
  std::string path_;
};

/// Processes that this one started and that have not been waited for.
inline std::vector<pid_t> children() {
  std::vector<pid_t> found;
  const auto parent = std::to_string(::getpid());
  for (const auto& entry : fs::directory_iterator{"/proc"}) {
    if (std::isdigit(entry.path().filename().c_str()[0]) == 0)
      continue;
    std::ifstream in{entry.path() / "stat"};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    const auto close = text.rfind(')');
    if (close == std::string::npos)
      continue;
    std::istringstream rest{text.substr(close + 1)};
    std::string state;
    std::string ppid;
    rest >> state >> ppid;
    if (ppid == parent)
      found.push_back(std::stoi(entry.path().filename()));
  }
  return found;
}

/// False also for a process that ended and was not waited for.
inline bool runs(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto close = text.rfind(')');
  return close != std::string::npos && text.compare(close + 2, 1, "Z") != 0;
}

/// A control store and someone who asks it. Closes it at the end.
class store_user {
public:
  explicit store_user(control_store_options options)
    : system_{config_}, self_{system_} {
    store_ = spawn_control_store(system_, std::move(options));
  }

  ~store_user() {
    if (store_)
      close();
  }

  template <class Message>
  void tell(Message message) {
    self_->send(store_, std::move(message));
  }

  /// The answer, or nothing and why in reason().
  template <class Answer, class Message>
  std::optional<Answer>
  ask(Message message, std::chrono::seconds patience = 20s) {
    std::optional<Answer> got;
    reason_.clear();
    self_->request(store_, patience, std::move(message))
      .receive([&](Answer& answer) { got = std::move(answer); },
               [&](caf::error& error) { reason_ = caf::to_string(error); });
    return got;
  }

  void close() {
    CHECK(ask<store_figures>(close_store{}));
    store_ = nullptr;
  }

  /// Without close_store, as when the head forgets it.
  void abandon() { store_ = nullptr; }

  const std::string& reason() const { return reason_; }

private:
  caf::actor_system_config config_;
  caf::actor_system system_;
  caf::scoped_actor self_;
  control_store_actor store_;
  std::string reason_;
};

inline control_store_options options_for(const session_folder& folder) {
  control_store_options options;
  options.session_dir = folder.path();
  options.password = "secret \"with\" blanks";
  return options;
}

inline task_record task_of(std::uint64_t n, task_state state) {
  task_record task;
  task.id = child_id(root_id(1, 1), n, 1, 1);
  task.parent = root_id(1, 1);
  task.job = 1;
  task.home = 1;
  task.function_name = "compute_square(int)";
  task.demand.set("CPU", 1);
  task.state = state;
  task.placed = placed_by::global;
  task.node = 2;
  return task;
}

inline std::size_t count_lines(const std::string& text, std::string_view with) {
  std::size_t count = 0;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    count += line.find(with) != std::string::npos ? 1 : 0;
  return count;
}

using clock_type = std::chrono::steady_clock;

inline double milliseconds_since(clock_type::time_point begin) {
  return std::chrono::duration<double, std::milli>(clock_type::now() - begin)
    .count();
}

inline put_entity node(node_index index) {
  node_entity entity;
  entity.index = index;
  entity.host = "host";
  entity.resources.set("CPU", 4);
  entity.labels["zone"] = "a";
  return describe(entity);
}

inline mirror_tasks mirror(std::initializer_list<task_record> tasks) {
  return {1, encode_block(std::span{tasks.begin(), tasks.size()})};
}

inline std::string dump(const session_folder& folder, int expected = 0) {
  std::ostringstream out;
  std::ostringstream complaints;
  const int code = dump_session(folder.path(), out, complaints);
  INFO(complaints.str());
  CHECK(code == expected);
  return expected == 0 ? out.str() : complaints.str();
}

} // namespace rayd::test
