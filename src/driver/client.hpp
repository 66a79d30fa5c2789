#pragma once

#include "driver/blocked_waits.hpp"
#include "driver/line_printer.hpp"
#include "driver/object_table.hpp"
#include "driver/outbox.hpp"
#include "driver/questions.hpp"
#include "driver/room_pocket.hpp"
#include "driver/task_frame.hpp"
#include "driver/work_receiver.hpp"
#include "shared_memory/arena_view.hpp"
#include "shared_memory/lane_memory.hpp"
#include "transport/lane.hpp"

#include <ray/detail/runtime.hpp>

#include <caf/fwd.hpp>

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

// The driver room: what is inside every program that uses rayd, driver and
// worker alike. It implements the seam of include/ray/detail/runtime.hpp.
//
// `client` is a process attached to its node: a lane of records, the node's
// arena mapped, and a table of the objects that this process refers to. User
// threads submit, put and get by themselves and meet only short locks; the
// client actor (client_actor.hpp) has a thread that takes what the node sends
// and flushes what nobody else does. A get of an object that is there takes
// no lock. A thread that must wait is woken once, when all that it needs is
// there.
//
// attach.hpp makes a client, connect.cpp finds or starts the node that an
// address means, outbox.hpp groups records into batches, room_pocket.hpp is
// the store space that small puts are cut from. The public templates' own
// code (api_*.cpp) lies here, too.
//
// When the session ends or the node dies, whatever is blocked throws
// connection_failed with the reason; handles and views stay harmless.

namespace rayd {

/// What the node said when it let this process in.
struct client_identity {
  std::uint64_t process = 0;
  node_index node = 0;
  job_number job = 0;
  std::size_t lane_window = 0;
  std::string session_folder;
};

/// A lane in shared memory as the node gave it; both or none.
struct shared_lane {
  std::shared_ptr<bell_page> bells;
  std::shared_ptr<lane_memory> memory;
};

class client final : public ray::detail::runtime,
                     public std::enable_shared_from_this<client> {
public:
  /// @param shared Where the node keeps our lane; nothing: over BASP.
  client(std::shared_ptr<arena_view> arena, caf::actor_system& system,
         shared_lane shared);
  ~client() override;

  // -- runtime ----------------------------------------------------------------
  void end() noexcept override;
  ray::detail::object_handle submit(ray::detail::submission&& work) override;
  std::shared_ptr<ray::detail::reservation> reserve(std::size_t size) override;
  ray::detail::object_handle
  seal(const std::shared_ptr<ray::detail::reservation>& room,
       std::vector<ray::detail::object_handle> nested) override;
  std::vector<ray::detail::stored_value>
  get(std::span<const ray::detail::object_handle> objects,
      ray::detail::deadline until) override;
  std::vector<bool> wait(std::span<const ray::detail::object_handle> objects,
                         std::size_t count,
                         ray::detail::deadline until) override;
  std::unique_ptr<ray::detail::arrivals>
  watch(std::vector<ray::detail::object_handle> objects) override;
  void
  when_ready(const ray::detail::object_handle& object,
             std::function<void(ray::detail::stored_value)> done) override;
  ray::detail::object_handle retain(const object_id& id) override;
  ray::detail::object_handle find_actor(std::string_view name,
                                        std::string_view interface) override;
  void kill(const ray::detail::object_handle& actor) override;
  void cancel(const ray::detail::object_handle& object, bool force) override;
  std::vector<ray::node_info> nodes() override;
  std::map<std::string, double> resources(bool available) override;
  ray::detail::object_handle make_group(const std::vector<ray::bundle>& bundles,
                                        ray::strategy how,
                                        const std::string& name) override;
  void remove_group(const ray::detail::object_handle& group) override;
  ray::context current_context() override;
  caf::actor_system& system() override;
  std::shared_ptr<ray::detail::hosted_actor> actor_being_made() override;
  void exit_actor() override;

  /// Our node leaves a cluster that goes on without us.
  void set_node_ends_with_us() noexcept { node_ends_with_us_ = true; }

  /// The node sends what our workers print; before the session ends it is
  /// asked for the rest.
  void set_shows_lines() noexcept { shows_lines_ = true; }

  // -- for attach.hpp and client_actor.hpp ------------------------------------

  /// The node let us in; from now on the lane is open.
  void opened(client_identity identity, caf::strong_actor_ptr self,
              caf::strong_actor_ptr node);

  /// Called once by end(), in this order: closes the connection, ends what
  /// was started for it.
  void also_at_end(std::function<void()> close) {
    at_end_.push_back(std::move(close));
  }

  /// Messages of the node, on the actor's thread.
  void deliver(caf::atom_value tag, std::string& bytes);
  /// @returns True when more may wait.
  bool receive();

  /// The connection is gone: all that waits ends with this sentence.
  void fail(const std::string& reason);

  outbox& out() noexcept { return out_; }

  /// Wakes the client actor, which waits at it; outlives both.
  bell& alarm() noexcept { return alarm_; }

  // -- for the worker room ----------------------------------------------------

  const client_identity& identity() const noexcept { return identity_; }
  /// Before the client actor exists.
  void set_receiver(work_receiver* receiver) noexcept {
    worker_ = receiver;
    if (receiver != nullptr)
      receiver->attached(*this);
  }

  /// This process hosts that actor from now on; before its code runs.
  void set_actor(const task_spec& creation, std::int32_t attempt);

  /// Of what an actor that lives here makes outside of its calls.
  object_id parent_beside_calls(const actor_life& actor) const;

  /// The frame of threads that run no task; a worker changes it before work.
  task_frame& process_frame() noexcept { return process_frame_; }

  /// A value of *id* that came with a task; *owner* keeps inline bytes. The
  /// pin keeps a stored one in place.
  ray::detail::stored_value value_of(const object_id& id,
                                     const object_value& value,
                                     std::shared_ptr<const void> owner);

  /// *room* as the stored value of *task*; the node takes it over.
  object_value as_result(const std::shared_ptr<ray::detail::reservation>& room,
                         const object_id& task);

  /// An actor hosted here is gone: tells the node.
  void report_actor_ended(const object_id& actor, std::string failure,
                          bool for_good);

  /// Waits, at most for *limit*, until the node has read all sent so far.
  void settle(std::chrono::milliseconds limit) noexcept;

private:
  friend class room_reservation;

  struct wait_request;
  class arrivals_of;
  class actor_seat;
  struct kept_for_handles;
  client(std::shared_ptr<arena_view> arena, caf::actor_system& system,
         kept_for_handles& kept);

  [[noreturn]] void throw_ended() const;
  void require_open() const {
    if (ended_.load(std::memory_order_acquire))
      throw_ended();
  }
  void send(lane_record record, push how);
  task_frame& frame() noexcept;
  const actor_life& actor() noexcept;
  void require_patience(ray::detail::deadline until) const;
  task_spec make_spec(ray::detail::submission& work, task_frame& parent);
  ray::detail::object_handle submit_spec(task_spec&& spec);
  ray::detail::object_handle submit_or_find(const task_spec& spec);
  object_id large_id(bool& of_result);
  extent create_room(const object_id& object, std::size_t size);
  std::optional<extent> spare_extent(std::size_t size);
  void return_leftovers();
  ray::detail::stored_value
  look_at(const ray::detail::object_handle& object) const;
  void block(wait_request& request, ray::detail::deadline until);
  void add_waiter(wait_request& request, std::vector<object_id>& wants);
  void remove_waiter(wait_request& request);
  void came(object_state& state, std::vector<wait_link*>& calls,
            bool& want_here);
  void call(std::vector<wait_link*>& links, const std::string* failure);
  void wait_again(std::unique_ptr<wait_link>& link);
  bool check_lane();
  void await_lines() noexcept;
  answer ask(const std::string& text, std::chrono::milliseconds limit);

  void on(object_ready&& ready);
  void on(const give_back_places& places);
  void on(object_room&& room);
  void on(const spare_room& room);
  void on(query_answer&& answered);

  std::shared_ptr<arena_view> arena_; ///< Views keep it, too.
  caf::actor_system& system_;
  // Never freed: handles may outlive the session.
  const shared_lane& shared_;
  bell& alarm_;
  outbox& out_;
  object_table& table_;
  room_pocket pocket_;
  questions questions_;
  blocked_waits waits_;
  client_identity identity_;
  std::unique_ptr<lane> lane_;
  task_frame process_frame_;
  actor_life actor_; ///< Of a process with one actor.
  bool node_ends_with_us_ = false;
  bool shows_lines_ = false;
  line_printer printer_;
  work_receiver* worker_ = nullptr;
  std::vector<std::function<void()>> at_end_;

  const pid_t process_ = ::getpid(); ///< A fork's child is not this client.
  std::atomic<bool> ended_{false};
  mutable std::mutex reason_lock_;
  std::string reason_;
  std::mutex ending_;
};

} // namespace rayd
