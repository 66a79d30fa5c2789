#pragma once

#include <utility>
#include <variant>

namespace rayd {

/// A value or a typed failure: result of base/ for places where the caller
/// tells more kinds of failure apart than ray::errc has.
template <class Value, class Failure>
class [[nodiscard]] outcome {
public:
  outcome(Value value) : state_(std::in_place_index<0>, std::move(value)) {}
  outcome(Failure why) : state_(std::in_place_index<1>, std::move(why)) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }

  /// @pre *this holds a value.
  Value& operator*() & { return std::get<0>(state_); }
  const Value& operator*() const& { return std::get<0>(state_); }
  Value&& operator*() && { return std::get<0>(std::move(state_)); }
  Value* operator->() { return &std::get<0>(state_); }
  const Value* operator->() const { return &std::get<0>(state_); }

  /// @pre *this holds a failure.
  const Failure& error() const { return std::get<1>(state_); }

private:
  std::variant<Value, Failure> state_;
};

} // namespace rayd
