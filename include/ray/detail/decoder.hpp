#pragma once

#include <ray/detail/codec_traits.hpp>
#include <ray/detail/encoder.hpp>
#include <ray/detail/object_handle.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace ray::detail {

/// CAF inspector that reads what an encoder wrote. The bytes may come from
/// anywhere: whatever they are, it makes a value or throws wrong_type, and
/// allocates no more than a small multiple of their size.
class decoder {
public:
  using result_type = codec_status;
  using is_saving = std::false_type;
  using is_loading = std::true_type;
  static constexpr bool reads_state = false;
  static constexpr bool writes_state = true;

  explicit decoder(std::span<const std::byte> from) noexcept
    : at_(from.data()), left_(from.size()) {}

  explicit decoder(std::string_view from) noexcept
    : decoder(std::as_bytes(std::span{from.data(), from.size()})) {}

  /// Bytes not read yet.
  std::size_t left() const noexcept { return left_; }

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

  void raw(void* to, std::size_t count) {
    if (count != 0)
      std::memcpy(to, skip(count), count);
  }

  /// The next *count* bytes where they are.
  const std::byte* skip(std::size_t count) {
    if (count > left_)
      malformed("it ends too early");
    const std::byte* here = at_;
    at_ += count;
    left_ -= count;
    return here;
  }

  /// The counterpart of encoder::reference.
  object_handle reference();

  /// Throws unless everything was read.
  void expect_end() const {
    if (left_ != 0)
      malformed("bytes are left over");
  }

  template <class T>
  void value(T& x);

private:
  template <class T>
  void field(T& x) {
    using plain = std::remove_const_t<T>;
    if constexpr (caf::meta::is_load_callback<plain>::value) {
      if constexpr (std::is_void_v<decltype(x.fun())>)
        x.fun();
      else
        codec_status{x.fun()};
    } else if constexpr (!caf::meta::is_annotation<plain>::value) {
      value(const_cast<plain&>(x));
    }
  }

  bool flag() {
    unsigned char byte = 0;
    raw(&byte, 1);
    if (byte > 1)
      malformed("a bool is neither 0 nor 1");
    return byte != 0;
  }

  /// A count of elements that take at least *each* bytes, checked.
  std::size_t count(std::size_t each) {
    std::uint64_t n = 0;
    raw(&n, sizeof(n));
    if (n > left_ / each)
      malformed("a length is larger than the data");
    return static_cast<std::size_t>(n);
  }

  template <class T>
  void elements(T& xs);

  template <class T>
  void block(T& xs, std::size_t n);

  template <class T>
  void composite(T& x);

  template <std::size_t I = 0, class T>
  void alternative(T& x, std::uint32_t index);

  const std::byte* at_;
  std::size_t left_;
  unsigned depth_ = 0;
};

template <class T>
void decoder::value(T& x) {
  if constexpr (has_codec_traits<T>) {
    codec_traits<T>::load(*this, x);
  } else if constexpr (raw_value<T>) {
    raw(&x, sizeof(x));
  } else if constexpr (std::is_same_v<T, bool>) {
    x = flag();
  } else if constexpr (std::is_same_v<T, long double>) {
    unsigned char bytes[16];
    raw(bytes, sizeof(bytes));
    x = 0;
    std::memcpy(&x, bytes, sizeof(x) < 10 ? sizeof(x) : 10);
  } else {
    if (++depth_ > max_depth)
      malformed("it is nested too deeply");
    composite(x);
    --depth_;
  }
}

template <class T>
void decoder::composite(T& x) {
  if constexpr (has_inspect<T>) {
    inspect(*this, x);
  } else if constexpr (is_duration<T>::value) {
    typename T::rep ticks{};
    value(ticks);
    if constexpr (requires { typename T::clock; })
      x = T{typename T::duration{ticks}};
    else
      x = T{ticks};
  } else if constexpr (is_tuple<T>::value) {
    std::apply([this](auto&... parts) { (this->value(parts), ...); }, x);
  } else if constexpr (is_optional<T>::value) {
    if (flag())
      value(x.emplace());
    else
      x.reset();
  } else if constexpr (is_variant<T>::value) {
    std::uint32_t index = 0;
    value(index);
    alternative(x, index);
  } else if constexpr (fixed_array<T>::value) {
    for (auto& element : x)
      value(element);
  } else if constexpr (sequence<T>) {
    elements(x);
  } else {
    static_assert(std::is_empty_v<T>,
                  "ray: a part of a value cannot be sent to another process; "
                  "give its type CAF's inspect");
  }
}

template <std::size_t I, class T>
void decoder::alternative(T& x, std::uint32_t index) {
  if constexpr (I == std::variant_size_v<T>)
    malformed("a variant has no such alternative");
  else if (index == I)
    value(x.template emplace<I>());
  else
    alternative<I + 1>(x, index);
}

template <class T>
void decoder::elements(T& xs) {
  using value_type = typename T::value_type;
  if constexpr (is_vector_of_bool<T>::value) {
    std::uint64_t n = 0;
    raw(&n, sizeof(n));
    if (n / 8 > left_)
      malformed("a length is larger than the data");
    xs.resize(n);
    const std::byte* bits = skip((n + 7) / 8);
    for (std::size_t i = 0; i < n; ++i)
      xs[i] = ((std::to_integer<unsigned>(bits[i / 8]) >> (i % 8)) & 1) != 0;
  } else if constexpr (raw_value<value_type> && requires { xs.data(); }) {
    block(xs, count(sizeof(value_type)));
  } else {
    xs.clear();
    for (std::size_t n = count(1); n > 0; --n) {
      typename element_of<value_type>::type element{};
      const std::size_t before = left_;
      value(element);
      if (left_ == before)
        skip(1);
      xs.insert(xs.end(), std::move(element));
    }
  }
}

template <class T>
void decoder::block(T& xs, std::size_t n) {
  using element = typename T::value_type;
  const std::byte* from = skip(n * sizeof(element));
  if (std::bit_cast<std::uintptr_t>(from) % alignof(element) == 0) {
    // One pass over memory: resize() would write zeros first.
    const auto* first = reinterpret_cast<const element*>(from);
    xs.assign(first, first + n);
  } else {
    xs.resize(n);
    if (n != 0)
      std::memcpy(xs.data(), from, n * sizeof(element));
  }
}

/// Reads one value that fills *bytes* exactly.
template <class T>
T decode(std::span<const std::byte> bytes) {
  decoder from{bytes};
  T x{};
  from.value(x);
  from.expect_end();
  return x;
}

} // namespace ray::detail
