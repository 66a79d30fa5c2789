#include "object_transfer/program_manifest.hpp"

#include "base/sha256.hpp"
#include "transport/owned_fd.hpp"
#include "transport/sockets.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <tuple>

namespace rayd {

namespace {

using json = nlohmann::json;

failure unreadable(const std::string& path) {
  return {ray::errc::worker_died,
          fmt::format("{} cannot be read: {}", path, error_text(errno))};
}

/// What a file must keep to be taken for the one that was read before.
using file_identity = std::tuple<dev_t, ino_t, off_t, time_t, long>;

file_identity identity_of(const struct stat& file) {
  return {file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec,
          file.st_mtim.tv_nsec};
}

result<std::string> hash_of(const std::string& path, int fd) {
  std::vector<char> block(1 << 20);
  sha256 hash;
  for (;;) {
    const auto got = ::read(fd, block.data(), block.size());
    if (got < 0)
      return unreadable(path);
    if (got == 0)
      return hash.finish();
    hash.add(block.data(), static_cast<std::size_t>(got));
  }
}

} // namespace

std::string to_text(const program_manifest& manifest) {
  json files = json::array();
  for (const auto& file : manifest.files)
    files.push_back({{"name", file.name},
                     {"size", file.size},
                     {"sha256", file.sha256}});
  return json{{"files", std::move(files)}}.dump();
}

result<program_manifest> parse_manifest(const std::string& text) {
  const failure bad{ray::errc::connection_failed,
                    "the list of a program's files cannot be read"};
  const auto all = json::parse(text, nullptr, false);
  if (!all.is_object() || !all.contains("files") || !all["files"].is_array())
    return bad;
  program_manifest out;
  for (const auto& entry : all["files"]) {
    if (!entry.is_object() || !entry.contains("size")
        || !entry["size"].is_number_unsigned())
      return bad;
    program_manifest::file file{entry.value("name", std::string{}),
                                entry["size"].get<std::uint64_t>(),
                                entry.value("sha256", std::string{})};
    const bool twice = std::any_of(
      out.files.begin(), out.files.end(),
      [&](const auto& other) { return other.name == file.name; });
    if (file.name.empty() || file.name[0] == '.' || twice
        || file.name.find('/') != std::string::npos
        || file.sha256.size() != 64
        || file.sha256.find_first_not_of("0123456789abcdef")
             != std::string::npos)
      return bad;
    out.files.push_back(std::move(file));
  }
  if (out.files.empty())
    return bad;
  return out;
}

result<program_manifest::file> describe_file(const std::string& name,
                                             const std::string& path) {
  static std::mutex lock;
  static std::map<file_identity, std::string> known;
  const owned_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0)
    return unreadable(path);
  const auto identity = identity_of(about);
  {
    const std::lock_guard guard{lock};
    if (const auto at = known.find(identity); at != known.end())
      return program_manifest::file{
        name, static_cast<std::uint64_t>(about.st_size), at->second};
  }
  // The descriptor may be shared with who passed /proc/self/fd/N; this one is
  // our own.
  auto hash = hash_of(path, file.get());
  if (!hash)
    return hash.error();
  const std::lock_guard guard{lock};
  constexpr std::size_t known_max = 1000;
  if (known.size() >= known_max)
    known.clear();
  known[identity] = *hash;
  return program_manifest::file{
    name, static_cast<std::uint64_t>(about.st_size), std::move(*hash)};
}

} // namespace rayd
