#pragma once

#include "base/extent.hpp"
#include "base/ids.hpp"
#include "object_store/spill_folder.hpp"
#include "shared_memory/arena_view.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace rayd {

/// Moves objects between an arena and spill files, on a thread of its own, in
/// order. How much waits here is bounded by the store, which asks.
class spill_disk {
public:
  /// What is to be done, and then what was done.
  struct job {
    enum class kind : std::uint8_t { write, read, remove };
    kind what = kind::write;
    std::uint64_t number = 0;
    object_id object;
    extent where;
    std::string failure; ///< Empty: it succeeded.
  };

  /// @param path The folder; made when the first object is written.
  /// @param done Called on the thread for each write and read.
  spill_disk(std::string path, std::shared_ptr<arena_view> arena,
             std::function<void(const job&)> done);

  /// Ends the thread after the job that runs; all files go.
  ~spill_disk();

  void add(job x);

private:
  void run();
  void handle(job& x);

  const std::string path_;
  std::shared_ptr<arena_view> arena_;
  std::function<void(const job&)> done_;
  std::unique_ptr<spill_folder> folder_; ///< Of the thread.
  std::mutex lock_;
  std::condition_variable more_;
  std::deque<job> jobs_;
  bool stopping_ = false;
  std::thread thread_; ///< Last: starts when all others are ready.
};

} // namespace rayd
