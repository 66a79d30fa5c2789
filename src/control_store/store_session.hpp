#pragma once

#include "control_store/block_ledger.hpp"
#include "control_store/ended_shelf.hpp"
#include "control_store/redis_link.hpp"
#include "control_store/redis_process.hpp"
#include "control_store/store_options.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rayd {

/// Numbers that the store has set aside: those from *next* below *end* can be
/// given away at once, since Redis already counts them as used.
struct number_reserve {
  static constexpr std::uint32_t step = 8;

  std::string key;
  std::uint32_t next = 1;
  std::uint32_t end = 1;

  /// The command after which *end* is step higher.
  std::string extension() const;
};

/// A Redis that is known to be ours: the private process (if any), the
/// connection for writes, whose store it is, and what is in its tables. Used by
/// one thread, which waits in open and close.
class store_session {
public:
  explicit store_session(const control_store_options& options);

  /// Starts or restarts Redis if it is ours and does not run, connects, and
  /// checks (the first time: sets) the cluster's mark. Gives up when *wanted*
  /// says so or after the options' patience.
  /// @error connection_failed  No answer, or not the store of this cluster.
  status open(const std::function<bool()>& wanted);

  /// Ends Redis if it is ours.
  void close();

  /// @pre open succeeded; until then and after lose there is none.
  redis_link& link() { return *link_; }
  bool connected() const noexcept { return link_.has_value(); }

  /// The connection failed; open makes another.
  void lose() { link_.reset(); }

  const std::string& cluster() const noexcept { return cluster_; }
  std::uint64_t epoch() const noexcept { return epoch_; }
  bool was_empty() const noexcept { return was_empty_; }
  const redis_place& place() const noexcept { return place_; }
  pid_t redis_pid() const noexcept { return process_.pid(); }

  block_ledger tasks;
  block_ledger objects;
  ended_shelf ended;
  number_reserve nodes{"rayd:next-node"};
  number_reserve jobs{"rayd:next-job"};

private:
  using clock = std::chrono::steady_clock;
  using answers = result<std::vector<redis_answer>>;

  status connect(const std::function<bool()>& wanted);
  status take_over();
  status check_again();
  status load();
  status adopt_keys(const std::vector<std::string>& keys);
  answers ask(const std::vector<std::string>& commands);

  control_store_options options_;
  redis_place place_;
  redis_process process_;
  std::optional<redis_link> link_;
  std::string cluster_;
  std::uint64_t epoch_ = 0; // 0: never opened.
  bool was_empty_ = true;
};

} // namespace rayd
