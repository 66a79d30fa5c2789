#pragma once

#include "base/ids.hpp"

#include <ray/detail/invocation.hpp>
#include <ray/detail/runtime.hpp>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace rayd {

class inline_runtime;

/// A value, or an actor, of a program that runs without a cluster. Only
/// behaviours leave one pending after submit() returned.
class inline_object final : public ray::detail::local_object {
public:
  inline_object(const object_id& id, std::shared_ptr<inline_runtime> owner)
    : local_object(id), owner_(std::move(owner)) {}

  // -- under the runtime's lock -----------------------------------------------

  ray::detail::stored_value value; ///< Missing: pending.
  std::vector<ray::detail::object_handle> nested; ///< Kept by the value.
  std::vector<std::function<void(ray::detail::stored_value)>> waiting;

  // -- of an actor ------------------------------------------------------------

  std::shared_ptr<void> instance;
  std::string name;
  std::string interface;
  std::string death; ///< Encoded failure of its later calls; "": it lives.
  bool exits = false; ///< It ends after the call that runs.

private:
  void last_copy_gone() noexcept override;

  std::shared_ptr<inline_runtime> owner_;
};

/// The runtime of `init` with the address "inline": every task, constructor
/// and method runs in the thread that submits it, before the call returns, so
/// that a debugger sees the whole program as one stack. There is no node, no
/// other process and no shared memory; numbers of CPUs and retries mean
/// nothing. What is thrown, and where it arrives, is as on a cluster.
class inline_runtime final
  : public ray::detail::runtime,
    public std::enable_shared_from_this<inline_runtime> {
public:
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
  /// Whatever could be cancelled has run.
  void cancel(const ray::detail::object_handle&, bool) override {}
  std::vector<ray::node_info> nodes() override;
  std::map<std::string, double> resources(bool available) override;
  /// There is nothing to reserve: it is ready at once.
  ray::detail::object_handle make_group(const std::vector<ray::bundle>& bundles,
                                        ray::strategy how,
                                        const std::string& name) override;
  void remove_group(const ray::detail::object_handle&) override {}
  ray::context current_context() override;
  caf::actor_system& system() override;
  void exit_actor() override;

private:
  friend class inline_object;
  friend class inline_invocation;
  friend class inline_arrivals;

  ray::detail::object_handle make(bool put);
  void require_open() const;
  void complete(const ray::detail::object_handle& object,
                ray::detail::invocation_result&& result);
  void settle(inline_object& object, ray::detail::stored_value value,
              std::vector<ray::detail::object_handle> nested);
  void run(ray::detail::submission& work,
           const ray::detail::object_handle& result);
  void name_actor(const ray::detail::submission& work, inline_object& actor);
  void forget(inline_object& object) noexcept;

  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::unordered_map<object_id, inline_object*> objects_;
  std::map<std::string, object_id> names_;
  std::uint64_t counter_ = 0;
  bool ended_ = false;
};

} // namespace rayd
