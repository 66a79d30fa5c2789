#pragma once

#include "wire/control.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace rayd {

/// What the kernel says in /proc/stat, meminfo, net/dev and diskstats; "" for
/// what cannot be read.
struct machine_texts {
  std::string stat;
  std::string memory;
  std::string network;
  std::string disks;
};

/// Reads them: some 100 us.
machine_texts read_machine_texts();

// Makes the figures of a machine of what its kernel counts since it started.
// What cannot be read, or ran backwards, is 0; a text of another form than
// expected too. No clock and no file: times and texts are given.
class figures_reader {
public:
  /// The figures since the last call; nothing at the first one, and when less
  /// than 100 ms have passed.
  std::optional<node_figures> read(std::int64_t now_us,
                                   const machine_texts& texts);

private:
  /// Since the machine started.
  struct counts {
    std::uint64_t cpu_used = 0;  ///< Ticks of all CPUs.
    std::uint64_t cpu_total = 0; ///< Ticks, idle ones too.
    std::uint64_t network_in = 0;
    std::uint64_t network_out = 0;
    std::uint64_t disk_read = 0;
    std::uint64_t disk_write = 0;
  };
  static counts count(const machine_texts& texts);

  counts before_;
  std::int64_t before_us_ = 0;
  bool begun_ = false;
};

} // namespace rayd
