#pragma once

#include "base/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace rayd {

/// Which objects of a node are on disk, or on their way there or back: a
/// machine beside store_ledger, without files, threads or clock. Numbers of
/// files are never used twice, so a late answer of the disk finds nothing.
class spill_ledger {
public:
  enum class phase : std::uint8_t {
    writing, ///< The object is in the arena still.
    on_disk, ///< Written; maybe in the arena, too.
    reading, ///< Space in the arena is being filled from it.
  };

  struct file {
    std::uint64_t number = 0;
    std::uint64_t size = 0;
    phase now = phase::writing;
    bool freed = false; ///< Nobody wants the object any more; it is read yet.
  };

  /// @param limit Bytes of objects on disk at one time; 0: no limit.
  explicit spill_ledger(std::uint64_t limit) : limit_(limit) {}

  /// The number of the file to write; nothing when the object has one
  /// already or the limit would be passed.
  std::optional<std::uint64_t> begin_write(const object_id& object,
                                           std::uint64_t size);

  /// @returns False when the object was freed meanwhile: its file must go.
  bool written(const object_id& object, std::uint64_t number, bool good);

  /// The file to read. @pre The object is on disk.
  std::uint64_t begin_read(const object_id& object);

  /// @returns Whether the object is wanted still; nothing when it has no such
  /// file. It is on disk again.
  std::optional<bool> read_over(const object_id& object, std::uint64_t number);

  /// Forgets the object, whose file must go, for it is in the arena, freed or
  /// damaged. Nothing when there is no file to remove now: none, or one that
  /// is being written or read, of which `written` or `read_over` tells.
  std::optional<std::uint64_t> forget(const object_id& object);

  /// Null when the object has no file.
  const file* find(const object_id& object) const;

  std::uint64_t bytes() const noexcept { return bytes_; }
  std::size_t files() const noexcept { return files_.size(); }
  std::uint64_t limit() const noexcept { return limit_; }

private:
  void erase(std::unordered_map<object_id, file>::iterator at);

  std::uint64_t limit_;
  std::uint64_t bytes_ = 0; ///< Of all files_.
  std::uint64_t last_number_ = 0;
  std::unordered_map<object_id, file> files_;
};

} // namespace rayd
