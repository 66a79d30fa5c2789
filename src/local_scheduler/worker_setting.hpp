#pragma once

#include "local_scheduler/gpu_book.hpp"
#include "local_scheduler/types.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace rayd {

/// What a worker process was started with besides its program, and so which
/// tasks it may run: OpenMP and static initialisers look at the environment
/// once, so a process never changes it.
struct worker_setting {
  std::map<std::string, std::string> env; ///< with.env.
  std::uint32_t threads = 1;              ///< Of OpenMP.
  gpu_book::places gpus;                  ///< All that it can see.
  bool shared = false;                    ///< It hosts actors with.shared.

  /// As those processes that are started before they are needed.
  bool plain() const noexcept {
    return env.empty() && threads == 1 && gpus.empty() && !shared;
  }

  friend auto operator<=>(const worker_setting&,
                          const worker_setting&) = default;
};

/// The variables that such a process gets beside those of its node. Without
/// GPUs CUDA_VISIBLE_DEVICES is empty, as in Ray: it must not use those of
/// others. What the user set in env stays.
std::map<std::string, std::string>
variables_of(const worker_setting& setting, const machine_options& options);

} // namespace rayd
