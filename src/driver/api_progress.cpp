// What ray::progress shows on standard error.

#include <ray/detail/progress_view.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace ray::detail {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t bar_width = 30;

// One write for each, so that lines of several threads stay whole; it is no
// matter of the program's when nobody can read them.
void write_error(const std::string& text) {
  [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, text.data(),
                                                text.size());
}

std::size_t percent(std::size_t done, std::size_t total) {
  return done * 100 / total;
}

/// A bar that is drawn again in its line.
class bar final : public progress_view {
public:
  bar(std::string_view label, std::size_t total)
    : label_(label), total_(total) {
    if (total_ != 0)
      draw(0);
  }

  ~bar() override {
    if (total_ != 0)
      write_error("\n");
  }

  void show(std::size_t done) override {
    const auto now = clock::now();
    if (done != total_ && now - drawn_ < std::chrono::milliseconds{50})
      return;
    drawn_ = now;
    draw(done);
  }

private:
  void draw(std::size_t done) const {
    const auto full = done * bar_width / total_;
    write_error(fmt::format(
      "\r{} [{}{}] {:3} % ({} of {})", label_, std::string(full, '#'),
      std::string(bar_width - full, '-'), percent(done, total_), done, total_));
  }

  std::string label_;
  std::size_t total_;
  clock::time_point drawn_{};
};

/// Lines for a log: one when another 10 % are done.
class lines final : public progress_view {
public:
  lines(std::string_view label, std::size_t total)
    : label_(label), total_(total), start_(clock::now()) {}

  void show(std::size_t done) override {
    const auto step = percent(done, total_) / 10;
    if (step == shown_)
      return;
    shown_ = step;
    const std::chrono::duration<double> took = clock::now() - start_;
    write_error(fmt::format("{}: {} % ({} of {}) after {:.1f} s\n", label_,
                            step * 10, done, total_, took.count()));
  }

private:
  std::string label_;
  std::size_t total_;
  clock::time_point start_;
  std::size_t shown_ = 0;
};

} // namespace

std::unique_ptr<progress_view> progress_view::make(std::string_view label,
                                                   std::size_t total) {
  if (::isatty(STDERR_FILENO) == 1)
    return std::make_unique<bar>(label, total);
  return std::make_unique<lines>(label, total);
}

} // namespace ray::detail
