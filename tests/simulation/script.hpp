#pragma once

#include "base/ids.hpp"
#include "base/resources.hpp"
#include "global_scheduler/types.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// Random programs: what a driver, a task or an actor does, decided step by
// step from a seed and from nothing else, so that a run in the cluster and a
// plain recursive evaluation take the same steps and must get the same values.

namespace rayd::simulation {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept;

/// A reference inside a value or argument; an actor's handle knows its seed.
struct nested_ref {
  object_id id;
  std::uint64_t actor_seed = 0; ///< 0: an object.
};

/// What values hold; the references' ids stand in object_value::nested.
struct payload {
  std::uint64_t number = 0;
  std::int32_t attempt = 0; ///< That made it; of an actor's answer: -1.
  std::vector<nested_ref> nested;
};

/// What it adds to a number that is made of it: answers of actors depend on
/// how often tasks ran, so they add nothing.
inline std::uint64_t weight(const payload& value) {
  return value.attempt < 0 ? 0 : value.number;
}

std::string encode(const payload& value);
payload decode_payload(const std::string& bytes);

/// What a task_spec's arguments hold.
struct task_arguments {
  std::uint64_t seed = 0;
  std::uint32_t size = 1; ///< Tasks that it may make, itself included.
  std::vector<nested_ref> nested;
};

std::string encode(const task_arguments& arguments);
task_arguments decode_arguments(const std::string& bytes);

struct step {
  enum class kind : std::uint8_t {
    compute,
    submit,
    put,
    get,
    drop,
    spawn,
    call, ///< By the actor's maker: counted.
    peek, ///< By any holder of a handle.
    kill,
    finish,
  };

  kind what = kind::finish;
  time_us duration = 0;
  std::size_t slot = 0;              ///< get, drop, call, peek, kill.
  std::uint64_t seed = 0;            ///< submit, put, spawn.
  std::uint32_t size = 1;            ///< submit.
  std::vector<std::size_t> values;   ///< Slots passed as dependencies.
  std::vector<std::size_t> nested;   ///< Slots passed as references.
  resource_set demand;               ///< submit, spawn.
  std::int32_t max_retries = -1;
  bool stored = false; ///< put, finish: by the store, not inline.
  bool fails = false;  ///< finish: with an error of its own.
  bool named = false;  ///< spawn: with a name that others may have.
};

struct script_limits {
  bool bounded_retries = false; ///< Some tasks may not be retried for ever.
  bool actors = true;
};

/// One activation: asks for the next step and is told what slots came of it.
class script {
public:
  struct slot {
    bool live = true;
    bool actor = false;
    bool own = false;    ///< An actor that this activation made.
    bool got = false;    ///< Its value was taken.
  };

  script(std::uint64_t seed, std::uint32_t size, bool driver,
         script_limits limits);

  step next();

  /// A step made or found a reference. @returns its number.
  std::size_t add(bool actor, bool own);
  const std::vector<slot>& slots() const noexcept { return slots_; }
  bool full() const noexcept { return slots_.size() >= 24; }

private:
  step submit(std::uint32_t size);
  step actor_step();
  step finish();
  bool pick(bool actor, bool own, std::size_t& chosen);
  bool pick_ungot(std::size_t& chosen);
  std::vector<std::size_t> some(std::size_t most, bool values_only);
  resource_set demand(bool leaf);
  bool roll(std::uint32_t percent) { return dice_.below(100) < percent; }

  dice dice_;
  std::uint32_t size_;
  bool driver_;
  script_limits limits_;
  std::uint32_t steps_left_ = 0;
  std::uint32_t burst_left_ = 0;
  time_us pace_ = 100;
  bool gather_ = false;
  std::vector<slot> slots_;
};

/// What a value must be.
struct expected {
  bool failed = false;
  bool open = false; ///< Depends on more than the seed: any value will do.
  std::uint64_t number = 0;
  std::uint64_t actor_seed = 0;
  std::vector<std::shared_ptr<expected>> nested;
};

using expectation = std::shared_ptr<const expected>;

/// The value of a task, by plain recursion.
std::shared_ptr<expected>
evaluate(std::uint64_t seed, std::uint32_t size, script_limits limits,
         const std::vector<std::shared_ptr<expected>>& values,
         const std::vector<std::shared_ptr<expected>>& nested);

/// Numbers that actors answer.
std::uint64_t call_answer(std::uint64_t actor_seed, std::uint64_t call);
std::uint64_t peek_answer(std::uint64_t actor_seed);

} // namespace rayd::simulation
