#include <ray/detail/message_types.hpp>
#include <ray/errors.hpp>

#include <caf/atom.hpp>
#include <caf/detail/dynamic_message_data.hpp>
#include <caf/make_counted.hpp>

#include <cstdlib>
#include <cxxabi.h>
#include <map>
#include <memory>
#include <mutex>
#include <typeindex>
#include <vector>

namespace ray::detail {

namespace {

constinit std::atomic<message_type_entry*> newest{nullptr};

/// Both look-ups, for those of the list that were seen so far.
struct type_tables {
  std::mutex lock;
  std::map<std::pair<std::uint16_t, std::type_index>, const message_type_entry*>
    by_type;
  std::map<function_key, const message_type_entry*> by_key;
  const message_type_entry* indexed = nullptr;
};

type_tables& tables() {
  static type_tables only;
  return only;
}

std::pair<std::uint16_t, std::type_index> type_key(const caf::rtti_pair& type) {
  return {type.first, type.second != nullptr ? std::type_index{*type.second}
                                             : std::type_index{typeid(void)}};
}

function_key key_of(const message_type_entry& entry) {
  function_key key;
  key.module = module_of(&entry, key.offset);
  return key;
}

/// Types that every program may send, named or not.
[[maybe_unused]] const bool builtin = [] {
  know_message_types<bool, std::int8_t, std::uint8_t, std::int16_t,
                     std::uint16_t, std::int32_t, std::uint32_t, std::int64_t,
                     std::uint64_t, float, double, std::string, std::u16string,
                     std::u32string, caf::atom_value, std::vector<int>,
                     std::vector<std::int64_t>, std::vector<double>,
                     std::vector<std::string>, std::vector<char>>();
  return true;
}();

} // namespace

bool message_types::add(message_type_entry& entry) noexcept {
  if (entry.listed_.exchange(true))
    return true;
  entry.next_ = newest.load();
  while (!newest.compare_exchange_weak(entry.next_, &entry)) {
  }
  return true;
}

const message_type_entry* message_types::find(const caf::rtti_pair& type) {
  auto& known = tables();
  const std::lock_guard guard{known.lock};
  const message_type_entry* now = newest.load();
  for (const auto* entry = now; entry != nullptr && entry != known.indexed;
       entry = entry->next_) {
    known.by_type.emplace(type_key(entry->type()), entry);
    known.by_key.emplace(key_of(*entry), entry);
  }
  known.indexed = now;
  const auto found = known.by_type.find(type_key(type));
  return found != known.by_type.end() ? found->second : nullptr;
}

const message_type_entry* message_types::find(const function_key& key) {
  find(caf::make_rtti_pair<bool>()); // Brings the tables up to date.
  auto& known = tables();
  const std::lock_guard guard{known.lock};
  const auto found = known.by_key.find(key);
  return found != known.by_key.end() ? found->second : nullptr;
}

std::string message_types::describe(const caf::rtti_pair& type) {
  if (const auto* entry = find(type))
    return std::string{entry->name};
  if (type.second == nullptr)
    return caf::numbered_type_names[type.first - 1];
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name{
    abi::__cxa_demangle(type.second->name(), nullptr, nullptr, &status),
    &std::free};
  return status == 0 ? std::string{name.get()}
                     : std::string{type.second->name()};
}

std::string message_types::describe(const caf::type_erased_tuple& elements) {
  std::string text = elements.size() == 0 ? "void" : "";
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (i > 0)
      text += ", ";
    text += describe(elements.type(i));
  }
  return text;
}

void codec_traits<any_message>::save(encoder& to, const any_message& x) {
  const auto& content = x.content;
  to.value(static_cast<std::uint32_t>(content.size()));
  for (std::size_t i = 0; i < content.size(); ++i) {
    const auto* entry = message_types::find(content.type(i));
    if (entry == nullptr)
      throw wrong_type(
        "a message holds a " + message_types::describe(content.type(i))
        + ", which this program has not named; add at namespace scope: inline "
          "const bool known = ray::message_type<T>(\"name\");");
    const auto key = key_of(*entry);
    to.raw(&key, sizeof(key));
    entry->save(to, content.get(i));
  }
}

void codec_traits<any_message>::load(decoder& from, any_message& x) {
  std::uint32_t count = 0;
  from.value(count);
  if (count > from.left() / sizeof(function_key))
    malformed("a message has more elements than bytes");
  caf::detail::dynamic_message_data::elements elements;
  for (; count > 0; --count) {
    function_key key;
    from.raw(&key, sizeof(key));
    const auto* entry = message_types::find(key);
    if (entry == nullptr)
      malformed("a message holds a type that this program does not know");
    elements.push_back(entry->load(from));
  }
  x.content = caf::message{caf::detail::message_data::cow_ptr{
    caf::make_counted<caf::detail::dynamic_message_data>(std::move(elements))}};
}

} // namespace ray::detail
