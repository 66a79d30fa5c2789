#pragma once

#include <ray/detail/runtime.hpp>

#include <atomic>
#include <memory>
#include <string_view>

// Every function that a program uses remotely, without a registration macro:
// remote<f>, call<&C::m> and spawn<C> each have one entry, a static object
// whose initialiser links it into the list of the process. A worker executes
// the program's own file, so its static initialisers make the same list, and
// an entry is named by its module and its offset there.

namespace ray::detail {

class invocation;

/// One function that can be run by key. Lives as long as its module.
class function_entry {
public:
  using invoke_function = void (*)(std::unique_ptr<invocation> call);

  constexpr function_entry(invoke_function function,
                           std::string_view text) noexcept
    : run_(function), name_(text) {}

  function_entry(const function_entry&) = delete;
  function_entry& operator=(const function_entry&) = delete;

  /// For people: "compute_square", "Counter::increment".
  std::string_view name() const noexcept { return name_; }

  /// The same in every process that executes this module. Cached.
  function_key key() const;

  invoke_function run() const noexcept { return run_; }

private:
  friend class function_table;

  invoke_function run_;
  std::string_view name_;
  function_entry* next_ = nullptr;
  std::atomic<bool> listed_{false};
  mutable std::atomic<bool> keyed_{false};
  mutable std::atomic<std::uint64_t> module_{0};
  mutable std::atomic<std::uint64_t> offset_{0};
};

/// The entries of this process. Lock-free to extend, so that it works while
/// modules are initialised in any order.
class function_table {
public:
  /// Adds *entry*; adding it again does nothing. Returns true, to be the
  /// initialiser of a static.
  static bool add(function_entry& entry) noexcept;

  /// The entry with *key*, or null when no loaded module has it.
  static const function_entry* find(const function_key& key);
};

/// Makes sure that a static initialiser is part of the program.
inline void keep(const bool&) noexcept {}

/// Hash of the content of the module (executable or shared library) that
/// holds *address*: of its build id, or of the whole file when it has none.
/// Sets *offset* to the place of *address* in it. 0: not in a module.
std::uint64_t module_of(const void* address, std::uint64_t& offset);

} // namespace ray::detail
