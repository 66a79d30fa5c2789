#pragma once

#include <ray/detail/invocation.hpp>
#include <ray/detail/signature.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

// Arguments on their way: for each a byte that says which kind follows, then
// the encoded value, or the place of a dependency and its id. Values that are
// too large for a message are put into the store and become dependencies.

namespace ray::detail {

/// Bytes of an argument that is a dependency: kind, place, id.
inline constexpr std::size_t dependency_bytes
  = 1 + sizeof(std::uint32_t) + sizeof(object_id);

/// When the arguments are too large together, those above this are put.
inline constexpr std::size_t small_argument_bytes = 1024;

/// Encodes *x* into the store; the handle is the new object.
template <class T>
object_handle put_value(const T& x) {
  auto& process = current_runtime();
  if constexpr (is_array<T>::value) {
    if (auto object = codec_traits<T>::object(x))
      return object;
    const auto none = T::make(0, [](auto) {});
    return codec_traits<T>::object(none);
  } else {
    const auto room = process.reserve(encoded_size(x));
    std::vector<object_handle> nested;
    encoder to{room->bytes, nested};
    to.value(x);
    return process.seal(room, std::move(nested));
  }
}

/// What an argument is sent as: a value (maybe converted first), or a handle.
template <class Stored, class Argument>
decltype(auto) prepare_argument(Argument&& argument) {
  if constexpr (is_dependency<Stored, Argument>)
    return object_handle{argument.handle()};
  else if constexpr (is_array<Stored>::value) {
    if constexpr (std::same_as<std::remove_cvref_t<Argument>, Stored>) {
      return put_value(argument);
    } else {
      using span = typename is_some_array<Stored>::span;
      const span from = argument;
      return put_value(Stored::make(from.size(), [from](auto to) {
        std::copy(from.begin(), from.end(), to.begin());
      }));
    }
  } else if constexpr (std::same_as<std::remove_cvref_t<Argument>, Stored>)
    return static_cast<const Stored&>(argument);
  else
    return static_cast<Stored>(std::forward<Argument>(argument));
}

/// Throws object_lost unless *object* names one.
void require_object(const object_handle& object);

/// Appends the n-th dependency's mark and adds it to *work*.
void write_dependency(encoder& to, submission& work,
                      const object_handle& object);

/// Fills in arguments, dependencies and nested references.
template <class... Parts>
void pack_arguments(submission& work, const Parts&... parts) {
  // One more, so that there are some without arguments too.
  constexpr std::size_t n = sizeof...(Parts) + 1;
  std::array<object_handle, n> objects;
  std::array<std::size_t, n> sizes{};
  std::size_t total = 0, i = 0;
  [[maybe_unused]] const auto measure = [&](const auto& part) {
    if constexpr (std::same_as<std::remove_cvref_t<decltype(part)>,
                               object_handle>) {
      require_object(part);
      objects[i] = part;
      sizes[i] = dependency_bytes;
    } else {
      sizes[i] = 1 + encoded_size(part);
    }
    total += sizes[i++];
  };
  (measure(parts), ...);
  [[maybe_unused]] const auto put_large = [&](const auto& part) {
    if constexpr (!std::same_as<std::remove_cvref_t<decltype(part)>,
                                object_handle>)
      if (sizes[i] > small_argument_bytes) {
        objects[i] = put_value(part);
        total = total - sizes[i] + dependency_bytes;
      }
    ++i;
  };
  if (i = 0; total > max_inline_bytes)
    (put_large(parts), ...);
  work.arguments.resize(total);
  encoder to{std::as_writable_bytes(std::span{work.arguments}), work.nested};
  [[maybe_unused]] const auto write = [&](const auto& part) {
    if (objects[i]) {
      write_dependency(to, work, objects[i]);
    } else if constexpr (!std::same_as<std::remove_cvref_t<decltype(part)>,
                                       object_handle>) {
      to.value(static_cast<unsigned char>(0));
      to.value(part);
    }
    ++i;
  };
  i = 0;
  (write(parts), ...);
}

/// The value of a whole object.
template <class T>
T load_value(const object_handle& object, const stored_value& value) {
  if constexpr (is_array<T>::value)
    return codec_traits<T>::open(object, value);
  else
    return decode<T>(value.bytes);
}

/// Reads the arguments of an invocation, in order.
class argument_reader {
public:
  explicit argument_reader(const invocation& call)
    : call_(call), from_(call.arguments) {}

  template <class T>
  T next() {
    if (next_is_value()) {
      T x{};
      from_.value(x);
      return x;
    }
    object_handle object;
    const stored_value& value = dependency(object, is_array<T>::value);
    return load_value<T>(object, value);
  }

  void expect_end() const { from_.expect_end(); }

  std::stop_token stop() const { return call_.stop(); }

private:
  bool next_is_value();
  const stored_value& dependency(object_handle& object, bool retained);

  const invocation& call_;
  decoder from_;
};

/// The result for what a function returned.
template <class T>
invocation_result encode_result(const T& x) {
  invocation_result result;
  if constexpr (is_array<T>::value) {
    if ((result.room = codec_traits<T>::sole_room(x))) {
      result.what = invocation_result::kind::stored;
      return result;
    }
  }
  const std::size_t size = encoded_size(x);
  std::span<std::byte> room;
  if (size > max_inline_bytes) {
    result.what = invocation_result::kind::stored;
    result.room = current_runtime().reserve(size);
    room = result.room->bytes;
  } else {
    result.bytes.resize(size);
    room = std::as_writable_bytes(std::span{result.bytes});
  }
  encoder to{room, result.nested};
  to.value(x);
  return result;
}

/// Throws the failure of the first dependency that has one.
void require_dependencies(const invocation& call);

/// Runs *body* with a reader of the arguments and finishes *call* with what
/// it returns or throws.
template <class Body>
void finish_with(std::unique_ptr<invocation> call, const Body& body) {
  invocation_result result;
  try {
    require_dependencies(*call);
    argument_reader arguments{*call};
    if constexpr (std::is_void_v<decltype(body(arguments))>)
      body(arguments);
    else
      result = encode_result(body(arguments));
  } catch (...) {
    result = failure_of_current_exception(*call);
  }
  call->finish(std::move(result));
}

/// Reads one argument for each of *Ps* and calls *function* with them, and with
/// a stop token when it *Stops*.
template <bool Stops = false, class... Ps, class F>
auto call_with(argument_reader& arguments, const F& function,
                         const std::tuple<std::type_identity<Ps>...>*) {
  // Braces: the arguments are read in order.
  std::tuple<stored_parameter<Ps>...> values{
    arguments.next<stored_parameter<Ps>>()...};
  arguments.expect_end();
  return std::apply(
    [&](auto&... stored) -> decltype(auto) {
      if constexpr (Stops)
        return function(pass<Ps>(stored)..., arguments.stop());
      else
        return function(pass<Ps>(stored)...);
    },
    values);
}

} // namespace ray::detail
