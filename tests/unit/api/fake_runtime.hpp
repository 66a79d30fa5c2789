#pragma once

#include <ray/detail/invocation.hpp>
#include <ray/detail/runtime.hpp>
#include <ray/session.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

/// A runtime within the test: tasks and calls run when they are submitted, on
/// the caller's thread, through the same keys and bytes as between processes.
class fake_runtime : public ray::detail::runtime {
public:
  using object_handle = ray::detail::object_handle;
  using object_id = ray::detail::object_id;
  using stored_value = ray::detail::stored_value;

  /// What the cluster would keep of one object.
  struct record {
    stored_value value;
    std::vector<object_handle> nested;
    std::vector<std::function<void(stored_value)>> waiting;
    std::size_t references = 0;
    bool killed = false;
    std::string name, interface;
    std::shared_ptr<void> instance;
  };

  void end() noexcept override;
  object_handle submit(ray::detail::submission&& work) override;
  std::shared_ptr<ray::detail::reservation> reserve(std::size_t size) override;
  object_handle seal(const std::shared_ptr<ray::detail::reservation>& room,
                     std::vector<object_handle> nested) override;
  std::vector<stored_value> get(std::span<const object_handle> objects,
                                ray::detail::deadline until) override;
  std::vector<bool> wait(std::span<const object_handle> objects,
                         std::size_t count,
                         ray::detail::deadline until) override;
  std::unique_ptr<ray::detail::arrivals>
  watch(std::vector<object_handle> objects) override;
  void when_ready(const object_handle& object,
                  std::function<void(stored_value)> done) override;
  object_handle retain(const object_id& id) override;
  object_handle find_actor(std::string_view name,
                           std::string_view interface) override;
  void kill(const object_handle& actor) override;
  void cancel(const object_handle&, bool) override {}
  std::map<std::string, double> resources(bool) override { return {}; }
  ray::detail::object_handle make_group(const std::vector<ray::bundle>&,
                                        ray::strategy,
                                        const std::string&) override {
    return {};
  }
  void remove_group(const ray::detail::object_handle&) override {}
  std::vector<ray::node_info> nodes() override;
  ray::context current_context() override;
  caf::actor_system& system() override;
  std::shared_ptr<ray::detail::hosted_actor> actor_being_made() override;
  void actor_ended(std::string failure);
  void keep_state(std::string state) {
    const std::lock_guard guard{lock_};
    states_.push_back(std::move(state));
  }
  void exit_actor() override {}

  /// An object whose value never comes, until set() is called.
  object_handle pending();
  void set(const object_id& id, ray::detail::invocation_result&& result);
  void drop_reference(const object_id& id) noexcept;

  std::size_t live_objects();

  /// For what another thread is about to let go: false after some seconds.
  bool becomes_empty();

  /// All states that were kept, oldest first.
  std::vector<std::string> states() {
    const std::lock_guard guard{lock_};
    return states_;
  }

  /// What actor_ended() was given; empty when it is not called for seconds.
  std::string end_of_actor();

  std::size_t store_limit = std::size_t{1} << 30;
  std::size_t reserved = 0; ///< Number of calls.
  std::size_t submitted = 0;
  std::size_t last_argument_bytes = 0;
  std::size_t last_dependencies = 0;
  std::string last_name;
  bool ended = false;
  bool own_threads = true; ///< Of behaviours; false: as in a shared process.
  bool durable = false;     ///< Behaviours keep their state.
  std::string snapshot;     ///< What the next creation begins with.
  std::atomic<int> gone{0};     ///< Behaviours that were let go and ended.
  std::atomic<int> entered{0}, left{0}; ///< Runs of such behaviours' code.

private:
  object_handle make(const std::shared_ptr<record>& what);
  stored_value value_of(const object_id& id);

  std::mutex lock_;
  std::condition_variable changed_;
  std::uint64_t next_ = 1;
  std::string ended_failure_;
  std::vector<std::string> states_;
  std::map<object_id, std::shared_ptr<record>> records_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
};

/// True when *text* has *part* in it.
inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// A session on a fake_runtime for the time of a test.
struct fake_session {
  fake_session();
  ~fake_session();

  std::shared_ptr<fake_runtime> process;
};
