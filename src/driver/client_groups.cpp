// Placement groups.

#include "driver/client.hpp"

#include <ray/errors.hpp>
#include <ray/options.hpp>

namespace rayd {

using ray::detail::object_handle;

namespace {

resource_set resources_of(const ray::bundle& bundle) {
  resource_set set;
  for (const auto& [name, amount] : bundle.resources)
    set.set(name, amount);
  if (bundle.num_cpus != 0)
    set.set("CPU", bundle.num_cpus);
  if (bundle.num_gpus != 0)
    set.set("GPU", bundle.num_gpus);
  if (bundle.memory != 0)
    set.set("memory", static_cast<double>(bundle.memory));
  return set;
}

} // namespace

object_handle client::make_group(const std::vector<ray::bundle>& bundles,
                                 ray::strategy how, const std::string& name) {
  require_open();
  rayd::make_group made;
  made.group = frame().next_child(identity_.node, identity_.job);
  made.job = identity_.job;
  for (const auto& bundle : bundles)
    made.bundles.push_back(resources_of(bundle));
  made.strategy = static_cast<std::uint8_t>(how);
  made.name = name;
  auto* state = new object_state{table_, made.group};
  state->announced = true;
  table_.insert(*state);
  object_handle handle{state};
  table_.unfinished.fetch_add(1);
  send(std::move(made), push::now);
  if (ended_.load(std::memory_order_acquire))
    throw_ended();
  return handle;
}

void client::remove_group(const object_handle& group) {
  require_open();
  send(rayd::remove_group{group.id()}, push::now);
}

} // namespace rayd
