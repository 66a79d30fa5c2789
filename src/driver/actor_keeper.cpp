#include "driver/actor_keeper.hpp"

#include <ray/errors.hpp>

#include <fmt/format.h>
#include <xxhash.h>

namespace rayd {

void actor_keeper::made(const task_spec& creation, std::int32_t life,
                        const void* instance) {
  if (creation.wished().durable && codec_ != nullptr)
    begin(creation.id, life, codec_->save(instance));
}

void actor_keeper::begin(const object_id& actor, std::int32_t life,
                         std::string_view state) {
  durable_ = true;
  actor_ = actor;
  life_ = life;
  last_hash_ = XXH3_64bits(state.data(), state.size());
}

std::optional<actor_snapshot> actor_keeper::after_call(const void* instance) {
  return durable_ ? next(codec_->save(instance)) : std::nullopt;
}

std::optional<actor_snapshot> actor_keeper::next(std::string state) {
  const auto hash = XXH3_64bits(state.data(), state.size());
  if (!durable_ || hash == last_hash_)
    return std::nullopt;
  if (state.size() > bytes_max)
    throw ray::wrong_type(fmt::format(
      "the state of this durable actor takes {} bytes, but may take {}: keep "
      "what is larger in objects of its own",
      state.size(), bytes_max));
  last_hash_ = hash;
  return actor_snapshot{actor_, life_, ++number_, std::move(state)};
}

} // namespace rayd
