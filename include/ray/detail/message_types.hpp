#pragma once

#include <ray/detail/arguments.hpp>
#include <ray/detail/function_table.hpp>
#include <ray/detail/names.hpp>

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/make_message.hpp>
#include <caf/make_type_erased_value.hpp>
#include <caf/message.hpp>
#include <caf/rtti_pair.hpp>

#include <atomic>
#include <string>
#include <string_view>

// CAF messages by our own codec: CAF's serialiser loops for ever on an
// infinite float. Where the types of a message are known when compiling, its
// elements are encoded like any values; .handle() meets messages at run time
// and looks their elements up in a table of the types that the program names.

namespace ray {
template <class Class>
class actor;
template <auto Behavior>
class behavior_actor;
} // namespace ray

// Our handles may be elements of messages within a process.
namespace caf {
template <class T>
struct allowed_unsafe_message_type<ray::object_ref<T>> : std::true_type {};
template <class T>
struct allowed_unsafe_message_type<ray::array<T>> : std::true_type {};
template <class Class>
struct allowed_unsafe_message_type<ray::actor<Class>> : std::true_type {};
template <auto Behavior>
struct allowed_unsafe_message_type<ray::behavior_actor<Behavior>>
  : std::true_type {};
} // namespace caf

namespace ray::detail {

/// What an argument becomes as an element of a message, by CAF's rules:
/// text std::string, an atom constant its value, integers by their size.
template <class Argument>
using message_element = typename caf::unbox_message_element<
  typename caf::detail::strip_and_convert<Argument>::type>::type;

/// How to encode and decode one type of element. A process may be sent the
/// place of such an entry, so it is found like a function.
class message_type_entry {
public:
  using save_function = void (*)(encoder& to, const void* element);
  using load_function = caf::type_erased_value_ptr (*)(decoder& from);
  using type_function = caf::rtti_pair (*)();

  constexpr message_type_entry(save_function to, load_function from,
                               type_function which,
                               std::string_view text) noexcept
    : save(to), load(from), type(which), name(text) {}

  save_function save;
  load_function load;
  type_function type;
  std::string_view name; ///< For people; message_type() may change it.

private:
  friend struct message_types;

  message_type_entry* next_ = nullptr;
  std::atomic<bool> listed_{false};
};

/// The types that messages of this process may have.
struct message_types {
  /// Adds *entry*, once. Returns true.
  static bool add(message_type_entry& entry) noexcept;

  static const message_type_entry* find(const caf::rtti_pair& type);
  static const message_type_entry* find(const function_key& key);

  /// "int, std::string": the types of *elements* for people.
  static std::string describe(const caf::type_erased_tuple& elements);

  /// The name of one type for people.
  static std::string describe(const caf::rtti_pair& type);
};

template <class T>
struct known_message_type {
  static void save(encoder& to, const void* element) {
    to.value(*static_cast<const T*>(element));
  }

  static caf::type_erased_value_ptr load(decoder& from) {
    T x{};
    from.value(x);
    return caf::make_type_erased_value<T>(std::move(x));
  }

  static constinit inline message_type_entry entry{
    &save, &load, &caf::make_rtti_pair<T>, type_name<T>()};
  static inline const bool listed = message_types::add(entry);
};

/// Adds *Ts* to the types that .handle() forwards.
template <class... Ts>
void know_message_types() {
  (keep(known_message_type<Ts>::listed), ...);
}

/// A message whose types are known only at run time.
struct any_message {
  caf::message content;
};

template <>
struct codec_traits<any_message> {
  /// @error wrong_type  An element has a type that the program does not name.
  static void save(encoder& to, const any_message& x);
  static void load(decoder& from, any_message& x);
};

} // namespace ray::detail
