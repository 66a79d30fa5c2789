// Parameter server: an actor holds the weights, tasks compute gradients on
// parts of the data. Weights and gradients are ray::array: they are written
// once, in shared memory, and every process of the node reads them there.
#include <ray/ray.hpp>

#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

using floats = ray::array<float>;

constexpr std::size_t weight_count = 1'000'000;
constexpr int parts = 4;

// What the weights should become.
float target(std::size_t i) {
  return static_cast<float>(i % 10);
}

class parameter_server {
public:
  parameter_server()
    : weights_(floats::make(weight_count, [](std::span<float> fresh) {
        for (auto& weight : fresh)
          weight = 0.0F;
      })) {}

  // A handle on the memory, not a copy of it.
  floats weights() const { return weights_; }

  // Arrays are immutable, so that readers of the old weights are undisturbed:
  // a step makes new ones.
  void apply(std::span<const float> gradient, float rate) {
    weights_ = floats::make(weight_count, [&](std::span<float> next) {
      for (std::size_t i = 0; i < next.size(); ++i)
        next[i] = weights_[i] - rate * gradient[i];
    });
  }

  double error() const {
    double sum = 0;
    for (std::size_t i = 0; i < weights_.size(); ++i)
      sum += std::abs(weights_[i] - target(i));
    return sum / static_cast<double>(weights_.size());
  }

private:
  floats weights_;
};

// The span is a view of the server's weights in shared memory. This part of
// the data is biased; all parts together are not.
floats gradient(std::span<const float> weights, int part) {
  const float bias = static_cast<float>(part) - (parts - 1) / 2.0F;
  return floats::make(weights.size(), [&](std::span<float> result) {
    for (std::size_t i = 0; i < result.size(); ++i)
      result[i] = weights[i] - (target(i) + bias);
  });
}

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);
  auto server = ray::spawn<parameter_server>();

  for (int round = 1; round <= 6; ++round) {
    const auto weights = server.call<&parameter_server::weights>();
    std::vector<ray::object_ref<floats>> gradients;
    for (int part = 0; part < parts; ++part)
      gradients.push_back(ray::remote<gradient>(weights, part));
    // Calls of one caller run in their order, each when its gradient is there.
    for (const auto& one : gradients)
      server.call<&parameter_server::apply>(one, 0.5F / parts);
    fmt::print("round {}: mean error {:.3f}\n", round,
               ray::get(server.call<&parameter_server::error>()));
  }
}
