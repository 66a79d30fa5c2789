#pragma once

#include <ray/detail/codec_traits.hpp>
#include <ray/detail/decoder.hpp>
#include <ray/detail/encoder.hpp>
#include <ray/object_ref.hpp>
#include <ray/options.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace ray {

/// Resources reserved together on some nodes; made by placement_group(). Its
/// copies, also those in other processes, name the same group. It lives until
/// it is removed or its job ends, whether handles are left or not.
class group {
public:
  /// Names nothing.
  group() noexcept = default;
  explicit group(object_ref<void> ready) noexcept : ready_(std::move(ready)) {}

  /// There once all bundles are reserved; unschedulable when they never can
  /// be, or when the group was removed before.
  object_ref<void> ready() const { return ready_; }

  /// For with.scheduling: tasks and actors that take their resources out of
  /// the bundle with this number, and run where it lies.
  /// @error object_lost  This names no group.
  scheduling_strategy bundle(std::size_t index) const;

  /// Ends what runs in it and gives all back. Later uses are unschedulable.
  /// @error object_lost  This names no group.
  void remove();

private:
  object_ref<void> ready_;
};

/// Reserves resources on the nodes of the cluster: all bundles or none. It
/// returns at once; see group::ready(). *pack*: on few nodes; *spread*: on
/// many; *strict_pack*: on one; *strict_spread*: each on its own.
/// @param name  For people.
/// @error wrong_type  No bundle, an empty one, or an amount out of range.
group placement_group(std::vector<bundle> bundles,
                      strategy how = strategy::pack, std::string name = {});

namespace detail {

template <>
struct codec_traits<group> {
  static void save(encoder& to, const group& x) {
    to.reference(x.ready().handle());
  }

  static void load(decoder& from, group& x) {
    x = group{object_ref<void>{from.reference()}};
  }
};

} // namespace detail

} // namespace ray
