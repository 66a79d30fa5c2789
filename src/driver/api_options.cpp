#include <ray/errors.hpp>
#include <ray/options.hpp>

#include <cmath>
#include <string>

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
  if (actor)
    refuse(options.max_retries != with{}.max_retries, "max_retries for actors",
           "3; it is an option of tasks");
  refuse(options.num_gpus != 0, "num_gpus", "0");
  refuse(options.memory != 0, "memory", "0");
  refuse(options.priority != 0, "priority", "0");
  refuse(options.timeout.count() != 0, "timeout", "0");
  refuse(options.retry_exceptions, "retry_exceptions", "false");
  refuse(options.max_restarts != 0, "max_restarts", "0");
  refuse(options.max_task_retries != 0, "max_task_retries", "0");
  refuse(options.max_concurrency != 1, "max_concurrency", "1");
  refuse(options.max_pending_calls != -1, "max_pending_calls", "-1");
  refuse(options.lifetime != lifetime::job, "lifetime", "lifetime::job");
  refuse(options.get_if_exists, "get_if_exists", "false");
  refuse(options.durable, "durable", "false");
  refuse(options.shared, "shared", "false");
  refuse(!options.env.empty(), "env", "none");
}

} // namespace ray::detail
