#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace rayd {

/// The cluster's secret. It has no operator<<, no conversion and no formatter,
/// so that it cannot reach a log, an error or a page by accident; its bytes
/// are wiped when it goes. Only reveal() shows it, and calls of reveal() are
/// easy to find.
class secret {
public:
  secret() = default;
  explicit secret(std::string_view bytes) : bytes_(bytes) {}
  secret(const secret&) = default;
  secret(secret&& other) noexcept;
  secret& operator=(const secret& other);
  secret& operator=(secret&& other) noexcept;
  ~secret();

  bool empty() const noexcept { return bytes_.empty(); }

  /// The bytes themselves, for the key derivation and for the pipe to the
  /// node process, never for people.
  const std::string& reveal() const noexcept { return bytes_; }

  friend bool operator==(const secret&, const secret&) = default;

private:
  void wipe() noexcept;
  std::string bytes_;
};

/// Always "(secret)" or "(none)": what records and messages may say.
std::string to_string(const secret& value);

/// 128 random bits of the kernel: "rayd-" and 32 hexadecimal digits, the
/// form that transport/secret.hpp knows as random.
secret random_secret();

/// Reads a secret from *file*, "-" being standard input; one trailing line
/// end is dropped. The file must belong to this user or root and be closed to
/// everyone else (0600 or less), and hold 1 to 1,024 bytes without a NUL.
/// @error wrong_type  With a sentence that names the file, not its content.
result<secret> read_secret(const std::string& file);

/// The same; when there is no such file it is made with a random secret and
/// mode 0600, never over another file.
/// @error wrong_type  As above, or the file cannot be made.
result<secret> read_or_make_secret(const std::string& file);

/// Overwrites in place the value of --redis-password in *argv* (both forms,
/// and misspelt flags that begin with --redis-p), so that no process list
/// shows it. Copy the arguments before. --redis-password-file stays as it is.
void scrub_arguments(int argc, char** argv) noexcept;

} // namespace rayd
