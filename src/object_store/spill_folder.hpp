#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace rayd {

/// The folder of a node's spill files: 0700, each file 0600, one per object,
/// named by a number that is never used twice. Functions block in system
/// calls; one thread at a time.
class spill_folder {
public:
  /// Makes the folder, in which no other node may be at home. What a node
  /// that died left there goes.
  /// @error connection_failed  With the folder and the system's reason.
  static result<std::unique_ptr<spill_folder>> open(const std::string& path);

  /// Removes the files and the folder.
  ~spill_folder();

  spill_folder(const spill_folder&) = delete;
  spill_folder& operator=(const spill_folder&) = delete;

  /// Nothing stays when it fails.
  /// @error object_store_full  With the system's reason: no space, say.
  status write(std::uint64_t number, const object_id& object,
               std::span<const std::byte> bytes);

  /// Fills *bytes* with the object, of exactly that size.
  /// @error object_lost  The file is not what was written, or not there.
  status read(std::uint64_t number, const object_id& object,
              std::span<std::byte> bytes);

  /// Without a complaint when it is not there.
  void remove(std::uint64_t number) noexcept;

private:
  spill_folder(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  void clear() noexcept;

  std::string path_;
  int fd_;
};

} // namespace rayd
