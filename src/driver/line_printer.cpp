#include "driver/line_printer.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace rayd {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t waiting_bytes_max = 1 << 20;

// How long a reader may take nothing before the end of the session is looked
// at again.
constexpr auto write_patience = milliseconds{50};

std::uint64_t lines_in(const std::string& text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(),
                                               '\n'));
}

std::size_t cost_of(const worker_lines& lines) {
  return sizeof(lines) + lines.text.size() + lines.name.size()
         + lines.host.size() + lines.file.size();
}

} // namespace

std::string with_commas(std::uint64_t number) {
  auto text = std::to_string(number);
  for (auto at = text.size(); at > 3; at -= 3)
    text.insert(at - 3, ",");
  return text;
}

line_printer::~line_printer() {
  finish(milliseconds{0});
}

void line_printer::add(worker_lines lines) {
  const std::lock_guard guard{lock_};
  if (finishing_)
    return;
  if (waiting_bytes_ >= waiting_bytes_max) {
    missed_ += lines.left_out + lines_in(lines.text);
    lines.text.clear();
    missed_from_ = std::move(lines);
    return;
  }
  lines.left_out += std::exchange(missed_, 0);
  waiting_bytes_ += cost_of(lines);
  waiting_.push_back(std::move(lines));
  changed_.notify_all();
  if (std::exchange(started_, true))
    return;
  const char* fold = std::getenv("RAY_DEDUP_LOGS");
  folds_ = fold == nullptr || std::string_view{fold} != "0";
  const char* plain = std::getenv("NO_COLOR");
  for (const int errors : {0, 1})
    coloured_[errors] = (plain == nullptr || *plain == '\0')
                        && ::isatty(errors != 0 ? STDERR_FILENO
                                                : STDOUT_FILENO) == 1;
  // Signals are for the program's own threads.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread{[this] { run(); }};
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void line_printer::finish(milliseconds limit) noexcept {
  if (::getpid() != process_) {
    if (thread_.joinable())
      thread_.detach();
    return;
  }
  std::thread ending;
  {
    const std::lock_guard guard{lock_};
    if (!std::exchange(finishing_, true))
      give_up_ = clock::now() + limit;
    ending.swap(thread_);
    changed_.notify_all();
  }
  if (ending.joinable())
    ending.join();
}

void line_printer::run() {
  std::unique_lock guard{lock_};
  for (;;) {
    while (!waiting_.empty()) {
      if (clock::now() >= give_up_) {
        waiting_.clear(); // Nobody reads them.
        break;
      }
      const auto lines = std::move(waiting_.front());
      waiting_.pop_front();
      waiting_bytes_ -= cost_of(lines);
      guard.unlock();
      show(lines);
      guard.lock();
    }
    if (missed_ > 0) {
      auto lines = missed_from_;
      lines.left_out = std::exchange(missed_, 0);
      guard.unlock();
      show(lines);
      guard.lock();
      continue;
    }
    if (finishing_)
      break;
    if (const auto next = folder_.next())
      changed_.wait_until(guard, *next);
    else
      changed_.wait(guard);
    guard.unlock();
    write(folder_.due(clock::now()));
    guard.lock();
  }
  guard.unlock();
  write(folder_.finish());
}

void line_printer::show(const worker_lines& lines) {
  const auto place = lines.host.empty() ? "" : ", ip=" + lines.host;
  const auto prefix
    = fmt::format("({} pid={}{})", lines.name.empty() ? "worker" : lines.name,
                  lines.pid, place);
  std::vector<shown_line> all;
  if (lines.left_out > 0)
    all.push_back({lines.errors, prefix,
                   fmt::format("... {} lines left out, see {}",
                               with_commas(lines.left_out), lines.file)});
  std::string_view rest = lines.text;
  const auto now = clock::now();
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    shown_line line{lines.errors, prefix, std::string{rest.substr(0, end)}};
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!folds_) {
      all.push_back(std::move(line));
      continue;
    }
    for (auto& shown : folder_.add(std::move(line), now))
      all.push_back(std::move(shown));
  }
  write(all);
}

void line_printer::write(const std::vector<shown_line>& lines) {
  std::string text[2];
  for (const auto& line : lines) {
    const int of = line.errors ? 1 : 0;
    text[of] += coloured_[of]
                  ? fmt::format("\x1b[36m{}\x1b[0m {}\n", line.prefix,
                                line.text)
                  : fmt::format("{} {}\n", line.prefix, line.text);
  }
  write(false, text[0]);
  write(true, text[1]);
}

/// In pieces that a pipe with room takes without waiting, each of whole lines
/// where they are short enough, so that lines of several programs do not mix.
void line_printer::write(bool errors, std::string_view bytes) {
  const int to = errors ? STDERR_FILENO : STDOUT_FILENO;
  while (!bytes.empty()) {
    auto size = std::min<std::size_t>(bytes.size(), PIPE_BUF);
    if (const auto end = bytes.rfind('\n', size - 1);
        end != std::string_view::npos)
      size = end + 1;
    {
      const std::lock_guard guard{lock_};
      if (clock::now() >= give_up_)
        return;
    }
    pollfd ready{to, POLLOUT, 0};
    if (::poll(&ready, 1, static_cast<int>(write_patience.count())) <= 0)
      continue;
    const auto n = ::write(to, bytes.data(), size);
    if (n <= 0)
      return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

} // namespace rayd
