#pragma once

#include "global_scheduler/global_scheduler.hpp"
#include "global_scheduler/log_question.hpp"
#include "global_scheduler/machine.hpp"
#include "global_scheduler/metric_table.hpp"
#include "global_scheduler/query_answer.hpp"
#include "global_scheduler/series_desk.hpp"
#include "global_scheduler/state_desk.hpp"
#include "global_scheduler/survey_book.hpp"
#include "global_scheduler/why.hpp"
#include "wire/actor_messages.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>

namespace rayd {

/// The global scheduler's actor: gives its machine events and does what that
/// wants done (global_scheduler.cpp), answers questions of people
/// (global_scheduler_queries.cpp).
struct global_scheduler_state : head_effects {
  static inline const char* name = "global-scheduler";

  void begin(caf::event_based_actor* selfptr, global_scheduler_options given);

  // -- message handlers -------------------------------------------------------
  void on_control(const control_from& x);
  void on_link_lost(const link_lost& x);
  void on_tick();
  void on_soon();
  caf::response_promise on_survey(const survey& asked);
  void on_metrics(const metrics_told& told);
  caf::response_promise on_asked(const ask_cluster& asked);

  // -- head_effects -----------------------------------------------------------
  void to_link(link_id to, control_message message) override;
  void store_node(const node_record& node) override;
  void store_job(const job_record& job) override;
  void store_actor(const actor_record& actor) override;
  void store_name(const std::string& text, const object_id& actor) override;
  void store_mirror(node_index home, const mirror_records& records) override;
  void take_node_index(ticket_id ticket) override;
  void take_job_number(ticket_id ticket) override;
  void sync_store(ticket_id ticket) override;
  void answer_query(link_id to, const cluster_query& query) override;
  void node_answered(node_index node, const cluster_answer& answer) override;

  void answer(link_id to, std::uint64_t request, const std::string& text);
  void answer_here(const control_message& message);
  void go_on(std::uint64_t number, const why_step& step);
  void look_up(std::uint64_t number);
  void find_task(const std::string& id,
                 std::function<void(const std::string&)> then);
  void forget_late_questions();
  void ask_desk(link_id to, const cluster_query& query);
  query_context context() const;
  void go_on_with_logs(std::uint64_t number, const log_step& step);

  template <class Ask>
  void take_number(ticket_id ticket, Ask ask);
  void store_refused(ticket_id ticket, const caf::error& why);
  void turn();
  void hurry();

  // -- what this actor remembers ----------------------------------------------
  caf::event_based_actor* self = nullptr;
  global_scheduler_options options;
  std::unique_ptr<head_machine> machine;
  std::map<link_id, caf::strong_actor_ptr> roots;
  std::mt19937_64 random{std::random_device{}()};
  time_us started = 0;

  /// A `rayd why` that waits for a node or the control store.
  struct question {
    link_id asker = 0;
    std::uint64_t request = 0;
    std::string id;
    node_index asked = 0;
    std::string before; ///< What the node before said.
    time_us until = 0;
  };
  std::map<std::uint64_t, question> questions;
  survey_book surveys; ///< Of the desk, which bounds them.
  caf::actor desk;
  /// Those about logs; their `id` is the whole query.
  std::map<std::uint64_t, question> log_requests;
  std::uint64_t last_question = 0; ///< And survey.
  /// Queries of the dashboard, which bounds how many there are.
  std::map<std::uint64_t, caf::response_promise> asked_here;
  series_desk series;
  metric_table metrics;
  bool hurried = false; ///< A soon is on its way.
};

/// Of the control store; also the patience with it.
inline constexpr std::chrono::seconds store_timeout{30};

/// The steady clock in microseconds.
time_us steady_now();

} // namespace rayd
