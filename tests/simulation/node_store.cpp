// What the store does when it is full: objects leave the arena and come back.

#include "node.hpp"

#include "world.hpp"

namespace rayd::simulation {

namespace {

// What one object of processes takes, see process::make_value.
constexpr std::uint64_t object_bytes = 200'000;

} // namespace

/// Under pressure the store wants space again and again.
void node::press() {
  if (!world_.options.full_stores)
    return;
  const auto delay = static_cast<time_us>(500 + world_.random.below(5000));
  world_.time.after(delay, [this] {
    if (!alive_)
      return;
    act([this] {
      if (!machine_->makes_space())
        machine_->want_space(++last_wish_,
                             object_bytes * (1 + world_.random.below(8)));
    });
    press();
  });
}

/// No process may know the place that goes.
void node::check_views(const object_id& id, const char* what) {
  for (const auto& [number, process] : processes_) {
    const auto* value = process->value_of(id);
    if (process->alive() && value && machine_->has_job(id.job())
        && value->what == object_value::kind::stored
        && value->where.offset != not_here)
      world_.fail("{} {} {} under {}", node_name(index_), what,
                  to_string(id), process->describe());
  }
}

void node::spill(const object_id& id) {
  world_.trace("{} writes {} to disk", node_name(index_), to_string(id));
  if (!store_.contains(id) || files_.contains(id))
    world_.fail("{} spills {}, which is not in its arena or on disk already",
                node_name(index_), to_string(id));
  const auto content = world_.arena.at(store_.at(id));
  const auto number = ++last_write_;
  writes_[id] = number;
  const auto delay = static_cast<time_us>(50 + world_.random.below(3000));
  world_.time.after(delay, [this, id, content, number] {
    act([this, id, content, number] {
      // Freed meanwhile, and maybe written again.
      if (const auto at = writes_.find(id);
          at == writes_.end() || at->second != number)
        return;
      writes_.erase(id);
      const bool good = !world_.chance(5);
      if (good)
        files_[id] = content;
      machine_->spilled(id, good);
    });
  });
}

void node::free_place(const object_id& id) {
  world_.trace("{} frees the place of {}", node_name(index_), to_string(id));
  if (!files_.contains(id) || store_.erase(id) == 0)
    world_.fail("{} frees the place of {}, which is not on disk",
                node_name(index_), to_string(id));
  check_views(id, "moves");
}

void node::drop_file(const object_id& id) {
  if (files_.erase(id) == 0 || !store_.contains(id))
    world_.fail("{} drops the file of {}, which is its only copy",
                node_name(index_), to_string(id));
}

void node::restore(const object_id& id, std::uint64_t) {
  const auto delay = static_cast<time_us>(50 + world_.random.below(3000));
  world_.time.after(delay, [this, id] {
    act([this, id] {
      const auto file = files_.find(id);
      if (file == files_.end()) {
        machine_->restore_failed(id);
        return;
      }
      const auto content = file->second;
      files_.erase(file);
      // Damage only where it may be seen: what was put cannot be made again.
      if (world_.kind == trouble::all && world_.chance(5)) {
        machine_->restore_failed(id);
        return;
      }
      world_.arena[++world_.last_place] = content;
      store_[id] = world_.last_place;
      machine_->fetched(id, {world_.last_place, object_bytes});
    });
  });
}

std::string node::leftovers(bool jobs_over) const {
  const auto objects = machine_->objects().ids();
  if (machine_->task_count() != 0 || !objects.empty())
    return fmt::format("{} tasks, {} objects{}", machine_->task_count(),
                       objects.size(), describe_objects());
  if (!files_.empty())
    return fmt::format("{} on disk, {} first", files_.size(),
                       to_string(files_.begin()->first));
  if (!store_.empty())
    return fmt::format("{} in the store, {} first", store_.size(),
                       to_string(store_.begin()->first));
  if (machine_->available() != total_)
    return fmt::format("{} left of {}",
                       to_string(machine_->available()),
                       to_string(total_));
  if (jobs_over && machine_->worker_count() != 0)
    return fmt::format("{} workers", machine_->worker_count());
  if (jobs_over && !processes_.empty())
    return processes_.begin()->second->describe();
  return {};
}

} // namespace rayd::simulation
