#pragma once

// Every actor of rayd, what it takes and answers, who sends it, and why. The
// structs stand in the headers named; this page only puts them together.
//
// Between processes one shape travels: (tag, bytes), the tag one of tags.hpp,
// from root actor to root actor. The root actor of a node's process is its
// local_scheduler, that of a driver or worker its client.
//
// local_scheduler  (local_scheduler/local_scheduler.hpp; own thread)
//   lane, credit     bytes   driver, worker, node: records (lane_records.hpp);
//                            those of drivers and workers lie in shared memory
//                            instead (transport/ring_lane.hpp) unless
//                            lanes=basp
//   attach           JSON    driver, worker: who I am        -> welcome
//   link, peer       text    whoever dialled: which connection, which node
//   control          bytes   head: control.hpp; node (in the head): for
//                            global_scheduler
//   query            JSON    command line: query.hpp         -> query
//   link_accepted    struct  gate: a peer was let in
//   link_dialled     struct  node: a peer was dialled
//   machine_figures  struct  node_agent: what the machine does
//   register_with_head, cluster_joined, node_is_dead, run_probe, drain
//                            node: life of the node  -> probe_answered, drained
//   worker_process_started, _refused, _ended, worker_output
//   (-> worker_output_taken), output_flushed, log_read
//                                                     worker_pool
//   object_created, object_refused, room_given, room_refused, store_usage,
//   space_wanted, object_spilled, object_not_restored object_store
//   object_fetched, object_not_fetched, object_not_stored, read_object
//   (-> object_place), object_read                    object_transfer
#include "wire/node_messages.hpp"
#include "wire/tags.hpp"
// object_store  (object_store/object_store.hpp; own thread)
//   create_object    -> object_created | object_refused
//   give_room        -> room_given | room_refused
//   seal_objects, abort_object, free_objects, return_room, client_gone
//   ask_store_usage  -> store_usage
//   spill_object, free_place, drop_file, restore_object, no_more_space
//                    local_scheduler: what leaves the arena, and comes back
//   from the local_scheduler for clients, from object_transfer for fetches.
#include "wire/spill_messages.hpp"
#include "wire/store_messages.hpp"
// object_transfer  (object_transfer/object_transfer.hpp; threads of its own)
//   fetch_object     local_scheduler: bring a copy here
//   node_address     node_agent: where a node's gate is
//   fetch_program    worker_pool -> program_fetched | program_not_fetched
//
// worker_pool  (worker_pool/worker_pool.hpp; one permanent thread)
//   start_worker_process, end_worker_process, job_program, job_program_over,
//   flush_output (-> output_flushed), read_log (-> log_read)
//                                                     local_scheduler
//   read_program     object_transfer -> program_files
//
// node_agent  (node/node_agent.hpp)
//   membership_news  local_scheduler: registered, refused, joined, dead
//   peer_link_lost   local_scheduler: a connection is gone
//
// global_scheduler  (global_scheduler/global_scheduler.hpp; only in the head)
//   control_from     local_scheduler: a node's control message; answers go to
//                    the node's root actor as (control, bytes)
//   link_lost        local_scheduler: that node's connection is gone
//   metrics_told     local_scheduler: what programs of a node have counted
//   ask_cluster      dashboard: a query -> std::string, its JSON
//   survey           state_desk: ask nodes                   -> survey_answer
//
// state_desk  (global_scheduler/state_desk.hpp; own thread; only in the head)
//   state_asked      global_scheduler: a query about the state -> JSON
//
// dashboard  (dashboard/dashboard.hpp; only in the head)
//   asked            its HTTP thread: a query for global_scheduler; the answer
//                    goes back to that thread
#include "wire/actor_messages.hpp"
// control_store  (control_store/control_store.hpp; only in the head; the only
// one that talks to Redis)
//   open_store, next_node_index, next_job_number, sync_store, list_store,
//   close_store      -> answers; global_scheduler and node
//   put_entity, put_actor_name, mirror_tasks, mirror_objects
//                    global_scheduler: written in order, without an answer
#include "wire/control_store_messages.hpp"
// client  (driver/client_actor.hpp; own thread; in drivers and workers)
//   lane, credit     bytes   its node: records
//   welcome          JSON    its node: answer to attach
