#pragma once

#include "driver/line_folder.hpp"
#include "wire/output_records.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace rayd {

/// "1,234".
std::string with_commas(std::uint64_t number);

// Shows what the job's workers print: what comes from standard output on this
// program's standard output, the rest on its standard error, each line after
// "(square pid=4711)", on other nodes "(square pid=4711, ip=10.0.0.2)". A
// thread of its own writes, made with the first lines; whoever reads slowly
// makes only this thread wait. Beyond 1 MiB that waits, lines are counted
// instead. The prefix has a colour on a terminal without NO_COLOR; repeated
// lines are folded (line_folder.hpp) unless RAY_DEDUP_LOGS is 0.
class line_printer {
public:
  line_printer() = default;
  ~line_printer();

  /// From one thread; never waits.
  void add(worker_lines lines);

  /// Writes what waits and what was folded, for *limit* at most; then no more
  /// lines are taken. For any thread, more than once.
  void finish(std::chrono::milliseconds limit) noexcept;

private:
  using clock = std::chrono::steady_clock;

  void run();
  void show(const worker_lines& lines);
  void write(const std::vector<shown_line>& lines);
  void write(bool errors, std::string_view bytes);

  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<worker_lines> waiting_; ///< Guarded by lock_, as all up to
  std::size_t waiting_bytes_ = 0;    ///< give_up_.
  std::uint64_t missed_ = 0;         ///< Lines, not told yet,
  worker_lines missed_from_;         ///< the newest from here; without text.
  bool finishing_ = false;
  bool started_ = false;
  clock::time_point give_up_{clock::time_point::max()};

  line_folder folder_;
  bool folds_ = true;
  bool coloured_[2] = {false, false};
  std::thread thread_;
  const pid_t process_ = ::getpid(); ///< A fork has no such thread.
};

} // namespace rayd
