#pragma once

#include <ray/detail/decoder.hpp>
#include <ray/detail/encoder.hpp>
#include <ray/detail/names.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ray::detail {

/// How a durable actor's state is saved and restored: as its inspect function
/// shows it.
struct state_codec {
  /// Throws wrong_type when the state holds references to objects or actors.
  std::string (*save)(const void* state) = nullptr;

  /// Throws wrong_type when the bytes are no such state.
  void (*load)(void* state, std::string_view bytes) = nullptr;
};

/// Throws wrong_type: *type* holds references, which a snapshot cannot keep.
[[noreturn]] void refuse_references(std::string_view type);

/// Throws wrong_type: *type* has no inspect function.
[[noreturn]] void refuse_durable(std::string_view type);

/// Throws wrong_type: *behavior* has no state with an inspect function.
[[noreturn]] void refuse_durable_behavior(std::string_view behavior);

template <class State>
std::string save_state(const void* state) {
  const auto& value = *static_cast<const State*>(state);
  encoder measured;
  measured.value(value);
  std::string bytes(measured.size(), '\0');
  std::vector<object_handle> nested;
  encoder written{std::as_writable_bytes(std::span{bytes.data(),
                                                   bytes.size()}),
                  nested};
  written.value(value);
  if (!nested.empty())
    refuse_references(type_name<State>());
  return bytes;
}

template <class State>
void load_state(void* state, std::string_view bytes) {
  decoder from{bytes};
  from.value(*static_cast<State*>(state));
  from.expect_end();
}

template <class State>
inline constexpr state_codec state_codec_of{&save_state<State>,
                                            &load_state<State>};

} // namespace ray::detail
