#include "control_store/store_files.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace rayd {

namespace {

failure cannot(std::string_view verb, const std::string& path, int error) {
  return {ray::errc::connection_failed,
          fmt::format("cannot {} {}: {}; the control store needs a folder of "
                      "this user's with free space",
                      verb, path, std::strerror(error))};
}

status write_private(const std::string& path, const std::string& text) {
  const int file = ::open(
    path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0)
    return cannot("write", path, errno);
  ::fchmod(file, 0600);
  const auto written = ::write(file, text.data(), text.size());
  const int error = written < 0 ? errno : ENOSPC;
  ::close(file);
  if (written != static_cast<ssize_t>(text.size()))
    return cannot("write", path, error);
  return ok();
}

bool holds_log(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{folder, error})
    if (is_redis_log(entry.path().filename()))
      return true;
  return false;
}

} // namespace

std::string control_folder(const std::string& session_dir) {
  return session_dir + "/control";
}

status write_place(const redis_place& place) {
  const auto& folder = place.folder;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return cannot("make", folder, errno);
  if (::chmod(folder.c_str(), 0700) != 0)
    return cannot("make private", folder, errno);
  if (auto done = write_private(folder + "/password", place.password); !done)
    return done;
  if (place.address.empty())
    return ok();
  return write_private(folder + "/address", place.address);
}

bool is_redis_log(const std::string& name) noexcept {
  return name == "appendonlydir" || name == "appendonly.aof";
}

result<redis_place> read_place(const std::string& session_dir) {
  redis_place place;
  std::error_code error;
  place.folder = std::filesystem::absolute(control_folder(session_dir), error);
  std::ifstream password{place.folder + "/password", std::ios::binary};
  const int why = errno;
  if (!password && !holds_log(place.folder))
    return failure{ray::errc::connection_failed,
                   fmt::format("{} holds no control state that this user can "
                               "read ({}/password: {}); give the session "
                               "folder of a head",
                               session_dir, place.folder,
                               std::strerror(why))};
  if (password)
    place.password.assign(std::istreambuf_iterator<char>{password}, {});
  std::ifstream address{place.folder + "/address", std::ios::binary};
  if (address)
    place.address.assign(std::istreambuf_iterator<char>{address}, {});
  return place;
}

} // namespace rayd
