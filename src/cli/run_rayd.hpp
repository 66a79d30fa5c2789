#pragma once

namespace rayd {

/// The whole program: overwrites a secret in *argv* at once, joins the command
/// line with the rooms that do the work, runs the command, and leaves with
/// _exit, since CAF's destructors would wait for every actor of a peer.
[[noreturn]] void run_rayd(int argc, char** argv);

} // namespace rayd
