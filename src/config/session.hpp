#pragma once

#include "base/result.hpp"
#include "config/node_options.hpp"
#include "config/process.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rayd {

// A session is the folder of one run of a node:
//
//   <base>/20260314-150926-4711-head/   0700, base is 0700 and ours too
//     node.json     0600: the record below, replaced atomically
//     node.sock     the node's Unix socket
//     secret        0600: only when the head made a random one
//     processes     0600: a line "PID START-TIME WHAT" per child process
//     logs/         node.log and one file per worker
//     control/      the head's Redis: its files and its socket
//     spill/        0700: objects that the store had no room for, while it
//                   runs; elsewhere with --spill-dir
//
// The node process makes it, keeps the record true and removes socket, secret
// and spilled objects at its end; logs and control state stay for `dump` and
// `logs`. A record is believed only together with /proc: the process of the
// recorded number must have the recorded start time. Nothing is found or ended
// by name.

/// What node.json says.
struct node_record {
  process_identity process;
  node_role role = node_role::head;
  /// Private clusters and nodes that follow a program: never `auto`.
  bool is_private = false;
  /// "n7"; "" until the head gave it.
  std::string node_id;
  std::uint32_t node_index = 0;
  /// Where others reach it; port 0 when nothing listens.
  std::string host;
  std::uint16_t port = 0;
  /// Of a head with a dashboard, "http://HOST:PORT"; "" without.
  std::string dashboard;
  /// Whom a node joined, "HOST:PORT".
  std::string head_address;
  std::string socket;
  std::string version;
  std::string cluster_id;
  /// Of a node that `rayd up` started: see node_options.
  std::string member;
  /// The file that holds the cluster's secret: ours or the one given.
  std::string secret_file;
  /// Where its spilled objects are, while there are any.
  std::string spill_folder;
  /// The process leads a kernel session of its own (not with --block).
  bool own_kernel_session = false;
  /// "starting", "running", "ending" or "ended".
  std::string state = "starting";
  /// Start by the wall clock, milliseconds since 1970; for people and order.
  std::int64_t started_ms = 0;
};

/// A session folder and its record.
struct session {
  std::filesystem::path folder;
  node_record record;

  std::filesystem::path socket_path() const { return folder / "node.sock"; }
  std::filesystem::path secret_path() const { return folder / "secret"; }
  std::filesystem::path log_folder() const { return folder / "logs"; }
  std::filesystem::path node_log() const { return folder / "logs/node.log"; }
  std::filesystem::path control_folder() const { return folder / "control"; }

  /// True while the recorded process runs.
  bool is_live() const { return is_running(record.process); }
};

/// Where sessions are when no --session-dir says: RAYD_SESSION_DIR, else
/// ${XDG_STATE_HOME:-$HOME/.local/state}/rayd.
std::string default_session_base();

/// Makes the folder of this process's run, its subfolders and its first
/// record (state "starting"). The base is made when missing.
/// @error wrong_type  The base belongs to someone else or is open to others,
///   or a socket path of more than 100 bytes.
/// @error connection_failed  The folder cannot be made (disk, rights).
result<session> create_session(const node_options& options);

/// Replaces node.json by *self.record*: a reader sees the old or the new one.
status write_record(const session& self);

/// Keeps a random secret, 0600, and names it in the record.
status write_secret(session& self, const secret& value);

/// Appends a child process to `processes`, so that `rayd stop` finds it even
/// when the node died without ending it. *what* is one word. Thread-safe.
status record_process(const std::filesystem::path& folder,
                      const process_identity& child, const std::string& what);

/// All sessions of this user under *base*, oldest first. Folders without a
/// readable record appear with an empty one (pid 0).
std::vector<session> all_sessions(const std::string& base);

/// Those whose process runs, oldest first.
std::vector<session> running_sessions(const std::string& base);

/// `auto`: this user's head on this machine, else its node started last; never
/// a private one and never one that still starts or ends.
std::optional<session> find_auto(const std::string& base);

/// The local head that answers at *head* (loopback, this host's name or its
/// recorded address, and the recorded port), so that local joins need no
/// secret by hand.
std::optional<session> find_local_head(const std::string& base,
                                       const endpoint& head);

/// What a person does whose secret is missing or wrong: the end of a sentence
/// that names the file to copy or to give.
std::string secret_advice(const std::string& base, const endpoint& head);

/// The running node that *name* means: a node id ("n7") or a folder's name.
std::optional<session> find_node(const std::string& base,
                                 const std::string& name);

/// At the end of a run: removes sockets, the secret, Redis's password, spilled
/// objects and `processes`, marks the record as ended. Idempotent; `rayd stop`
/// calls it for nodes it killed.
void end_session(session& self);

/// Kills what `processes` and the node's kernel session still hold; gives how
/// many there were. Call only when the node itself is gone.
int kill_leftovers(const session& self);

/// What is kept of ended sessions.
struct session_limits {
  std::size_t ended = 5;
  std::uint64_t total_bytes = std::uint64_t{1} << 30;
};

/// Removes spilled objects of ended sessions, and the oldest of these beyond
/// the limits; the newest ended one
/// always stays. Running ones are never touched. Gives how many went.
int prune_sessions(const std::string& base, const session_limits& limits = {});

} // namespace rayd
