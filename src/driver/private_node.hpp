#pragma once

#include "base/result.hpp"
#include "config/node_options.hpp"
#include "config/process.hpp"

#include <memory>
#include <string>

namespace rayd {

/// A rayd node that this program started for itself: a private cluster, or a
/// node without CPUs that joins a cluster elsewhere. It ends with this
/// process at the latest, also when that is killed.
class private_node {
public:
  /// Starts rayd and waits until it is ready.
  /// @error connection_failed  The sentence says why it did not start.
  static result<std::unique_ptr<private_node>>
  start(const node_options& options);

  private_node(const private_node&) = delete;
  private_node& operator=(const private_node&) = delete;

  /// stop().
  ~private_node();

  const std::string& socket() const noexcept { return socket_; }

  /// Lets it end and waits until it and all that it started are gone; kills
  /// it after 15 s.
  void stop() noexcept;

private:
  private_node() = default;

  process_identity process_;
  std::string socket_;
  std::string folder_;
  int lifeline_ = -1;
};

/// The rayd program: RAYD_EXECUTABLE, else ../bin beside this library, else
/// on PATH.
/// @error connection_failed  There is none; the sentence says where it was
///                           looked for.
result<std::string> find_rayd();

} // namespace rayd
