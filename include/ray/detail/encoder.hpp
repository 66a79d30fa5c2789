#pragma once

#include <ray/detail/codec_traits.hpp>
#include <ray/detail/object_handle.hpp>

#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <span>

// The format: numbers as their bytes in memory (little-endian, floats bit for
// bit), sequences as a 64-bit count and their elements, optionals as a byte
// and maybe a value, everything else as its parts one after the other. An
// element of a sequence takes at least one byte, so that a count can be
// checked against the bytes that are there before anything is allocated.

namespace ray::detail {

/// Deeper nesting of values is refused when encoding and decoding alike, so
/// that no bytes can exhaust the stack.
inline constexpr unsigned max_depth = 512;

/// CAF inspector that counts or writes. Both passes run the same code: first
/// measure, then write into exactly that room.
class encoder {
public:
  using result_type = codec_status;
  using is_saving = std::true_type;
  using is_loading = std::false_type;
  static constexpr bool reads_state = true;
  static constexpr bool writes_state = false;

  /// Counts only.
  encoder() noexcept = default;

  /// Writes into *room* and adds references that it meets to *nested*.
  encoder(std::span<std::byte> room, std::vector<object_handle>& nested)
    : to_(room.data()), left_(room.size()), nested_(&nested) {}

  /// Bytes so far.
  std::size_t size() const noexcept { return size_; }

  /// True in the pass that writes.
  bool writing() const noexcept { return nested_ != nullptr; }

  template <class... Ts>
  result_type operator()(Ts&&... xs) {
    (field(xs), ...);
    return {};
  }

  template <class T>
  result_type apply(T& x) {
    value(x);
    return {};
  }

  void raw(const void* from, std::size_t count) {
    if (writing() && count != 0) {
      if (count > left_)
        changed_while_encoding();
      std::memcpy(to_, from, count);
      to_ += count;
      left_ -= count;
    }
    size_ += count;
  }

  /// A reference to an object or actor; empty ones are allowed.
  void reference(const object_handle& object) {
    const object_id id = object.id();
    raw(&id, sizeof(id));
    if (writing() && object)
      nested_->push_back(object);
  }

  template <class T>
  void value(const T& x);

private:
  [[noreturn]] static void changed_while_encoding();
  [[noreturn]] static void too_deep();

  template <class T>
  void field(const T& x) {
    if constexpr (caf::meta::is_save_callback<T>::value) {
      if constexpr (std::is_void_v<decltype(x.fun())>)
        x.fun();
      else
        codec_status{x.fun()};
    } else if constexpr (!caf::meta::is_annotation<T>::value) {
      value(x);
    }
  }

  void count(std::size_t n) {
    const std::uint64_t wide = n;
    raw(&wide, sizeof(wide));
  }

  void long_double(long double x) {
    // The format of x87 has 10 bytes of value; the rest is padding.
    unsigned char bytes[16] = {};
    std::memcpy(bytes, &x, sizeof(x) < 10 ? sizeof(x) : 10);
    raw(bytes, sizeof(bytes));
  }

  template <class T>
  void elements(const T& xs);

  template <class T>
  void composite(const T& x);

  std::byte* to_ = nullptr;
  std::size_t left_ = 0;
  std::size_t size_ = 0;
  unsigned depth_ = 0;
  std::vector<object_handle>* nested_ = nullptr;
};

template <class T>
void encoder::value(const T& x) {
  if constexpr (has_codec_traits<T>) {
    codec_traits<T>::save(*this, x);
  } else if constexpr (raw_value<T>) {
    raw(&x, sizeof(x));
  } else if constexpr (std::is_same_v<T, bool>) {
    const unsigned char byte = x ? 1 : 0;
    raw(&byte, 1);
  } else if constexpr (std::is_same_v<T, long double>) {
    long_double(x);
  } else {
    if (++depth_ > max_depth)
      too_deep();
    composite(x);
    --depth_;
  }
}

template <class T>
void encoder::composite(const T& x) {
  if constexpr (has_inspect<T>) {
    // Inspectors take T&, and one that reads changes nothing.
    inspect(*this, const_cast<T&>(x));
  } else if constexpr (is_duration<T>::value) {
    if constexpr (requires { x.count(); })
      value(x.count());
    else
      value(x.time_since_epoch().count());
  } else if constexpr (is_tuple<T>::value) {
    std::apply([this](const auto&... parts) { (this->value(parts), ...); }, x);
  } else if constexpr (is_optional<T>::value) {
    value(x.has_value());
    if (x.has_value())
      value(*x);
  } else if constexpr (is_variant<T>::value) {
    const auto index = static_cast<std::uint32_t>(x.index());
    value(index);
    if (!x.valueless_by_exception())
      std::visit([this](const auto& part) { this->value(part); }, x);
  } else if constexpr (fixed_array<T>::value) {
    for (const auto& element : x)
      value(element);
  } else if constexpr (sequence<T>) {
    elements(x);
  } else {
    static_assert(is_codable<T>::value && std::is_empty_v<T>,
                  "ray: a part of a value cannot be sent to another process; "
                  "give its type CAF's inspect");
  }
}

template <class T>
void encoder::elements(const T& xs) {
  using element = typename T::value_type;
  count(xs.size());
  if constexpr (is_vector_of_bool<T>::value) {
    for (std::size_t i = 0; i < xs.size(); i += 8) {
      unsigned char byte = 0;
      for (std::size_t bit = 0; bit < 8 && i + bit < xs.size(); ++bit)
        byte = static_cast<unsigned char>(byte | (xs[i + bit] << bit));
      raw(&byte, 1);
    }
  } else if constexpr (raw_value<element> && requires { xs.data(); }) {
    raw(xs.data(), xs.size() * sizeof(element));
  } else {
    for (const auto& x : xs) {
      const std::size_t before = size_;
      value(x);
      if (size_ == before) {
        const unsigned char filler = 0;
        raw(&filler, 1);
      }
    }
  }
}

/// How many bytes *x* takes.
template <class T>
std::size_t encoded_size(const T& x) {
  if constexpr (raw_value<T>) {
    return sizeof(T);
  } else {
    encoder counter;
    counter.value(x);
    return counter.size();
  }
}

} // namespace ray::detail
