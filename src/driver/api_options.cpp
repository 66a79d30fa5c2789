#include <ray/errors.hpp>
#include <ray/detail/actor_state.hpp>
#include <ray/options.hpp>

#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace ray::detail {

namespace {

void refuse(bool used, const char* field, const char* default_value) {
  if (used)
    throw wrong_type(std::string{"ray::with::"} + field
                     + " does not work yet: leave it at its default, "
                     + default_value);
}

void check_amount(const std::string& field, double amount) {
  // 2^40 ten-thousandths leave room to add up any number of nodes.
  if (!std::isfinite(amount) || amount < 0 || amount > 1e8)
    throw wrong_type("ray::with::" + field + " is " + std::to_string(amount)
                     + ", but must be from 0 to 100000000");
}

/// An environment that a process can be started with.
void check_env(const std::map<std::string, std::string>& env) {
  constexpr std::size_t bytes_max = 64 * 1024;
  std::size_t bytes = 0;
  for (const auto& [name, value] : env) {
    const auto field = "ray::with::env[\"" + name + "\"]";
    const auto no_name = std::string_view{"=\0", 2};
    if (name.empty() || name.find_first_of(no_name) != std::string::npos)
      throw wrong_type(field + " is no name of an environment variable: it "
                               "must not be empty, nor hold '=' or a NUL");
    if (value.find('\0') != std::string::npos)
      throw wrong_type(field + " holds a NUL, which no environment variable "
                               "can");
    if (name.starts_with("RAYD_"))
      throw wrong_type(field + " is rayd's own: choose a name that does not "
                               "begin with RAYD_");
    bytes += name.size() + value.size() + 2;
  }
  if (bytes > bytes_max)
    throw wrong_type("ray::with::env takes " + std::to_string(bytes)
                     + " bytes, but may have " + std::to_string(bytes_max)
                     + ": put what is larger into an object");
}

void refuse_actor_options(const with& options) {
  const auto refuse_here = [](bool used, const char* field) {
    if (used)
      throw wrong_type(std::string{"ray::with::"} + field
                       + " is an option of actors: leave it at its default "
                         "for a task");
  };
  refuse_here(options.max_restarts != 0, "max_restarts");
  refuse_here(options.max_task_retries != 0, "max_task_retries");
  refuse_here(options.max_concurrency != 1, "max_concurrency");
  refuse_here(options.max_pending_calls != -1, "max_pending_calls");
  refuse_here(options.lifetime != lifetime::job, "lifetime");
  refuse_here(options.get_if_exists, "get_if_exists");
  refuse_here(options.shared, "shared");
}

void check_actor_options(const with& options) {
  const auto check = [](int value, int least, int most, const char* field) {
    if (value < least || value > most)
      throw wrong_type(std::string{"ray::with::"} + field + " is "
                       + std::to_string(value) + ", but must be from "
                       + std::to_string(least) + " to "
                       + std::to_string(most));
  };
  constexpr int many = 1'000'000'000;
  check(options.max_restarts, -1, many, "max_restarts");
  check(options.max_task_retries, -1, many, "max_task_retries");
  check(options.max_concurrency, 1, 1000, "max_concurrency");
  check(options.max_pending_calls, -1, many, "max_pending_calls");
  if (options.shared && options.num_gpus != 0)
    throw wrong_type("ray::with::shared and num_gpus exclude each other: a "
                     "process sees the same GPUs all its life, so an actor "
                     "with GPUs needs one of its own");
  if (options.shared && options.max_concurrency != 1)
    throw wrong_type("ray::with::shared and max_concurrency exclude each "
                     "other: the actors of a shared process have few threads "
                     "for all of them, and each runs one call at a time");
  if (options.get_if_exists && options.name.empty())
    throw wrong_type("ray::with::get_if_exists looks for the actor of a name: "
                     "set ray::with::name, too");
}

} // namespace

void check_options(const with& options, bool actor) {
  if (options.num_cpus)
    check_amount("num_cpus", *options.num_cpus);
  for (const auto& [name, amount] : options.resources)
    check_amount("resources[\"" + name + "\"]", amount);
  if (options.max_retries < -1)
    throw wrong_type("ray::with::max_retries is "
                     + std::to_string(options.max_retries)
                     + ", but must be -1 (for ever) or more");
  if (options.timeout.count() < 0)
    throw wrong_type("ray::with::timeout is "
                     + std::to_string(options.timeout.count())
                     + " ms, but must be 0 (none) or more");
  if (actor) {
    refuse(options.timeout.count() != 0, "timeout for actors", "0");
    refuse(options.retry_exceptions, "retry_exceptions for actors", "false");
    refuse(options.max_retries != with{}.max_retries, "max_retries for actors",
           "3; it is an option of tasks");
  }
  if (options.num_gpus > 1 && options.num_gpus != std::floor(options.num_gpus))
    throw wrong_type("ray::with::num_gpus is "
                     + std::to_string(options.num_gpus)
                     + ", but must be a share of one GPU, or a whole number");
  if (actor)
    check_actor_options(options);
  else
    refuse_actor_options(options);
  if (options.durable && (!actor || options.max_restarts == 0))
    throw wrong_type("ray::with::durable is for actors that restart: set "
                     "max_restarts, too");
  if (options.durable && options.max_concurrency != 1)
    throw wrong_type("ray::with::durable wants a state that one call at a time "
                     "changes: leave max_concurrency at 1");
  check_env(options.env);
  if (!options.labels.empty()
      && std::holds_alternative<group_bundle>(options.scheduling.wish()))
    throw wrong_type("ray::with::labels have no meaning in a bundle, whose "
                     "node is chosen with its group: leave one of them away");
}

void refuse_durable(std::string_view type) {
  throw wrong_type("ray::with::durable wants the actor's state: give "
                   + std::string{type}
                   + " an inspect function, template <class Inspector> friend "
                     "auto inspect(Inspector& f, "
                   + std::string{type} + "& x) { return f(x.a, x.b); }");
}

void refuse_durable_behavior(std::string_view behavior) {
  throw wrong_type("ray::with::durable wants the behaviour's state: let "
                   + std::string{behavior}
                   + " take a caf::stateful_actor<State>*, and give State an "
                     "inspect function");
}

void refuse_references(std::string_view type) {
  throw wrong_type("the state of the durable " + std::string{type}
                   + " holds references to objects or actors, which its "
                     "snapshots cannot keep: hold values");
}

void check_behavior_options(const with& options) {
  if (options.max_concurrency != 1)
    throw wrong_type("ray::with::max_concurrency is for class actors: a CAF "
                     "behaviour takes one message after the other");
  check_options(options, true);
}

} // namespace ray::detail
