#pragma once

#include <ray/errc.hpp>

#include <string>
#include <utility>
#include <variant>

namespace rayd {

/// Why something that may fail in operation did: a code that a caller acts
/// on and one sentence that holds the values and says what to do.
struct failure {
  ray::errc code = ray::errc::connection_failed;
  std::string message;
};

/// A value or the failure to get it; CAF-free, for machines and libraries.
template <class Value>
class [[nodiscard]] result {
public:
  result(Value value) : state_(std::move(value)) {}
  result(failure reason) : state_(std::move(reason)) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }

  /// @pre *this holds a value.
  Value& operator*() & { return std::get<0>(state_); }
  const Value& operator*() const& { return std::get<0>(state_); }
  Value&& operator*() && { return std::get<0>(std::move(state_)); }
  Value* operator->() { return &std::get<0>(state_); }
  const Value* operator->() const { return &std::get<0>(state_); }

  /// @pre *this holds a failure.
  const failure& error() const { return std::get<1>(state_); }

private:
  std::variant<Value, failure> state_;
};

/// For what gives nothing when it succeeds.
using status = result<std::monostate>;

/// Success without a value.
inline status ok() {
  return status{std::monostate{}};
}

} // namespace rayd
