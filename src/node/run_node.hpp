#pragma once

#include "config/node_options.hpp"
#include "config/ready_report.hpp"
#include "config/session.hpp"

namespace rayd {

// A whole node: what `rayd start` runs in its node process, or in the
// foreground with --block, and what a program's private cluster is.
//
// run_node builds the rooms and wires them, joins (or founds) the cluster,
// lets a worker process answer one built-in probe task, and then calls
// report.ready once. It returns when the node was told to end and has ended
// everything it started: workers, Redis, actors, sockets.
//
// The caller has validated the options, made the session folder, opened the
// log, and blocked SIGTERM, SIGINT, SIGHUP and SIGPIPE before any thread
// existed; run_node takes the first two from a signalfd: the first one drains
// (at most 10 s), the second kills what is left at once. With
// options.private_cluster or options.follows_parent it also ends when the
// parent process ends (pidfd) or *lifeline_fd* reaches end-of-file.
//
// Before report.ready it completes session.record (node id and index, cluster
// id, the address and the port under which others reach it, state "running")
// and writes it with write_record: `auto`, local joins and `rayd stop` read
// it. It writes state "ending" when it begins to end. Child processes go to
// `processes` with record_process. The caller ends the session (sockets,
// secret, record) after the return. options.password is never empty here: a
// head without a given one gets a random one before.

/// Runs a node until it is told to end.
/// @param self         Session of this run; run_node updates its record.
/// @param report       Told once: ready, or failed with the code to return.
/// @param lifeline_fd  See above; -1 for nodes that do not follow a parent.
/// @returns The process's exit code: 0 after an ordinary end, else what
///   report.failed was told, or 1 when the node had to give up later.
int run_node(const node_options& options, session& self, ready_report& report,
             int lifeline_fd = -1);

} // namespace rayd
