#pragma once

#include "local_scheduler/types.hpp"
#include "local_scheduler/worker_setting.hpp"
#include "script.hpp"
#include "timeline.hpp"
#include "wire/lane_records.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rayd::simulation {

class world;
class node;

/// A client process as the node sees it: a driver that runs its program, or a
/// worker that runs tasks or hosts an actor. It speaks the protocol of the
/// real client runtime: counts its references, wants what it gets, says when
/// it blocks, gives back what it has not begun.
class process : public std::enable_shared_from_this<process> {
public:
  process(world& all, node& at, process_id id, job_number job, bool driver);

  void begin(std::uint64_t seed, std::uint32_t size); ///< A driver's program.
  void on_record(lane_record&& record);

  /// It ends without another word.
  void crash() { alive_ = false; }

  bool alive() const noexcept { return alive_; }
  bool driver() const noexcept { return driver_; }
  bool busy() const noexcept { return alive_ && now_; }

  /// A driver's program is over and it holds nothing any more.
  bool done() const noexcept { return done_; }
  process_id id() const noexcept { return id_; }
  job_number job() const noexcept { return job_; }

  /// The driver closes its connection.
  void leave();

  bool holds(const object_id& id) const { return held_.contains(id); }
  const object_value* value_of(const object_id& id) const;

  /// What runs now and has not blocked yet; nothing while it waits.
  const task_spec* running() const;
  std::string describe() const;

  /// What it runs and waits for, for people.
  std::string state() const;

  std::shared_ptr<stream> to_node;
  std::shared_ptr<stream> from_node;
  worker_setting setting; ///< Of a worker.

private:
  struct slot {
    object_id id;
    std::uint64_t actor_seed = 0;
    std::uint64_t calls = 0;           ///< Of an own actor.
    std::uint64_t answer = 0;          ///< Of a call: what must come; 0: any.
    object_id actor;                   ///< Of a call.
    std::shared_ptr<expected> expects; ///< In drivers.
    bool unsure = false; ///< Of an actor that may be dead or another's.
  };
  struct activation {
    task_spec spec;
    std::int32_t attempt = 0;
    script steps;
    std::vector<slot> slots;
    std::uint64_t number = 0;
    std::uint64_t children = 0;
    std::optional<std::size_t> waits_for; ///< A slot.
    bool blocked_before = false;
    std::uint64_t wait = 0; ///< Numbers those of this process.
  };

  // -- running ----------------------------------------------------------------
  void go_on();
  void after(time_us delay);
  void start(run_task&& task);
  bool take(const step& s);
  void submit(const step& s);
  void put(const step& s);
  bool get(std::size_t index);
  bool opened(std::size_t index, const object_value& value);
  void spawn(const step& s);
  void call(const step& s, bool counted);
  void kill(const step& s);
  void finish(const step& s);
  void answer(object_value value);
  void answer_call(const run_task& task);
  std::uint64_t restored(const run_task& creating);
  void keep_state(const task_spec& call);
  void end_activation();

  // -- the client runtime -----------------------------------------------------
  void add_slot(slot x, bool own);
  void hold(const object_id& id, bool tell);
  void drop(const object_id& id);
  void check(const slot& x, const object_value& value);
  object_value make_value(payload content, bool stored);
  payload content_of(const object_id& id, const object_value& value) const;
  task_spec make_spec(task_kind kind);
  void pass(task_spec& spec, const step& s);
  std::vector<nested_ref> refs(const std::vector<std::size_t>& which) const;
  void send(lane_record record);
  void on_value(object_ready&& ready);
  std::vector<thread_wait> waits() const;
  void on_question(const give_back_places& question);
  void end_hosted(const object_id& actor);
  bool forget_place(const object_id& id);

  world& world_;
  node& node_;
  process_id id_;
  job_number job_;
  bool driver_;
  bool alive_ = true;
  bool done_ = false;
  std::uint64_t last_wait_ = 0;
  std::uint64_t turn_ = 0; ///< Continuations of earlier turns are void.

  std::map<object_id, int> held_;
  std::map<object_id, object_value> values_;
  std::set<object_id> wanted_;
  std::set<object_id> own_; ///< Submitted here: comes unasked.
  std::deque<run_task> queue_;
  std::optional<activation> now_;

  /// An actor that it hosts; only a shared process has several.
  struct hosted {
    std::uint64_t seed = 0;
    std::uint64_t calls = 0;
    std::set<object_id> ran; ///< Calls: each runs once in a life.
    std::int32_t life = 0;
    bool durable = false;
  };
  std::map<object_id, hosted> actors_;
  std::optional<actor_ended> goes_; ///< After what runs, this one is gone.
};

} // namespace rayd::simulation
