#pragma once

#include "wire/task.hpp"

#include <string>

namespace rayd {

/// The task that a node runs in a worker process of rayd itself before it
/// says that it is ready: int -> int, the number plus one. It is registered
/// in librayd, so every program that links it has it.
function_key probe_function();
std::string probe_arguments();

} // namespace rayd
