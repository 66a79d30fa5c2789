#pragma once

#include "local_scheduler/machine.hpp"
#include "local_scheduler/metric_book.hpp"
#include "local_scheduler/mirror_batch.hpp"
#include "local_scheduler/reader_book.hpp"
#include "local_scheduler/scheduler_link.hpp"
#include "local_scheduler/scheduler_options.hpp"
#include "transport/task_path_actor.hpp"
#include "wire/node_messages.hpp"
#include "wire/spill_messages.hpp"
#include "wire/store_messages.hpp"

#include <caf/message_handler.hpp>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace rayd {

// The actor around local_scheduler_machine, and the root actor of a node's
// process: everything that other processes send arrives here. It has a thread
// of its own (see task_path_actor). It keeps one scheduler_link for each
// connection, turns records into events and effects into records, and passes
// on what is for others: control messages to the node agent or, in the head,
// to the global scheduler; space in the store for clients to the object store.
//
// All that a turn produces goes out at its end, in one batch for each link.
// A link without credit keeps what waits; values for processes stay in the
// directory until there is credit, so that a stopped reader costs nothing but
// the records that exist anyway.
class local_scheduler : public task_path_actor, private effects {
public:
  local_scheduler(caf::actor_config& config, local_scheduler_options options);

  const char* name() const override { return "local-scheduler"; }

protected:
  // -- task_path_actor --------------------------------------------------------
  void on_message(caf::atom_value tag, std::string& bytes,
                  const caf::strong_actor_ptr& from) override;
  void on_down(const caf::actor_addr& who, const caf::error& why) override;
  caf::behavior make_local_behavior() override;
  bool on_turn_end() override;
  std::optional<clock::time_point> next_deadline() override;

private:
  using link_table = std::map<caf::actor_addr, std::unique_ptr<scheduler_link>>;

  // -- effects ----------------------------------------------------------------
  void to_process(process_id to, lane_record record) override;
  void to_node(node_index to, lane_record record) override;
  void start_worker(job_number job, const worker_setting& setting) override;
  void end_worker(process_id worker, const std::string& reason) override;
  void free_local(const std::vector<object_id>& ids) override;
  void fetch(const object_id& id, std::uint64_t size_bytes,
             const std::vector<node_index>& holders) override;
  void to_head(const control_message& message) override;
  void spill(const object_id& id) override;
  void free_place(const object_id& id) override;
  void drop_file(const object_id& id) override;
  void restore(const object_id& id, std::uint64_t size_bytes) override;
  void no_more_space(std::uint64_t serial, bool later) override;
  void claim_name(const task_spec& creation) override;
  void actor_changed(const task_spec& creation, const char* state,
                     node_index node, const std::string& reason,
                     std::int32_t restarts) override;
  void record_task(task_record record) override;
  void record_object(object_record record) override;

  void now(); ///< Something arrived: sets the machine's time.
  caf::message_handler life_messages();
  caf::message_handler store_messages();

  // -- scheduler_space.cpp: the store is full, objects come back --------------
  caf::message_handler space_messages();
  void on_read(const object_id& id, const caf::strong_actor_ptr& reader);
  void answer_readers(const object_id& id);
  void answer_reader(const object_id& id, const caf::actor_addr& reader);
  void reader_gone(const caf::actor_addr& reader);

  // -- scheduler_attach.cpp: links come, say who they are, and go -------------
  void on_accepted(const link_accepted& peer);
  void on_link(std::uint64_t number, const caf::strong_actor_ptr& from);
  void on_attach(scheduler_link& link, const std::string& text);
  void attach_driver(scheduler_link& link, const std::string& text);
  void attach_worker(scheduler_link& link, std::uint64_t token);
  void on_job_given(const job_given& given);
  void refuse(scheduler_link& link, const std::string& why);
  void welcome(scheduler_link& link);
  void on_peer(scheduler_link& link, const std::string& text);
  void on_dialled(const link_dialled& dialled);
  scheduler_link& add_link(const caf::strong_actor_ptr& root,
                           std::shared_ptr<lane_memory> shared);
  void join_peer(scheduler_link& link, node_index node);
  void lose(scheduler_link& link, const std::string& why);
  void on_worker_ended(const worker_process_ended& ended);
  void worker_gone(process_id process);
  void on_joined(const cluster_joined& joined);
  void on_node_dead(const node_is_dead& dead);
  void on_drain();
  void answer_drain();
  void probe(const run_probe& run);
  void probe_record(const lane_record& record);
  void end_probe();

  // -- scheduler_records.cpp: what arrives in lanes ---------------------------
  bool receive(scheduler_link& link);
  bool receive_shared();
  void cut_off(scheduler_link& link, const std::string& why);
  void on_node_record(scheduler_link& link, lane_record&& record);
  void on_client_record(scheduler_link& link, lane_record&& record);
  void on_query(scheduler_link& link, const client_query& query);
  void send_values(process_id process);
  void flush();
  void flush_seals();
  void flush_wishes();

  // -- scheduler_output.cpp: what workers print -------------------------------
  caf::message_handler output_messages();
  void on_output(worker_output& output);
  bool pass_lines(worker_lines&& lines);
  void keep_untold(std::uint64_t token);
  void tell_untold(scheduler_link* at_once = nullptr, job_number job = 0);
  void on_flush_query(scheduler_link& link, std::uint64_t request);
  void on_flush(node_index from, const flush_lines& x);
  void flush_answered(std::uint64_t serial);
  void ask_logs(const cluster_query& query);
  std::string how_it_ended(const worker_process_ended& ended,
                           process_id process) const;

  // -- scheduler_control.cpp: the head ----------------------------------------
  void on_control(std::string& bytes, const caf::strong_actor_ptr& from);
  void on_head_message(control_message&& message);
  void on_name_answer(const actor_name_answer& answer);
  void ask_head(std::uint64_t request, const std::string& text);
  void on_answer(std::uint64_t request, const std::string& text,
                 const std::string& failure);
  void send_load(clock::time_point now);
  void send_mirror(clock::time_point now);
  void pass_mirror(mirror_records&& records, std::uint64_t link,
                   const caf::strong_actor_ptr& root);
  scheduler_link* head_link();

  // -- scheduler_metrics.cpp --------------------------------------------------
  void send_metrics(clock::time_point now);
  void pass_metrics(node_index node, metric_report&& report);

  bool begun() const noexcept { return machine_ != nullptr; }
  scheduler_link* link_of(process_id process);
  scheduler_link* link_to(node_index node);

  local_scheduler_options options_;
  local_scheduler_neighbours neighbours_;
  std::unique_ptr<local_scheduler_machine> machine_;
  std::uint64_t epoch_ = 0;
  std::string cluster_id_;

  link_table links_;
  /// Let in and not heard from yet, by number; since when.
  std::map<std::uint64_t, std::pair<clock::time_point, link_accepted>>
    accepted_;
  std::map<process_id, scheduler_link*> processes_;
  std::map<node_index, scheduler_link*> peers_;
  std::map<node_index, std::vector<lane_record>> early_; ///< Not linked yet.
  std::vector<node_index> dead_nodes_;
  caf::strong_actor_ptr head_; ///< Root of the head; null in the head itself.
  std::uint64_t last_link_ = std::uint64_t{1} << 63;

  struct worker_process {
    job_number job = 0;
    worker_setting setting;
    std::int64_t pid = 0;
    process_id process = 0; ///< Once attached.
    bool link_down = false; ///< Nothing more comes from it.
    std::string how;        ///< Once ended.
    /// Lines that found no room in lanes, of standard output and error.
    std::uint64_t left_out[2] = {0, 0};
    std::string log;
  };
  std::map<std::uint64_t, worker_process> pool_; ///< By token.
  std::random_device random_; ///< Tokens of workers.
  process_id last_process_ = 0;
  process_id probe_ = 0; ///< The node itself as the probe's driver.
  bool probe_over_ = false;
  caf::strong_actor_ptr prober_;

  std::deque<worker_lines> untold_; ///< Counts of lines of ended workers.
  /// Somebody waits for all lines of a job: a driver, or another node.
  struct output_flush {
    job_number job = 0;
    process_id driver = 0;
    node_index node = 0;
    std::uint64_t request = 0; ///< The asker's.
    std::size_t missing = 1;   ///< Answers of our pool and of other nodes.
  };
  std::map<std::uint64_t, output_flush> flushes_; ///< At most flushes_max.
  std::uint64_t last_flush_ = 0;

  struct question {
    caf::actor_addr asker;
    process_id process = 0; ///< 0: the command line.
    std::uint64_t request = 0;
  };
  std::map<std::uint64_t, question> questions_;
  std::map<std::uint64_t, object_id> claims_;
  std::map<std::uint64_t, std::pair<caf::actor_addr, std::string>> begins_;
  std::uint64_t last_request_ = 0;

  reader_book<caf::actor_addr> readers_; ///< Those of the transfer.
  std::vector<seal_object> seals_;
  std::vector<create_object> creations_; ///< For the store, after this turn,
  std::vector<give_room> rooms_;         ///< as are these.
  std::vector<process_id> starved_; ///< Values wait for credit.
  mirror_batch mirror_;
  metric_book metrics_;
  std::uint64_t load_sequence_ = 0;
  node_load last_load_;
  clock::time_point load_sent_{};
  clock::time_point usage_asked_{}; ///< Of the store.
  clock::time_point mirror_sent_{};
  clock::time_point metrics_due_{};
  clock::time_point ticked_{};
  std::chrono::milliseconds heartbeat_{1000};
  bool busy_ = false;         ///< Something happened in this turn.
  bool load_changed_ = false; ///< Since the last load, maybe.
  bool draining_ = false;
  caf::strong_actor_ptr drainer_;
};

} // namespace rayd
