#pragma once

#include "base/result.hpp"

#include <string>

namespace rayd {

/// The program of a job's *description*, when this node can execute it.
/// @error worker_died  The file is missing, not executable, or not the one
///                     that the driver runs; the sentence names it.
result<std::string> program_of(const std::string& description);

/// "was ended by signal 11 (SIGSEGV)", "exited with 3": from waitpid.
std::string describe_exit(int wait_status);

} // namespace rayd
