#include "driver/standard_exceptions.hpp"

#include <any>
#include <array>
#include <filesystem>
#include <functional>
#include <future>
#include <ios>
#include <memory>
#include <new>
#include <optional>
#include <regex>
#include <system_error>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>

#include <cstdlib>
#include <cxxabi.h>

namespace ray::detail {

namespace {

template <class Standard>
Standard make_standard(const std::string& text) {
  if constexpr (std::is_same_v<Standard, std::filesystem::filesystem_error>)
    return {text, std::error_code{}};
  else if constexpr (std::is_same_v<Standard, std::system_error>)
    return {std::error_code{}, text};
  else if constexpr (std::is_same_v<Standard, std::future_error>)
    return Standard{std::future_errc::no_state};
  else if constexpr (std::is_same_v<Standard, std::regex_error>)
    return Standard{std::regex_constants::error_complexity};
  else if constexpr (std::is_constructible_v<Standard, const std::string&>)
    return Standard{text};
  else
    return Standard{};
}

struct standard_type {
  bool (*matches)(const std::exception& thrown);
  void (*raise)(failure_pointer details);
};

template <class Standard>
constexpr standard_type standard_type_of() {
  return {[](const std::exception& thrown) {
            return dynamic_cast<const Standard*>(&thrown) != nullptr;
          },
          [](failure_pointer details) {
            auto standard = make_standard<Standard>(details->message);
            throw task_error_as<Standard>{standard, std::move(details)};
          }};
}

// The index is the number that travels: only append. Derived types stand
// before their bases, but for the first, which is also the answer to "none".
constexpr std::array standard_types{
  standard_type_of<std::runtime_error>(),
  standard_type_of<std::out_of_range>(),
  standard_type_of<std::invalid_argument>(),
  standard_type_of<std::length_error>(),
  standard_type_of<std::domain_error>(),
  standard_type_of<std::future_error>(),
  standard_type_of<std::logic_error>(),
  standard_type_of<std::range_error>(),
  standard_type_of<std::overflow_error>(),
  standard_type_of<std::underflow_error>(),
  standard_type_of<std::filesystem::filesystem_error>(),
  standard_type_of<std::ios_base::failure>(),
  standard_type_of<std::system_error>(),
  standard_type_of<std::regex_error>(),
  standard_type_of<std::bad_array_new_length>(),
  standard_type_of<std::bad_alloc>(),
  standard_type_of<std::bad_any_cast>(),
  standard_type_of<std::bad_cast>(),
  standard_type_of<std::bad_typeid>(),
  standard_type_of<std::bad_exception>(),
  standard_type_of<std::bad_function_call>(),
  standard_type_of<std::bad_weak_ptr>(),
  standard_type_of<std::bad_optional_access>(),
  standard_type_of<std::bad_variant_access>(),
};

} // namespace

unsigned standard_base(const std::exception& thrown) noexcept {
  for (unsigned i = 1; i < standard_types.size(); ++i)
    if (standard_types[i].matches(thrown))
      return i;
  return 0;
}

std::string current_exception_type() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr)
    return "unknown";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name{
    abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free};
  return status == 0 ? std::string{name.get()} : std::string{type->name()};
}

void throw_standard(failure_pointer details) {
  const auto base = details->base < standard_types.size() ? details->base : 0;
  standard_types[base].raise(std::move(details));
  std::abort(); // raise() throws.
}

} // namespace ray::detail
