// A streaming pipeline: each stage is an actor with a state of its own. A value
// goes from stage to stage as a reference; this program sees only the end.
#include <ray/ray.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <deque>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

// Reads "NAME VALUE"; what is no reading becomes nothing, and is counted.
class parser {
public:
  std::optional<double> parse(const std::string& line) {
    try {
      return std::stod(line.substr(line.find(' ') + 1));
    } catch (const std::exception&) {
      ++refused_;
      return std::nullopt;
    }
  }

  int refused() const { return refused_; }

private:
  int refused_ = 0;
};

// The mean of the last readings.
class smoother {
public:
  explicit smoother(std::size_t window) : window_(window) {}

  std::optional<double> add(std::optional<double> reading) {
    if (!reading)
      return std::nullopt;
    last_.push_back(*reading);
    if (last_.size() > window_)
      last_.pop_front();
    return std::accumulate(last_.begin(), last_.end(), 0.0)
           / static_cast<double>(last_.size());
  }

private:
  std::size_t window_;
  std::deque<double> last_;
};

// Says when the mean crosses a limit.
class limit_watch {
public:
  explicit limit_watch(double limit) : limit_(limit) {}

  std::string watch(std::optional<double> mean) {
    if (!mean || (*mean > limit_) == is_high_)
      return {};
    is_high_ = !is_high_;
    return fmt::format("{} at {:.1f}", is_high_ ? "high" : "normal", *mean);
  }

private:
  double limit_;
  bool is_high_ = false;
};

int main(int argc, char** argv) {
  constexpr std::size_t in_flight_max = 16;
  auto session = ray::init(argc, argv);
  auto parsing = ray::spawn<parser>();
  auto smoothing = ray::spawn<smoother>(std::size_t{4});
  auto watching = ray::spawn<limit_watch>(30.0);

  std::deque<ray::object_ref<std::string>> in_flight;
  const auto take_oldest = [&] {
    const auto event = ray::get(in_flight.front());
    in_flight.pop_front();
    if (!event.empty())
      fmt::print("{}\n", event);
  };
  for (int second = 0; second < 100; ++second) {
    const int value = second < 40 || second > 60 ? 20 : 40;
    const auto line = second % 25 == 7 ? std::string{"sensor broken"}
                                       : fmt::format("sensor {}", value);
    // The three stages work at the same time, on three different readings.
    const auto reading = parsing.call<&parser::parse>(line);
    const auto mean = smoothing.call<&smoother::add>(reading);
    in_flight.push_back(watching.call<&limit_watch::watch>(mean));
    // A stream has no end, so what is under way needs a limit.
    if (in_flight.size() == in_flight_max)
      take_oldest();
  }
  while (!in_flight.empty())
    take_oldest();
  fmt::print("{} lines were no readings\n",
             ray::get(parsing.call<&parser::refused>()));
}
