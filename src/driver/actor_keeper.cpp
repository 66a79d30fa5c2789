#include "driver/actor_keeper.hpp"

#include <ray/errors.hpp>

#include <fmt/format.h>
#include <xxhash.h>

namespace rayd {

namespace {

void require_room(std::string_view state) {
  if (state.size() > actor_keeper::bytes_max)
    throw ray::wrong_type(fmt::format(
      "the state of this durable actor takes {} bytes, but may take {}: keep "
      "what is larger in objects of its own",
      state.size(), actor_keeper::bytes_max));
}

} // namespace

void actor_keeper::made(const task_spec& creation, std::int32_t life,
                        const void* instance) {
  if (creation.wished().durable && codec_ != nullptr)
    begin(creation.id, life, codec_->save(instance),
          !creation.snapshot.empty());
}

void actor_keeper::begin(const object_id& actor, std::int32_t life,
                         std::string_view state, bool restored) {
  require_room(state);
  durable_ = true;
  actor_ = actor;
  life_ = life;
  if (restored)
    last_hash_ = XXH3_64bits(state.data(), state.size());
}

std::optional<actor_snapshot> actor_keeper::after_call(const void* instance) {
  return durable_ ? next(codec_->save(instance)) : std::nullopt;
}

std::optional<actor_snapshot> actor_keeper::next(std::string state) {
  const auto hash = XXH3_64bits(state.data(), state.size());
  if (!durable_ || hash == last_hash_)
    return std::nullopt;
  require_room(state);
  last_hash_ = hash;
  return actor_snapshot{actor_, life_, ++number_, std::move(state)};
}

} // namespace rayd
