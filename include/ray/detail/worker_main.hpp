#pragma once

namespace ray::detail {

/// What a program does in role worker instead of its main: attaches to the
/// node that started it and runs tasks until the node ends it. Never returns.
[[noreturn]] void worker_main();

/// True when the program was started with --ray-role=worker.
bool is_worker_role(int argc, const char* const* argv) noexcept;

/// True in a process that a node started as a worker, until worker_main().
bool is_worker_process() noexcept;

} // namespace ray::detail
