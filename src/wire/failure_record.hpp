#pragma once

#include "base/result.hpp"

#include <ray/errc.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rayd {

/// An error as a value: what get() throws in the process that asks. Schedulers
/// make them for system failures and otherwise pass the bytes on unread.
struct failure_record {
  ray::errc code = ray::errc::task_error;
  std::string message;
  std::string function; ///< Of the task that threw.
  std::string type;     ///< Demangled type of the exception, if any.
  std::uint8_t base = 0; ///< Nearest standard base; see ray/detail.
  std::int32_t number = 0; ///< Of an error code that it had,
  std::string category;    ///< and of which kind; empty: it had none.
  std::string node;      ///< "n2", empty when no node is to blame.
  std::int64_t pid = 0;
  std::int32_t attempt = 0;
  std::vector<std::string> chain; ///< Tasks passed through, thrower first.
};

/// Encodes for object_value::bytes.
std::string encode_failure(const failure_record& record);

/// The inverse; nothing readable gives a task_error that says so.
failure_record decode_failure(std::string_view bytes);

/// encode_failure of a failure without task.
std::string encode_failure(ray::errc code, std::string message);

} // namespace rayd
