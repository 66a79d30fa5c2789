#include "worker/actor_keeper.hpp"

#include <ray/errors.hpp>

#include <fmt/format.h>
#include <xxhash.h>

namespace rayd {

std::optional<actor_snapshot> actor_keeper::after(const run_task& work,
                                                  const void* instance) {
  const bool made = work.spec.kind == task_kind::actor_creation;
  if (made) {
    durable_ = work.spec.wished().durable && codec_ != nullptr;
    actor_ = work.spec.id;
    life_ = work.attempt;
  }
  if (!durable_)
    return std::nullopt;
  auto bytes = codec_->save(instance);
  const auto hash = XXH3_64bits(bytes.data(), bytes.size());
  // A constructor makes its state again, and the home has what was restored.
  if (made || hash == last_hash_) {
    last_hash_ = hash;
    return std::nullopt;
  }
  if (bytes.size() > bytes_max)
    throw ray::wrong_type(fmt::format(
      "the state of this durable actor takes {} bytes, but may take {}: keep "
      "what is larger in objects of its own",
      bytes.size(), bytes_max));
  last_hash_ = hash;
  return actor_snapshot{actor_, life_, ++number_, std::move(bytes)};
}

} // namespace rayd
