#include "base/log.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <sys/stat.h>

namespace rayd::log {

namespace {

// A node's own log: a line or two for each event, so this is for weeks.
constexpr std::size_t file_bytes = 16 << 20;
constexpr std::size_t older_files = 3;

spdlog::level::level_enum to_spdlog(level at) {
  switch (at) {
    case level::trace: return spdlog::level::trace;
    case level::debug: return spdlog::level::debug;
    case level::info: return spdlog::level::info;
    case level::warning: return spdlog::level::warn;
    case level::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Silent until open(): a program that links the library logs nothing.
spdlog::logger& sink() {
  static auto logger = [] {
    auto made = std::make_shared<spdlog::logger>(
      "rayd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_level(spdlog::level::off);
    return made;
  }();
  return *logger;
}

} // namespace

void open(const std::string& file, level least) {
  auto& logger = sink();
  if (!file.empty()) {
    const auto before = ::umask(0077);
    logger.sinks() = {
      std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        file, file_bytes, older_files)};
    ::umask(before);
  }
  logger.set_pattern("%Y-%m-%d %H:%M:%S.%e %P %l %v");
  logger.set_level(to_spdlog(least));
  logger.flush_on(spdlog::level::info);
}

bool enabled(level at) noexcept {
  return sink().should_log(to_spdlog(at));
}

void write(level at, std::string_view sentence) {
  sink().log(to_spdlog(at), sentence);
}

} // namespace rayd::log
