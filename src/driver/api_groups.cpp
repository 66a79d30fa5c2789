#include <ray/detail/runtime.hpp>
#include <ray/errors.hpp>
#include <ray/placement_group.hpp>

#include <cmath>
#include <string>

namespace ray {

namespace {

const detail::object_handle& handle_of(const object_ref<void>& ready) {
  if (!ready)
    throw object_lost("this ray::group names no placement group: make it with "
                      "ray::placement_group");
  return ready.handle();
}

void check_amount(const std::string& what, double amount) {
  if (!std::isfinite(amount) || amount < 0 || amount > 1e8)
    throw wrong_type("ray::bundle::" + what + " is " + std::to_string(amount)
                     + ", but must be from 0 to 100000000");
}

} // namespace

scheduling_strategy group::bundle(std::size_t index) const {
  const auto& id = handle_of(ready_).id();
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const auto part : {id.hi, id.lo})
    for (int shift = 60; shift >= 0; shift -= 4)
      text += digits[(part >> shift) & 15];
  return group_bundle{std::move(text), index};
}

void group::remove() {
  detail::current_runtime().remove_group(handle_of(ready_));
}

group placement_group(std::vector<bundle> bundles, strategy how,
                      std::string name) {
  if (bundles.empty() || bundles.size() > 10'000)
    throw wrong_type("a placement group has from 1 to 10000 bundles, not "
                     + std::to_string(bundles.size()));
  for (const auto& each : bundles) {
    check_amount("num_cpus", each.num_cpus);
    check_amount("num_gpus", each.num_gpus);
    for (const auto& [resource, amount] : each.resources)
      check_amount("resources[\"" + resource + "\"]", amount);
    if (each.num_cpus == 0 && each.num_gpus == 0 && each.memory == 0
        && each.resources.empty())
      throw wrong_type("a bundle of a placement group asks for nothing");
  }
  return group{object_ref<void>{
    detail::current_runtime().make_group(bundles, how, name)}};
}

} // namespace ray
