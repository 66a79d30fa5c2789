#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace rayd::log {

enum class level { trace, debug, info, warning, error };

/// Writes to *file* from now on (created 0600, appended; at 16 MiB "node.log"
/// becomes "node.1.log", and three of these are kept); an empty path means
/// standard error. Call once, before threads start.
void open(const std::string& file, level least);

/// True when a message of *at* would be written.
bool enabled(level at) noexcept;

/// Writes one line with time, process id and level; thread-safe.
void write(level at, std::string_view sentence);

} // namespace rayd::log

// A disabled message costs one comparison; its arguments are not formatted.
#define RAYD_LOG(at, ...)                                                      \
  (::rayd::log::enabled(at) ? ::rayd::log::write(at, fmt::format(__VA_ARGS__)) \
                            : void())
#define RAYD_DEBUG(...) RAYD_LOG(::rayd::log::level::debug, __VA_ARGS__)
#define RAYD_INFO(...) RAYD_LOG(::rayd::log::level::info, __VA_ARGS__)
#define RAYD_WARN(...) RAYD_LOG(::rayd::log::level::warning, __VA_ARGS__)
#define RAYD_ERROR(...) RAYD_LOG(::rayd::log::level::error, __VA_ARGS__)
