#pragma once

#include <cstdint>

// The states of nodes, jobs and actors, named alike in the control store, the
// command line and the dashboard.

namespace rayd {

enum class node_state : std::uint8_t { alive, suspect, draining, dead };
enum class job_state : std::uint8_t { running, succeeded, failed, stopped };
enum class actor_state : std::uint8_t { pending, alive, restarting, dead };

const char* to_string(node_state state) noexcept;
const char* to_string(job_state state) noexcept;
const char* to_string(actor_state state) noexcept;

} // namespace rayd
