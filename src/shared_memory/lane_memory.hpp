#pragma once

#include "base/result.hpp"
#include "shared_memory/arena_file.hpp"
#include "shared_memory/bell.hpp"
#include "shared_memory/byte_ring.hpp"

#include <boost/interprocess/mapped_region.hpp>

#include <cstddef>
#include <memory>

namespace rayd {

/// The page with the bell of a node's local scheduler, which every process of
/// the node maps to ring it. A memfd: no name, nothing left after kill -9. A
/// process that writes nonsense there can delay the scheduler by a heartbeat,
/// by 10 ms while there are tasks.
class bell_page {
public:
  /// @error connection_failed  No memory or descriptor can be had.
  static result<std::shared_ptr<bell_page>> create();

  /// Takes the descriptor that the node passed.
  /// @error connection_failed  It is no page with a bell.
  static result<std::shared_ptr<bell_page>> open(int fd);

  bell& get() noexcept { return *bell_; }

  /// For SCM_RIGHTS; owned by this. Only of what create() made.
  int fd() const noexcept { return file_.fd(); }

private:
  bell_page() = default;

  arena_file file_;
  boost::interprocess::mapped_region region_;
  bell* bell_ = nullptr;
};

/// What a node shares with one of its processes besides the arena: a ring in
/// each direction and the process's bell. No other process maps it. About
/// 516 KiB, taken from the system as they are touched; its size is sealed.
class lane_memory {
public:
  static constexpr std::size_t ring_bytes = 256 << 10;

  /// @error connection_failed  No memory or descriptor can be had.
  static result<std::shared_ptr<lane_memory>> create();

  /// Takes the descriptor that the node passed.
  /// @error connection_failed  It is not what create() makes.
  static result<std::shared_ptr<lane_memory>> open(int fd);

  bell& client_bell() noexcept;

  ring_writer writer(bool to_node) noexcept;
  ring_reader reader(bool to_node) noexcept;
  ring_counts& counts(bool to_node) noexcept;

  /// For SCM_RIGHTS; owned by this. Only of what create() made.
  int fd() const noexcept { return file_.fd(); }

  /// Once it was passed: the mapping needs none.
  void close_descriptor() noexcept { file_ = {}; }

private:
  struct layout;

  lane_memory() = default;

  layout& at() noexcept;

  arena_file file_;
  boost::interprocess::mapped_region region_;
};

} // namespace rayd
