#include "driver/standard_exceptions.hpp"

#include <any>
#include <array>
#include <filesystem>
#include <functional>
#include <future>
#include <ios>
#include <map>
#include <memory>
#include <mutex>
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

// What "category" says of a std::regex_error, whose code is no error_code.
constexpr auto regex_codes = "std::regex_error";

/// A category that this program does not know: of the one that threw.
class foreign_category final : public std::error_category {
public:
  explicit foreign_category(std::string name) : name_(std::move(name)) {}

  const char* name() const noexcept override { return name_.c_str(); }
  std::string message(int number) const override {
    return name_ + " error " + std::to_string(number);
  }

private:
  std::string name_;
};

/// The same one for each name: error codes compare categories by address.
const std::error_category& category_named(const std::string& name) {
  for (const auto* known :
       {&std::generic_category(), &std::system_category(),
        &std::iostream_category(), &std::future_category()})
    if (name == known->name())
      return *known;
  constexpr std::size_t names_max = 1000;
  static std::mutex lock;
  static auto& foreign
    = *new std::map<std::string, std::unique_ptr<foreign_category>>;
  const std::lock_guard guard{lock};
  const auto at = foreign.find(name);
  if (at != foreign.end())
    return *at->second;
  if (foreign.size() >= names_max)
    return std::generic_category();
  return *(foreign[name] = std::make_unique<foreign_category>(name));
}

std::error_code code_of(const failure_details& details) {
  if (details.category.empty())
    return {};
  return {details.number, category_named(details.category)};
}

template <class Standard>
Standard make_standard(const failure_details& details) {
  const auto& text = details.message;
  if constexpr (std::is_same_v<Standard, std::filesystem::filesystem_error>)
    return {text, code_of(details)};
  else if constexpr (std::is_same_v<Standard, std::ios_base::failure>)
    return Standard{text, code_of(details)};
  else if constexpr (std::is_same_v<Standard, std::system_error>)
    return {code_of(details), text};
  else if constexpr (std::is_same_v<Standard, std::future_error>)
    return Standard{details.category.empty()
                      ? std::future_errc::no_state
                      : static_cast<std::future_errc>(details.number)};
  else if constexpr (std::is_same_v<Standard, std::regex_error>)
    return Standard{details.category == regex_codes
                      ? static_cast<std::regex_constants::error_type>(
                        details.number)
                      : std::regex_constants::error_complexity};
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
            auto standard = make_standard<Standard>(*details);
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

void note_code(const std::exception& thrown, failure_details& details) {
  const auto note = [&](const std::error_code& code) {
    details.number = code.value();
    details.category = code.category().name();
  };
  if (const auto* system = dynamic_cast<const std::system_error*>(&thrown)) {
    note(system->code());
  } else if (const auto* future
             = dynamic_cast<const std::future_error*>(&thrown)) {
    note(future->code());
  } else if (const auto* regex
             = dynamic_cast<const std::regex_error*>(&thrown)) {
    details.number = regex->code();
    details.category = regex_codes;
  }
}

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
