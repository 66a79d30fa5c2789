#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace rayd {

/// How much of each table the store keeps. Above a limit the oldest go, and
/// `rayd:dropped` counts them.
struct store_limits {
  std::size_t block_records = 512;      ///< A block beyond it is full,
  std::size_t block_bytes = 64 * 1024;  ///< or beyond this.
  std::size_t task_records = 1'000'000; ///< Records, not tasks.
  std::size_t task_bytes = 192u << 20;
  std::size_t object_records = 1'000'000;
  std::size_t object_bytes = 64u << 20;
  std::chrono::hours record_age{24 * 7}; ///< Blocks not written for so long.
  std::size_t ended_entities = 10'000;   ///< Dead nodes, over jobs, dead
                                         ///< actors; of each kind.
  std::size_t waiting_bytes = 64u << 20; ///< For Redis; then records are
                                         ///< dropped.
};

/// What spawn_control_store needs. Relative to *session_dir* (0700, made by
/// the caller, who owns it) the store keeps `control/`: redis.sock, the
/// append-only log, redis.log and `password` (0600), which `rayd dump` reads.
struct control_store_options {
  std::string session_dir;

  /// Derived from the cluster's secret; Redis asks for it. Any bytes but NUL
  /// and line ends.
  std::string password;

  /// Of this cluster. Empty: that of the store found there, or a new one.
  std::string cluster;

  /// Refuse a store without a cluster: a head that takes over expects one.
  bool must_exist = false;

  /// An existing Redis to use instead of a private one: "HOST:PORT", with the
  /// password above. Empty: a private one.
  std::string address;

  /// Until Redis answers after its start or return; then requests fail.
  std::chrono::milliseconds patience{10'000};

  /// For the rest at close_store.
  std::chrono::milliseconds closing{2'000};

  store_limits limits;
};

} // namespace rayd
