#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rayd {

/// The shared part of a ring: counts that only grow, each written by one side.
/// A peer may be killed at any instant or write nonsense here: the other side
/// believes no count that cannot be (ring_reader::available, ring_writer::
/// room), and nothing is held that a dead process would have to give back.
struct ring_counts {
  alignas(64) std::atomic<std::uint64_t> written{0}; ///< Bytes, by the writer.
  alignas(64) std::atomic<std::uint64_t> read{0};    ///< Bytes, by the reader.
  /// By the reader: cost of all batches that it has taken over.
  std::atomic<std::uint64_t> consumed{0};
  /// By the writer: it waits for room or credit; the reader rings it then.
  alignas(64) std::atomic<std::uint32_t> writer_waits{0};
  /// By the writer: it writes no more.
  std::atomic<std::uint32_t> closed{0};
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// The writing end of a stream of bytes through shared memory. One thread at
/// a time.
class ring_writer {
public:
  /// @param capacity Bytes at *data*; a power of two.
  ring_writer(ring_counts& counts, std::byte* data, std::size_t capacity)
    : counts_(counts), data_(data), capacity_(capacity) {}

  /// Copies as much of *from* as there is room for; the reader sees it after
  /// publish(). @returns how many bytes.
  std::size_t write(const char* from, std::size_t size) noexcept;
  void publish() noexcept { counts_.written.store(written_); }

  /// Bytes that can be written now; nothing when the reader's count is not
  /// one that a reader of this ring could have written.
  std::optional<std::size_t> room() const noexcept;

private:
  ring_counts& counts_;
  std::byte* data_;
  std::size_t capacity_;
  std::uint64_t written_ = 0;
};

/// The reading end. One thread at a time.
class ring_reader {
public:
  ring_reader(ring_counts& counts, const std::byte* data, std::size_t capacity)
    : counts_(counts), data_(data), capacity_(capacity) {}

  /// Bytes that can be read now; nothing when the writer's count is not one
  /// that a writer of this ring could have written.
  std::optional<std::size_t> available() const noexcept;

  /// Copies *size* bytes out. @pre size <= available().
  void read(char* to, std::size_t size) noexcept;

  /// Gives the room of what was read back to the writer.
  void release() noexcept { counts_.read.store(read_); }

private:
  ring_counts& counts_;
  const std::byte* data_;
  std::size_t capacity_;
  std::uint64_t read_ = 0;
};

} // namespace rayd
