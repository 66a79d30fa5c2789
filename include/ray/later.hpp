#pragma once

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
