#pragma once

#include <string_view>

namespace rayd {

// Queries of the command line. The command dials a node's Unix socket (or the
// head's gate) and sends the tag `query` with a request as JSON; the answer is
// JSON too, made by the global scheduler from the snapshots that schedulers
// publish. A node that is not the head asks the head and passes the answer on.
//
// Request:
//   {"what": "status"}
//   {"what": "nodes"}
//
// Answer to both ("status" leaves nothing out; "nodes" may leave out all but
// "nodes"). A missing number is shown as "-"; unknown fields are ignored, so
// that fields can be added:
//   {
//     "version": "0.1.0",             of the head
//     "cluster_id": "9c1f...",
//     "address": "10.0.0.1:6379",     where others join; "" private
//     "uptime_ms": 123456,            of the head
//     "jobs": 1,                      running ones
//     "tasks_finished": 120000,       since the head started
//     "nodes": [                      oldest first, the head is one of them
//       {
//         "id": "n1",
//         "role": "head",             or "node"
//         "state": "alive",           "suspect", "draining", "dead"
//         "host": "10.0.0.1",
//         "port": 6379,               0: none
//         "pid": 4711,
//         "heartbeat_age_ms": 12,
//         "resources_total": {"CPU": 2, "memory": 8.1e9},
//         "resources_available": {"CPU": 1, "memory": 8.1e9},
//         "labels": {"zone": "a"},
//         "store_capacity": 2147483648,     bytes
//         "store_used": 1048576,            bytes
//         "store_spilled": 0,               bytes, on disk
//         "cpu_percent": 12.5,        of the machine's CPUs, as are these:
//         "memory_used": 4e9, "memory_total": 8e9,           bytes
//         "network_in": 0, "network_out": 0,                 bytes a second
//         "disk_read": 0, "disk_write": 0,
//         "workers": 2,               worker processes
//         "actors": 0,                alive
//         "tasks_running": 1,
//         "tasks_waiting": 0          accepted and not yet started
//       }
//     ],
//     "infeasible": [                 what waits and fits no node there is
//       {"home": "n1", "count": 3, "resources": {"CPU": 100},
//        "labels": {"zone": "a"}, "reason": "it asks for ..."}
//     ],
//     "demands": [                    all that waits for room, by shape
//       {"count": 3, "resources": {"CPU": 4}, "labels": {}}
//     ],
//     "deadlocks": ["deadlock, tasks wait for each other: ..."],
//     "totals": {                     sums over nodes that are not dead
//       "resources_total": {...}, "resources_available": {...},
//       "store_capacity": 0, "store_used": 0, "store_spilled": 0,
//         "workers": 0, "actors": 0,
//       "tasks_running": 0, "tasks_waiting": 0
//     }
//   }
//
// Request: {"what": "why", "id": "32 hexadecimal digits"}
// Answer:
//   {
//     "id": "...", "kind": "task",      "actor", "call", "object"
//     "function": "square", "name": "", "attempt": 0,
//     "waits_for": "resources",         "arguments", "actor", "calls",
//                     "worker", "name", "objects", "group",
//                     "deadlock", "nothing"
//     "sentence": "task square waits for ...",
//     "node": "n1",                     who said so
//     "resources": {"asked": {}, "free": {}, "total": {},
//                   "nodes": [{"node": "n1", "free": {}, "total": {}}]},
//     "arguments": [{"id": "...", "sentence": "the result of ..."}],
//     "infeasible": true                no node there is can hold it
//   }
// The state of the cluster. Rows have the names of `rayd dump`; tasks that wait
// have a "reason" too, objects "references" (who holds them, at their home).
// Request: {"what": "list",
//           "kind": "tasks",          actors, nodes, workers, jobs, objects,
//                                     errors
//           "filters": [["state", "=", "running"]],   also != and =~ (contains)
//                                     "title" is a task's name, else function
//           "limit": 100, "cursor": ""}
// Answer:  {"kind": "tasks", "rows": [...], newest first, objects largest first
//           "next": "",               cursor of the next page; "": the last
//           "total": 12,              rows on all pages
//           "dropped": 0}             older records that a limit removed
// Errors and tasks have a "chain", the functions an error came through, the one
// that threw first; workers have "ended" (tasks) and, of actors, "mailbox".
// Request: {"what": "get", "kind": "task", "id": "..."}
// Answer:  {"row": {...}}
// Request: {"what": "summary", "kind": "tasks"}       actors, objects
// Answer:  {"rows": [{"name", "count", "failed", "running", "waiting",
//                     "p50_us", "p95_us"}]}
// Request: {"what": "timeline", "from_us": 0, "to_us": 0, "limit": 50000}
// Answer:  {"rows": [{"node", "pid", "spans": [{"id", "name", "started_us",
//                     "finished_us", "state"}]}], "dropped": 0}
// Request: {"what": "graph", "root": "a task's id or a job", "limit": 500}
// Answer:  {"nodes": [tasks], "edges": [[parent, child]], "left_out": 0}
// Request: {"what": "memory", "limit": 100, "cursor": ""}
// Answer:  as a list of objects, with "stores": [{"node", "store_used",
//          "store_capacity"}]
//
// Request: {"what": "logs", "kind": KIND, "id": ID, "offset": N or "tail": N,
//           "limit": BYTES}; kinds and ids: "worker" "n1:4711" (node and
//           process), "node" "n1", "task" and "actor" their ids (the log of
//           the worker that ran it last). By default from the oldest byte,
//           256 KiB; at most 1 MiB.
// Answer:
//   {"text": "...",     lines without control characters
//    "next": 4096,      the offset of what follows
//    "end": false,      true: the process has ended, nothing follows
//    "worker": "n1:4711"}   not of nodes: whose log it is; who goes on reading
//                       asks that, since tasks are looked up in the store
//
// Request: {"what": "logs", "kind": "files", "id": "n1"}: of which workers
// there are logs on a node, of ended ones too.
// Answer: {"rows": [{"pid": 4711, "job": "j1", "bytes": 120, "runs": true,
//                    "file": "PATH"}], "node_log": "PATH"}
//
// Request: {"what": "series", "node": "n1", "span_s": 600}; without a node, or
// with "", all of them together.
// Answer:
//   {"node": "n1", "step_s": 1,       10 beyond 10 min, 60 beyond 2 h
//    "from_us": 1.6e15,               wall clock, start of the first step
//    "series": {"cpu": [12.5, ...],   percent of all CPUs; null: not known
//               "memory", "store",    bytes in use
//               "network_in", "network_out", "disk_read", "disk_write",
//                                     bytes a second
//               "running", "waiting", tasks
//               "finished"}}          tasks a second
//
// Request: {"what": "metrics"}: what programs count (ray::metrics), by name and
// tags, of all processes together.
// Answer:
//   {"rows": [{"name": "hits", "exposed": "ray_hits_total",
//              "kind": "counter",      "gauge", "histogram"
//              "help": "...", "tags": {"route": "/"},
//              "value": 12,            of a histogram the sum, and
//              "count": 3, "boundaries": [1, 5], "buckets": [1, 2, 0]}],
//    "dropped": 0}                     values that found no room
//
// A query that cannot be answered:
//   {"error": "one sentence"}

/// A driver's question to its own node, all of it: has all that its job's
/// workers printed so far been sent to me? The answer "{}" follows the lines.
inline constexpr std::string_view query_flush_lines
  = R"({"what":"flush_lines"})";

/// Values of "what".
inline constexpr std::string_view query_status = "status";
inline constexpr std::string_view query_nodes = "nodes";
inline constexpr std::string_view query_why = "why";
inline constexpr std::string_view query_list = "list";
inline constexpr std::string_view query_get = "get";
inline constexpr std::string_view query_summary = "summary";
inline constexpr std::string_view query_timeline = "timeline";
inline constexpr std::string_view query_graph = "graph";
inline constexpr std::string_view query_memory = "memory";
inline constexpr std::string_view query_logs = "logs";
inline constexpr std::string_view query_series = "series";
inline constexpr std::string_view query_metrics = "metrics";

} // namespace rayd
