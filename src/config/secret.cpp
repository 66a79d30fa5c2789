#include "config/secret.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rayd {

namespace {

constexpr std::size_t secret_bytes_max = 1024;

failure wrong(std::string sentence) {
  return failure{ray::errc::wrong_type, std::move(sentence)};
}

/// Reads up to one byte more than allowed, so that "too long" is seen.
std::string read_some(int fd) {
  std::string text(secret_bytes_max + 3, '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    auto n = ::read(fd, text.data() + used, text.size() - used);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    used += static_cast<std::size_t>(n);
  }
  text.resize(used);
  return text;
}

result<secret> checked(std::string text, const std::string& what) {
  if (!text.empty() && text.back() == '\n')
    text.pop_back();
  if (!text.empty() && text.back() == '\r')
    text.pop_back();
  if (text.empty())
    return wrong(fmt::format("{} is empty: put the cluster's secret there",
                             what));
  if (text.size() > secret_bytes_max
      || text.find('\0') != std::string::npos
      || text.find('\n') != std::string::npos)
    return wrong(fmt::format("{} is not a secret: one line of 1 to {} bytes "
                             "is expected",
                             what, secret_bytes_max));
  secret value{text};
  ::explicit_bzero(text.data(), text.size());
  return value;
}

/// A sentence when others could read the secret; "" when it is safe.
std::string unsafe(const std::string& file, const struct stat& info) {
  if (S_ISDIR(info.st_mode))
    return fmt::format("{} is a folder, not a file that holds a secret", file);
  if (S_ISREG(info.st_mode) && (info.st_mode & 077) != 0)
    return fmt::format("{} has mode {:04o}, so that other users may know the "
                       "secret: run chmod 600 {}",
                       file, info.st_mode & 07777, file);
  if (S_ISREG(info.st_mode) && info.st_uid != ::geteuid() && info.st_uid != 0)
    return fmt::format("{} belongs to user {}, not to you: make a copy of "
                       "your own",
                       file, info.st_uid);
  return {};
}

} // namespace

secret::secret(secret&& other) noexcept : bytes_(other.bytes_) {
  other.wipe();
}

secret& secret::operator=(const secret& other) {
  if (this != &other) {
    wipe();
    bytes_ = other.bytes_;
  }
  return *this;
}

secret& secret::operator=(secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = other.bytes_;
    other.wipe();
  }
  return *this;
}

secret::~secret() {
  wipe();
}

void secret::wipe() noexcept {
  ::explicit_bzero(bytes_.data(), bytes_.size());
  bytes_.clear();
}

std::string to_string(const secret& value) {
  return value.empty() ? "(none)" : "(secret)";
}

secret random_secret() {
  unsigned char bytes[16];
  std::size_t used = 0;
  while (used < sizeof bytes) {
    auto n = ::getrandom(bytes + used, sizeof bytes - used, 0);
    if (n > 0)
      used += static_cast<std::size_t>(n);
  }
  // The prefix tells the key derivation that this one needs no scrypt.
  std::string text = "rayd-";
  for (auto byte : bytes)
    text += fmt::format("{:02x}", byte);
  secret value{text};
  ::explicit_bzero(text.data(), text.size());
  ::explicit_bzero(bytes, sizeof bytes);
  return value;
}

result<secret> read_secret(const std::string& file) {
  if (file == "-")
    return checked(read_some(STDIN_FILENO), "standard input");
  int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return wrong(fmt::format("cannot read the secret's file {}: {}", file,
                             std::strerror(errno)));
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    ::close(fd);
    return wrong(fmt::format("cannot read the secret's file {}", file));
  }
  auto problem = unsafe(file, info);
  auto text = problem.empty() ? read_some(fd) : std::string{};
  ::close(fd);
  if (!problem.empty())
    return wrong(std::move(problem));
  return checked(std::move(text), file);
}

result<secret> read_or_make_secret(const std::string& file) {
  int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST)
    return read_secret(file);
  if (fd < 0)
    return wrong(fmt::format("cannot make the secret's file {}: {}", file,
                             std::strerror(errno)));
  auto made = random_secret();
  auto line = made.reveal() + "\n";
  auto written = ::write(fd, line.data(), line.size());
  auto whole = written == static_cast<ssize_t>(line.size());
  ::explicit_bzero(line.data(), line.size());
  ::close(fd);
  if (whole)
    return made;
  ::unlink(file.c_str());
  return wrong(fmt::format("cannot write the secret's file {}", file));
}

void scrub_arguments(int argc, char** argv) noexcept {
  constexpr std::string_view stem = "--redis-p";
  constexpr std::string_view file = "--redis-password-file";
  auto overwrite = [](char* text) { std::memset(text, '*', strlen(text)); };
  for (int i = 1; i < argc; ++i) {
    std::string_view argument{argv[i]};
    if (argument == "--")
      return;
    auto name = argument.substr(0, argument.find('='));
    if (name.substr(0, stem.size()) != stem || name == file)
      continue;
    if (name.size() < argument.size()) {
      overwrite(argv[i] + name.size() + 1);
    } else if (i + 1 < argc) {
      overwrite(argv[i + 1]);
      ++i;
    }
  }
}

} // namespace rayd
