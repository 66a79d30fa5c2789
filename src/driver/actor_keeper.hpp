#pragma once

#include "wire/peer_records.hpp"
#include "wire/task.hpp"

#include <ray/detail/actor_state.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace rayd {

/// Numbers the snapshots of one durable actor in one of its lives; does
/// nothing for other actors. One thread at a time.
class actor_keeper {
public:
  /// Larger states are refused: they go with each call that changes them.
  static constexpr std::size_t bytes_max = std::size_t{1} << 20;

  /// Where the creation of a class actor says how its state is saved.
  const ray::detail::state_codec** codec() noexcept { return &codec_; }

  /// The actor of *creation* exists, in its life *life* (from 0), and its
  /// constructor set *instance*.
  void made(const task_spec& creation, std::int32_t life,
            const void* instance);

  /// The state of the class actor *instance*, to be sent before the result of
  /// the call that has run; nothing when it is as before.
  /// @error wrong_type  It is too large, or holds references.
  std::optional<actor_snapshot> after_call(const void* instance);

  /// Begins with the state that a new life has. When it was restored, the home
  /// has it; what a constructor made goes there with the first call.
  /// @error wrong_type  It is too large.
  void begin(const object_id& actor, std::int32_t life, std::string_view state,
             bool restored);

  /// The same as after_call with a state that is encoded already.
  std::optional<actor_snapshot> next(std::string state);

private:
  const ray::detail::state_codec* codec_ = nullptr;
  bool durable_ = false;
  std::uint64_t number_ = 0;
  std::int32_t life_ = 0;
  object_id actor_;
  std::optional<std::uint64_t> last_hash_; ///< Of what the home has.
};

} // namespace rayd
