#pragma once

#include <ray/object_ref.hpp>
#include <ray/options.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

// What does not work yet stands here with its final signature. Using it is
// refused when compiling; that it exists keeps the names from other uses.

namespace ray {

namespace detail {
template <class...>
inline constexpr bool never = false;
} // namespace detail

#define RAYD_NOT_YET(name, instead, ...)                                       \
  static_assert(detail::never<__VA_ARGS__>,                                    \
                "ray::" name " does not work yet; " instead)

/// Resources reserved together on some nodes; made by placement_group().
class group {
public:
  template <class Unused = void>
  object_ref<void> ready() const {
    RAYD_NOT_YET("group::ready", "leave placement groups away", Unused);
    return {};
  }

  /// For with.scheduling.
  template <class Unused = void>
  scheduling_strategy bundle(std::size_t) const {
    RAYD_NOT_YET("group::bundle", "leave placement groups away", Unused);
    return {};
  }

  template <class Unused = void>
  void remove() {
    RAYD_NOT_YET("group::remove", "leave placement groups away", Unused);
  }
};

template <class Unused = void>
group placement_group(std::vector<bundle>, strategy = strategy::pack,
                      std::string = {}) {
  RAYD_NOT_YET("placement_group", "leave it away", Unused);
  return {};
}

namespace metrics {

#define RAYD_METRIC(kind)                                                      \
  class kind {                                                                 \
  public:                                                                      \
    template <class Text>                                                      \
    kind(const Text& name, const char* help) {                                 \
      RAYD_NOT_YET("metrics::" #kind, "leave it away", Text);                  \
      (void)name;                                                              \
      (void)help;                                                              \
    }                                                                          \
  }
RAYD_METRIC(counter);
RAYD_METRIC(gauge);
RAYD_METRIC(histogram);
#undef RAYD_METRIC

} // namespace metrics

#undef RAYD_NOT_YET

} // namespace ray
