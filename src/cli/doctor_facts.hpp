#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rayd {

// What `rayd doctor` looks at, apart from what it thinks of it: inspect()
// asks the machine, judge() (doctor_judge.hpp) knows no machine.

/// What the facts are asked for.
struct machine_question {
  /// The port at which a node would listen; 0: any free one.
  std::uint16_t port = 0;
  /// The address that it would listen on.
  std::string host;
  /// A folder that holds or will hold session folders.
  std::string session_base;
  /// "" when the store's memory is anonymous.
  std::string store_folder;
  /// $PATH.
  std::string search_path;
};

/// A folder, or the nearest one above it that is there.
struct folder_facts {
  std::string path;
  bool exists = false;
  /// A file could be made in it.
  bool writable = false;
  /// Belongs to this user.
  bool own = false;
  /// Permission bits.
  unsigned mode = 0;
  /// "ext4", "tmpfs", "nfs", ..., or the number in hexadecimal.
  std::string filesystem;
  std::uint64_t free_bytes = 0;
};

struct machine_facts {
  /// False when somebody listens on the port, or it may not be taken.
  bool port_free = true;
  /// The system's word for why not: "Address already in use".
  std::string port_error;
  /// "redis-server (pid 4242)"; "" when it cannot be seen.
  std::string port_owner;

  /// "" when none is on PATH.
  std::string redis_path;
  /// "7.0.15"; "" when it does not say.
  std::string redis_version;

  /// Bytes that this process may use, and bytes that are free right now.
  std::uint64_t memory_usable = 0;
  std::uint64_t memory_available = 0;
  /// Anonymous shared memory can be made.
  bool memory_files = true;
  std::optional<folder_facts> store_folder;

  /// The hard limit, up to which a node raises its own.
  std::uint64_t open_files = 0;

  /// The word in brackets of the kernel's file; "" when there is none.
  std::string huge_pages;
  std::string huge_pages_shared;
  /// vm.overcommit_memory; -1 unknown.
  int overcommit = -1;

  folder_facts session_base;

  /// Seconds since 1970 by the wall clock.
  std::int64_t wall_clock_s = 0;
  /// False when the kernel says that nobody sets the clock.
  std::optional<bool> clock_synchronised;

  /// "" when there is no ssh on PATH.
  std::string ssh_path;
};

/// Asks the machine. Runs `redis-server --version`; waits for it at most 2 s.
machine_facts inspect_machine(const machine_question& question);

} // namespace rayd
