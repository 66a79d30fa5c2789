#include "control_store/dump.hpp"

#include "base/check.hpp"
#include "control_store/redis_process.hpp"
#include "control_store/snapshot.hpp"
#include "control_store/store_files.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <thread>

namespace rayd {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int exit_failed = 1;
constexpr int exit_nobody = 3;

/// A folder that goes away with its content.
class scratch_folder {
public:
  explicit scratch_folder(const std::string& parent)
    : path_{parent + "/dump-XXXXXX"} {
    if (::mkdtemp(path_.data()) == nullptr)
      path_.clear();
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() {
    std::error_code ignored;
    if (!path_.empty())
      fs::remove_all(path_, ignored);
  }

  const std::string& path() const noexcept { return path_; }

private:
  std::string path_;
};

int complain(std::ostream& out, const std::string& sentence, int code) {
  out << "rayd dump: " << sentence << '\n';
  return code;
}

int write_all(redis_link& link, std::ostream& out, std::ostream& complaints) {
  auto done = read_lines(link, {}, [&](const std::string& line) {
    out << line << '\n';
    return static_cast<bool>(out);
  });
  if (!done)
    return complain(complaints, done.error().message, exit_nobody);
  if (!out.flush())
    return complain(complaints, "the output cannot be written", exit_failed);
  return 0;
}

/// For a Redis that only we know, for a moment.
std::string new_password() {
  unsigned char bytes[16] = {};
  RAYD_CHECK(::getentropy(bytes, sizeof bytes) == 0);
  std::string text;
  for (const auto byte : bytes)
    text += fmt::format("{:02x}", byte);
  return text;
}

/// Copies the log, as one folder (Redis 7) or one file (before).
/// @returns Whether there was one.
bool copy_log(const std::string& from, const std::string& to,
              std::error_code& error) {
  bool found = false;
  for (const auto& entry : fs::directory_iterator{from, error})
    if (is_redis_log(entry.path().filename())) {
      found = true;
      fs::copy(entry.path(), to / entry.path().filename(),
               fs::copy_options::recursive, error);
      if (error)
        break;
    }
  return found;
}

/// A killed head leaves a socket behind at which nobody listens; a head whose
/// Redis is just starting again listens in a moment.
bool is_live(const redis_place& place) {
  for (int tries = 0; tries < 20; ++tries) {
    if (somebody_listens(place))
      return true;
    if (!fs::exists(place.folder + "/redis.sock"))
      return false;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

int dump_dead(const redis_place& place, std::ostream& out,
              std::ostream& complaints) {
  const scratch_folder scratch{place.folder};
  if (scratch.path().empty())
    return complain(complaints,
                    fmt::format("cannot make a folder in {}: {}; give a copy "
                                "of the session folder that can be written",
                                place.folder, std::strerror(errno)),
                    exit_failed);
  std::error_code error;
  const bool found = copy_log(place.folder, scratch.path(), error);
  if (error)
    return complain(complaints,
                    fmt::format("cannot copy the log of {}: {}", place.folder,
                                error.message()),
                    exit_failed);
  if (!found)
    return complain(complaints,
                    fmt::format("{} holds no log of a control store",
                                place.folder),
                    exit_failed);
  const auto password = new_password();
  auto process = redis_process::start(scratch.path(), password);
  if (!process)
    return complain(complaints, process.error().message, exit_failed);
  auto link = redis_link::open({scratch.path(), {}, password},
                               redis_link::clock::now() + 60s,
                               [&] { return process->running(); });
  if (!link)
    return complain(complaints,
                    process->running()
                      ? link.error().message
                      : fmt::format("the log of {} cannot be read ({})",
                                    place.folder, process->epitaph()),
                    exit_failed);
  return write_all(*link, out, complaints);
}

} // namespace

int dump_session(const std::string& session_dir, std::ostream& out,
                 std::ostream& complaints) {
  auto place = read_place(session_dir);
  if (!place)
    return complain(complaints, place.error().message, exit_failed);
  const bool elsewhere = !place->address.empty();
  if (elsewhere || is_live(*place)) {
    auto link = redis_link::open(*place, redis_link::clock::now() + 10s, [&] {
      return elsewhere || somebody_listens(*place);
    });
    if (link)
      return write_all(*link, out, complaints);
    if (elsewhere || somebody_listens(*place))
      return complain(complaints, link.error().message, exit_nobody);
  }
  return dump_dead(*place, out, complaints);
}

} // namespace rayd
