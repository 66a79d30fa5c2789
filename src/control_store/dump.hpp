#pragma once

#include <iosfwd>
#include <string>

namespace rayd {

/// Writes the whole control state of a session as JSON lines: nodes, jobs,
/// actors, actor names, then tasks and objects (of each the newest record,
/// newest first) and, if records were dropped by a limit, how many. Of a
/// running cluster its Redis is asked; of a dead one a Redis of our own reads
/// a copy of the log, in a folder below the session's that is removed again.
/// Lines have "kind": node, job, actor, actor_name, task, object, dropped,
/// damaged.
///
/// Blocks for as long as that takes. A failure is one sentence on *complaints*.
/// @returns 0; 1: no session there, or its files cannot be read; 3: its Redis
/// does not answer or refuses the password.
int dump_session(const std::string& session_dir, std::ostream& out,
                 std::ostream& complaints);

} // namespace rayd
