// Placement groups: those of this home, and the bundles that lie here.

#include "local_scheduler/machine.hpp"

#include "wire/failure_record.hpp"

#include <algorithm>

namespace rayd {

namespace {

// Copies of orders come within seconds, not after that many other groups.
constexpr std::size_t freed_kept = 1'000;

} // namespace

// -- at the home --------------------------------------------------------------

void machine_steps::on(process_id from, const make_group& x) {
  if (x.group.home() != options_.self || job_over(x.job)
      || !jobs_.contains(x.job))
    return;
  objects_.expect(x.group);
  objects_.hold(from, {x.group});
  objects_.announce(from, x.group);
  out_.to_head(group_request{options_.self, x.group, x.job, x.bundles,
                             x.strategy, x.name, false});
}

void machine_steps::on(const remove_group& x) {
  if (x.group.home() == options_.self)
    out_.to_head(group_request{options_.self, x.group, x.group.job(), {}, 0,
                               {}, true});
  else if (!objects_.is_dead(x.group.home()))
    out_.to_node(x.group.home(), x);
}

void local_scheduler_machine::group_changed(const group_news& news) {
  if (news.now == group_news::waits) {
    if (!job_over(news.group.job())
        && told_.insert(std::to_string(news.group.job()) + " " + news.text)
             .second)
      tell(news.group.job(), news.text);
    return;
  }
  // Its references may have gone meanwhile.
  if (!objects_.find(news.group))
    return;
  object_value value;
  if (news.now == group_news::failed) {
    value.what = object_value::kind::failed;
    value.bytes = encode_failure(ray::errc::unschedulable, news.text);
  }
  objects_.ready(news.group, std::move(value), options_.self);
}

// -- where bundles lie --------------------------------------------------------

void local_scheduler_machine::ordered(const bundle_order& order) {
  const auto mine = [&](const bundle_key& key) {
    return key.group == order.group && key.attempt == order.attempt;
  };
  switch (order.what) {
    case bundle_order::reserve: reserve(order); return;
    case bundle_order::commit:
      for (auto& [key, bundle] : bundles_)
        if (mine(key))
          bundle.committed = true;
      return;
    case bundle_order::undo:
      free_bundles([&](const auto& key, const auto&) { return mine(key); });
      break;
    default:
      free_bundles([&](const auto& key, const auto&) {
        return key.group == order.group && key.attempt <= order.attempt;
      });
  }
  // A copy of the order to reserve may still be on its way.
  freed_.emplace_back(order.group, order.attempt);
  if (freed_.size() > freed_kept)
    freed_.pop_front();
}

void machine_steps::reserve(const bundle_order& order) {
  const auto answer = [&](bool reserved) {
    out_.to_head(bundle_answer{options_.self, order.group, order.attempt,
                               reserved});
  };
  const bool freed
    = std::any_of(freed_.begin(), freed_.end(), [&](const auto& over) {
        return over.first == order.group && over.second >= order.attempt;
      });
  if (freed || job_over(order.job)) {
    answer(false);
    return;
  }
  resource_set sum;
  for (const auto& bundle : order.bundles) {
    if (bundles_.contains({order.group, bundle.index, order.attempt})) {
      answer(true); // This is a copy.
      return;
    }
    sum += bundle.resources;
  }
  const bool room = available_.fits(sum);
  if (room) {
    available_ -= sum;
    for (const auto& bundle : order.bundles)
      bundles_[{order.group, bundle.index, order.attempt}]
        = {bundle.resources, order.job, false};
  }
  answer(room);
}

void machine_steps::free_bundles(
  const std::function<bool(const bundle_key&, const bundle_entry&)>& which) {
  for (auto at = bundles_.begin(); at != bundles_.end();) {
    if (!which(at->first, at->second)) {
      ++at;
      continue;
    }
    // What workers hold out of it comes back to the node when they let go.
    available_ += at->second.free;
    const auto key = at->first;
    at = bundles_.erase(at);
    end_in_bundle(key);
  }
}

/// Ends what runs in a bundle that is gone, and lets go what waits for it.
void machine_steps::end_in_bundle(const bundle_key& bundle) {
  for (auto& [id, worker] : workers_)
    if (worker.bundle == bundle)
      end_worker(id, worker, "its placement group was removed");
  const auto text = to_string(bundle.group);
  const auto waiting = tasks_where([&](const object_id&, const auto& task) {
    const auto& wishes = task.spec.wished();
    return task.queued && wishes.where == task_wishes::placing::in_bundle
           && wishes.bundle == bundle.index && wishes.place == text;
  });
  for (const auto& id : waiting) {
    auto& task = tasks_.at(id);
    dequeue(id, task);
    send_back(id, task);
  }
}

/// Whether the task was sent here for a bundle that is gone since.
bool machine_steps::misses_bundle(const task_entry& task) const {
  if (!task.spec.wishes
      || task.spec.wishes->where != task_wishes::placing::in_bundle)
    return false;
  const auto key = key_of(task);
  return (key.foreign || key.granted) && bundle_of(key) == nullptr;
}

/// It cannot run here after all: its home has it placed again.
void machine_steps::send_back(const object_id& id, task_entry& task) {
  if (task.origin == options_.self) {
    task.placed = placed_by::nobody;
    to_gather_.push_back(id);
    return;
  }
  const task_given_back back{id, task.attempt};
  const auto origin = task.origin;
  forget(id);
  out_.to_node(origin, back);
}

/// The committed bundle that lies here and that tasks of *key* wish for.
const bundle_key*
machine_steps::bundle_of(const ready_queues::key& key) const {
  if (!key.wish || key.wish->where != node_wish::placing::in_bundle)
    return nullptr;
  const auto group = parse_object_id(key.wish->place);
  if (!group)
    return nullptr;
  for (auto at = bundles_.lower_bound({*group, key.wish->bundle, 0});
       at != bundles_.end() && at->first.group == *group
       && at->first.index == key.wish->bundle;
       ++at)
    if (at->second.committed)
      return &at->first;
  return nullptr;
}

const resource_set&
machine_steps::room_for(const ready_queues::key& key) const {
  if (!key.wish)
    return available_;
  const auto* bundle = bundle_of(key);
  return bundle ? bundles_.at(*bundle).free : available_;
}

/// Whose resources *worker* takes and gives back.
resource_set& machine_steps::pool_of(const worker_entry& worker) {
  if (!worker.bundle)
    return available_;
  const auto at = bundles_.find(*worker.bundle);
  return at == bundles_.end() ? available_ : at->second.free;
}

} // namespace rayd
