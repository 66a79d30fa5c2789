// What the machine wants done: processes, other nodes, the head, transfers.

#include "node.hpp"

#include "record_text.hpp"
#include "world.hpp"

namespace rayd::simulation {

// -- effects ------------------------------------------------------------------

void node::to_process(process_id to, lane_record record) {
  const auto at = processes_.find(to);
  if (at == processes_.end())
    return;
  if (const auto* run = std::get_if<run_task>(&record))
    given_[to][run->spec.id] = run->spec.demand;
  world_.trace("{} -> process {}: {}", node_name(index_), to,
               describe(record));
  stream::send(at->second->from_node,
               [receiver = at->second, record = std::move(record)]() mutable {
                 if (receiver->alive())
                   receiver->on_record(std::move(record));
               });
}

void node::to_node(node_index to, lane_record record) {
  if (peers_.contains(to))
    world_.send(index_, to, std::move(record));
  else if (!dead_.contains(to))
    early_[to].push_back(std::move(record));
}

void node::start_worker(job_number job, const worker_setting& setting) {
  const bool fails = world_.kind == trouble::all && world_.chance(5);
  const auto delay = static_cast<time_us>(500 + world_.random.below(20'000));
  world_.time.after(delay, [this, job, setting, fails] {
    act([this, job, setting, fails] {
      if (fails) {
        machine_->worker_start_failed(job, setting, "it did not start");
        return;
      }
      const auto id = ++last_process_;
      auto worker = std::make_shared<process>(world_, *this, id, job, false);
      worker->setting = setting;
      worker->to_node = world_.make_stream(5, 200);
      worker->from_node = world_.make_stream(5, 200);
      processes_[id] = worker;
      machine_->worker_joined(id, job, static_cast<std::int64_t>(id),
                              setting);
    });
  });
}

void node::end_worker(process_id worker, const std::string& reason) {
  world_.time.after(
    static_cast<time_us>(world_.random.below(2000)), [this, worker, reason] {
      const auto at = processes_.find(worker);
      if (alive_ && at != processes_.end())
        crash_process(*at->second, "was ended: " + reason);
    });
}

void node::free_local(const std::vector<object_id>& ids) {
  for (const auto& id : ids) {
    store_.erase(id);
    files_.erase(id);
    writes_.erase(id);
    check_views(id, "frees");
  }
}

void node::claim_name(const task_spec& creation) {
  const auto request = ++last_request_;
  claims_[request] = creation.id;
  to_head(claim_actor_name{request, creation.name, creation.id,
                           creation.interface});
}

void node::actor_changed(const task_spec& creation, const char* state,
                         node_index at, const std::string& reason,
                         std::int32_t restarts) {
  rayd::actor_changed news;
  news.actor = creation.id;
  news.name = creation.name;
  news.interface = creation.interface;
  news.state = state;
  news.node = at;
  news.reason = reason;
  news.restarts = restarts;
  to_head(news);
}

void node::record_task(task_record record) {
  if (record.state == task_state::finished)
    world_.finished[record.id] = record.attempt;
  if (record.placed == placed_by::global
      && record.state == task_state::finished)
    ++world_.tasks_placed;
}

// -- transfers ----------------------------------------------------------------

void node::fetch(const object_id& id, std::uint64_t,
                 const std::vector<node_index>& holders) {
  try_holder(id, holders, {});
}

void node::try_holder(const object_id& id, std::vector<node_index> holders,
                      std::vector<node_index> failed) {
  if (holders.empty()) {
    world_.time.after(10, [this, id, failed] {
      act([this, id, failed] { machine_->fetch_failed(id, failed); });
    });
    return;
  }
  const auto holder = holders.front();
  holders.erase(holders.begin());
  auto answered = std::make_shared<bool>(false);
  const auto done = [this, id, holder, holders, failed,
                     answered](const std::string* bytes) {
    if (std::exchange(*answered, true))
      return;
    if (bytes == nullptr) {
      auto all_failed = failed;
      all_failed.push_back(holder);
      try_holder(id, holders, std::move(all_failed));
      return;
    }
    act([this, id, content = *bytes] {
      if (store_.emplace(id, world_.last_place + 1).second)
        world_.arena[++world_.last_place] = content;
      machine_->fetched(id, {store_.at(id), 200'000});
    });
  };
  world_.time.after(static_cast<time_us>(100 + world_.random.below(3000)),
                    [this, id, holder, done] {
                      auto* peer = world_.find(holder);
                      const bool breaks = world_.kind == trouble::all
                                          && world_.chance(5);
                      if (!alive_ || !peer || breaks)
                        done(nullptr);
                      else
                        peer->serve(id, done);
                    });
  watch_transfer(holder, answered, [done] { done(nullptr); });
}

/// Does *give_up* when the holder dies before it answered.
void node::watch_transfer(node_index holder, std::shared_ptr<bool> answered,
                          timeline::action give_up) {
  world_.time.after(50'000, [this, holder, answered,
                             give_up = std::move(give_up)]() mutable {
    const auto* peer = world_.find(holder);
    if (*answered || !alive_)
      return;
    if (!peer || !peer->alive() || dead_.contains(holder))
      give_up();
    else
      watch_transfer(holder, answered, std::move(give_up));
  });
}

void node::serve(const object_id& id, reader answer) {
  if (!alive_) {
    answer(nullptr);
    return;
  }
  act([this, id, answer] {
    if (!machine_->read(id)) {
      const bool again = machine_->comes_back(id);
      world_.time.after(100, [this, id, answer, again] {
        if (again)
          serve(id, answer);
        else
          answer(nullptr);
      });
      return;
    }
    if (!has(id))
      world_.fail("{} offers {}, which it does not have", node_name(index_),
                  to_string(id));
    world_.time.after(
      static_cast<time_us>(100 + world_.random.below(2000)),
      [this, id, answer] {
        act([this, id, answer] {
          // All that belongs to an ended job goes, whoever looks at it.
          if (!has(id) && !machine_->has_job(id.job())) {
            answer(nullptr);
            return;
          }
          if (!has(id))
            world_.fail("{} frees {} while it sends it", node_name(index_),
                        to_string(id));
          answer(&world_.arena.at(store_.at(id)));
          machine_->read_done(id);
        });
      });
  });
}

} // namespace rayd::simulation
