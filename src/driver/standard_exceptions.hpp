#pragma once

#include <ray/errors.hpp>

#include <exception>
#include <string>

// The standard exception types, numbered: a task's exception travels as the
// number of its nearest standard base and is thrown as task_error_as of it.

namespace ray::detail {

/// Number of the nearest standard base of *thrown*; 0 (std::runtime_error)
/// when it derives from nothing but std::exception.
unsigned standard_base(const std::exception& thrown) noexcept;

/// Notes the error code that *thrown* carries, if its type has one.
void note_code(const std::exception& thrown, failure_details& details);

/// Demangled type of the exception that is being handled.
std::string current_exception_type();

/// Throws task_error_as<E>, E by details->base; unknown numbers give
/// std::runtime_error.
[[noreturn]] void throw_standard(failure_pointer details);

} // namespace ray::detail
