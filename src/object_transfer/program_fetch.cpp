#include "object_transfer/program_fetch.hpp"

#include "base/sha256.hpp"
#include "object_transfer/program_manifest.hpp"
#include "object_transfer/transfer_frames.hpp"
#include "transport/owned_fd.hpp"
#include "transport/sockets.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

namespace rayd {

namespace {

namespace fs = std::filesystem;

/// One fetch: where from, how long to wait.
struct source {
  const fetch_program& wanted;
  stream& channel;
  std::chrono::milliseconds patience;

  failure gone() const {
    return {ray::errc::connection_failed,
            fmt::format("the program of {} did not come from {}: the "
                        "connection ended",
                        job_name(wanted.job), node_name(wanted.home))};
  }

  /// Asks for file *number*. @returns its size.
  result<std::uint64_t> ask(std::uint64_t number) const {
    const transfer_question question{transfer_question::program_magic, 0,
                                     wanted.job, number, 0};
    transfer_answer answer;
    if (!channel.write_all(&question, sizeof question, patience)
        || !channel.read_exactly(&answer, sizeof answer, patience)
        || answer.mark != transfer_answer::magic)
      return gone();
    if (answer.state != transfer_state::found)
      return failure{ray::errc::worker_died,
                     fmt::format("node {} does not have the program of {} "
                                 "any more",
                                 node_name(wanted.home),
                                 job_name(wanted.job))};
    return answer.size;
  }
};

failure cannot_write(const std::string& path) {
  return {ray::errc::worker_died,
          fmt::format("{} cannot be written: {}", path, error_text(errno))};
}

bool write_all(int fd, const char* from, std::size_t size) {
  while (size > 0) {
    const auto done = ::write(fd, from, size);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return false;
    from += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

status fetch_file(const source& from, std::uint64_t number,
                  const program_manifest::file& file,
                  const std::string& path) {
  const auto size = from.ask(number);
  if (!size)
    return size.error();
  const owned_fd out{::open(path.c_str(),
                            O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500)};
  if (!out)
    return cannot_write(path);
  sha256 hash;
  std::vector<char> block(transfer_chunk_bytes);
  for (std::uint64_t done = 0; done < *size;) {
    const auto part = static_cast<std::size_t>(
      std::min<std::uint64_t>(block.size(), *size - done));
    if (!from.channel.read_exactly(block.data(), part, from.patience))
      return from.gone();
    hash.add(block.data(), part);
    if (!write_all(out.get(), block.data(), part))
      return cannot_write(path);
    done += part;
  }
  if (*size != file.size || hash.finish() != file.sha256)
    return failure{ray::errc::connection_failed,
                   fmt::format("{} of {} changed while it was read from {}: "
                               "start the program again",
                               file.name, job_name(from.wanted.job),
                               node_name(from.wanted.home))};
  return ok();
}

result<std::string> read_manifest(const source& from) {
  const auto size = from.ask(0);
  if (!size)
    return size.error();
  if (*size == 0 || *size > manifest_bytes_max)
    return from.gone();
  std::string text(*size, '\0');
  if (!from.channel.read_exactly(text.data(), text.size(), from.patience))
    return from.gone();
  return text;
}

status fetch_all(const source& from, const program_manifest& manifest,
                 const std::string& folder) {
  for (std::size_t i = 0; i < manifest.files.size(); ++i) {
    const auto& file = manifest.files[i];
    if (auto done = fetch_file(from, i + 1, file, folder + "/" + file.name);
        !done)
      return done;
  }
  return ok();
}

/// A folder of our own until it is whole.
result<std::string> make_partial(const std::string& below) {
  std::error_code wrong;
  fs::create_directories(below, wrong);
  ::chmod(below.c_str(), 0700);
  auto name = below + "/partial-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    return cannot_write(name);
  return name;
}

} // namespace

result<program_fetched>
fetch_program_files(const fetch_program& wanted, stream& channel,
                    std::chrono::milliseconds patience) {
  const source from{wanted, channel, patience};
  const auto text = read_manifest(from);
  if (!text)
    return text.error();
  const auto manifest = parse_manifest(*text);
  if (!manifest)
    return manifest.error();
  sha256 hash;
  hash.add(text->data(), text->size());
  const auto folder = wanted.folder + "/" + hash.finish();
  const program_fetched done{wanted.job,
                             folder + "/" + manifest->files[0].name, folder};
  std::error_code wrong;
  if (fs::exists(folder, wrong))
    return done;
  const auto partial = make_partial(wanted.folder);
  if (!partial)
    return partial.error();
  auto whole = fetch_all(from, *manifest, *partial);
  if (whole)
    whole = can_execute(*partial + "/" + manifest->files[0].name, *partial);
  if (whole)
    fs::rename(*partial, folder, wrong);
  // Another job's fetch of the same files may have been faster.
  if (!whole || wrong)
    fs::remove_all(*partial, wrong);
  if (!whole)
    return whole.error();
  return done;
}

} // namespace rayd
