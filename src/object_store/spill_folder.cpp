#include "object_store/spill_folder.hpp"

#include "object_store/spill_header.hpp"
#include "transport/owned_fd.hpp"

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace rayd {

namespace {

// One system call does not take much longer than this much takes.
constexpr std::size_t block_bytes = std::size_t{4} << 20;

std::string name_of(std::uint64_t number) {
  return fmt::format("{}.spill", number);
}

bool is_spill_file(const char* name) {
  const std::string_view text{name};
  return text.size() > 6 && text.ends_with(".spill");
}

/// Of a call that said -1.
std::string reason() {
  return std::strerror(errno);
}

bool write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto part = std::min(bytes.size(), block_bytes);
    const auto done = ::write(fd, bytes.data(), part);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return false;
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return true;
}

/// False at the end of the file, too.
bool read_all(int fd, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto part = std::min(bytes.size(), block_bytes);
    const auto done = ::read(fd, bytes.data(), part);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return false;
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return true;
}

failure lost(const object_id& object, const std::string& why) {
  return {ray::errc::object_lost,
          fmt::format("the copy of object {} on disk is lost: {}",
                      to_string(object), why)};
}

} // namespace

result<std::unique_ptr<spill_folder>>
spill_folder::open(const std::string& path) {
  const auto cannot = [&](const std::string& why) {
    return failure{ray::errc::connection_failed,
                   fmt::format("the spill folder {} cannot be used: {}", path,
                               why)};
  };
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return cannot(reason());
  owned_fd fd{
    ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0)
    return cannot(reason());
  if (info.st_uid != ::geteuid() || (info.st_mode & 0077) != 0)
    return cannot("it is not closed to other users (0700)");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return cannot("another node uses it");
  std::unique_ptr<spill_folder> made{new spill_folder{path, fd.release()}};
  made->clear();
  return made;
}

spill_folder::~spill_folder() {
  clear();
  ::rmdir(path_.c_str());
  ::close(fd_);
}

void spill_folder::clear() noexcept {
  auto* entries = ::fdopendir(::openat(fd_, ".", O_RDONLY | O_CLOEXEC));
  if (entries == nullptr)
    return;
  while (const auto* entry = ::readdir(entries))
    if (is_spill_file(entry->d_name))
      ::unlinkat(fd_, entry->d_name, 0);
  ::closedir(entries);
}

status spill_folder::write(std::uint64_t number, const object_id& object,
                           std::span<const std::byte> bytes) {
  const auto name = name_of(number);
  const owned_fd file{::openat(
    fd_, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
    0600)};
  const auto header
    = encode_spill_header({object, bytes.size(), spill_checksum(bytes)});
  if (file && write_all(file.get(), header) && write_all(file.get(), bytes))
    return ok();
  auto why = fmt::format("writing {} bytes to the spill folder {} failed: {}",
                         bytes.size(), path_, reason());
  if (file)
    ::unlinkat(fd_, name.c_str(), 0);
  return failure{ray::errc::object_store_full, std::move(why)};
}

status spill_folder::read(std::uint64_t number, const object_id& object,
                          std::span<std::byte> bytes) {
  const owned_fd file{::openat(fd_, name_of(number).c_str(),
                               O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0)
    return lost(object, reason());
  if (!S_ISREG(info.st_mode)
      || static_cast<std::uint64_t>(info.st_size)
           != spill_header_bytes + bytes.size())
    return lost(object, fmt::format("its file has {} bytes", info.st_size));
  std::array<std::byte, spill_header_bytes> start;
  if (!read_all(file.get(), start))
    return lost(object, "its file ends early");
  const auto header = parse_spill_header(start);
  if (!header)
    return lost(object, header.error().message);
  if (header->object != object || header->size != bytes.size())
    return lost(object, "its file is of another object");
  if (!read_all(file.get(), bytes))
    return lost(object, "its file ends early");
  if (spill_checksum(bytes) != header->checksum)
    return lost(object, "its bytes were changed (checksum)");
  return ok();
}

void spill_folder::remove(std::uint64_t number) noexcept {
  ::unlinkat(fd_, name_of(number).c_str(), 0);
}

} // namespace rayd
