#pragma once

#include <ray/object_ref.hpp>
#include <ray/options.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
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

/// The refs as their values arrive.
template <class T>
std::vector<object_ref<T>> as_completed(const std::vector<object_ref<T>>&) {
  RAYD_NOT_YET("as_completed", "call ray::wait in a loop", T);
  return {};
}

/// as_completed with a bar on a terminal.
template <class T>
std::vector<object_ref<T>> progress(std::string_view,
                                    const std::vector<object_ref<T>>&) {
  RAYD_NOT_YET("progress", "call ray::wait in a loop", T);
  return {};
}

/// The parts of a tuple as objects of their own.
template <class... Ts>
std::tuple<object_ref<Ts>...> unpack(const object_ref<std::tuple<Ts...>>&) {
  RAYD_NOT_YET("unpack", "get the tuple instead", Ts...);
  return {};
}

/// Drops a pending task, stops a running one.
template <class T>
void cancel(const object_ref<T>&, bool force = false) {
  RAYD_NOT_YET("cancel", "let the task end", T);
  (void)force;
}

/// Ends the calling actor after the queued calls.
template <class Unused = void>
void exit_actor() {
  RAYD_NOT_YET("exit_actor", "let the last handle go, or ray::kill it", Unused);
}

template <class Unused = void>
std::map<std::string, double> cluster_resources() {
  RAYD_NOT_YET("cluster_resources", "add up ray::nodes()", Unused);
  return {};
}

template <class Unused = void>
std::map<std::string, double> available_resources() {
  RAYD_NOT_YET("available_resources", "see `rayd status`", Unused);
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
