#include "world.hpp"

#include "wire/failure_record.hpp"

#include <algorithm>

namespace rayd::simulation {

namespace {
/// Virtual time that a run may take until its drivers are done.
constexpr time_us patience = 200'000'000;
} // namespace

const char* name_of(trouble kind) noexcept {
  switch (kind) {
    case trouble::none: return "no trouble";
    case trouble::workers: return "workers crash";
    case trouble::nodes: return "nodes crash";
    case trouble::silence: return "nodes stand still";
    case trouble::all: return "all trouble";
  }
  return "unknown";
}

world::world(world_options given)
  : options(std::move(given)), random(mix(options.seed, 77)) {
  const auto choice = random.below(100);
  kind = choice < 25   ? trouble::none
         : choice < 45 ? trouble::workers
         : choice < 70 ? trouble::nodes
         : choice < 80 ? trouble::silence
                       : trouble::all;
  kind = options.kind.value_or(kind);
  limits.actors = chance(60);
  limits.bounded_retries = kind == trouble::all && chance(50);
  unruly = chance(50);
  head_options head_settings;
  head_settings.deadlock_round_us = 2'000;
  head_settings.faults = options.head;
  head_ = std::make_unique<head>(*this, head_settings);
}

// -- running ------------------------------------------------------------------
void world::run() {
  try {
    run_parts();
  } catch (const violation&) {
    head_->describe_nodes();
    throw;
  }
}

void world::run_parts() {
  trace("seed {}: {}{}", options.seed, name_of(kind),
        unruly ? ", control messages come late and twice" : "");
  build();
  if (!advance(patience, [this] { return drivers_done(); })) {
    std::string who;
    for (const auto& each : nodes_)
      for (const auto& [id, process] : each->processes())
        if (each->alive() && process->busy())
          who += "\n  " + process->state();
    fail("after {} s these are not done:{}", time.now() / 1'000'000, who);
  }
  // Longer than a dead node needs to be found, and then some.
  advance(time.now() + 7'000'000, [] { return false; });
  check_leftovers(false);
  for (const auto& each : nodes_)
    for (const auto& [id, process] : each->processes())
      if (each->alive() && process->driver())
        each->driver_left(*process, true);
  advance(time.now() + 3'000'000, [] { return false; });
  check_leftovers(true);
}

void world::build() {
  const auto count = 1 + random.below(4);
  for (std::uint64_t i = 0; i < count; ++i)
    start_node();
  // Some come later, while work waits for them.
  for (std::uint64_t late = random.below(2); late > 0; --late)
    time.after(static_cast<time_us>(random.below(100'000)),
               [this] { start_node(); });
  for (std::uint64_t i = 1 + random.below(3); i > 0; --i)
    time.after(static_cast<time_us>(random.below(50'000)), [this] {
      auto* at = any_node(kind != trouble::all);
      if (at == nullptr)
        at = nodes_.front().get();
      at->attach_driver(random.next(),
                        static_cast<std::uint32_t>(3 + random.below(40)));
    });
  plan_trouble();
}

node& world::start_node() {
  const auto link = ++last_link_;
  const bool first = nodes_.empty();
  resource_set total;
  total.set("CPU", static_cast<double>(first ? 2 + random.below(3)
                                             : random.below(5)));
  if (first || chance(30))
    total.set("disk", 2);
  auto& fresh
    = *nodes_.emplace_back(std::make_unique<node>(*this, nodes_.size(), total));
  fresh.link = link;
  up_[link] = make_stream(20, 300);
  down_[link] = make_stream(20, 300);
  register_node message;
  message.node.total = total;
  to_head(fresh, message);
  return fresh;
}

bool world::advance(time_us limit, const std::function<bool()>& enough) {
  for (std::uint64_t i = 0; time.step(limit); ++i)
    if (i % 64 == 0 && enough())
      return true;
  return enough();
}

bool world::drivers_done() const {
  if (time.now() < 150'000)
    return false;
  for (const auto& each : nodes_) {
    if (!each->alive())
      continue;
    if (each->has_begins())
      return false;
    for (const auto& [id, process] : each->processes())
      if (process->driver() && process->alive() && !process->done())
        return false;
  }
  return true;
}

// -- trouble ------------------------------------------------------------------
void world::plan_trouble() {
  if (kind == trouble::none)
    return;
  for (std::uint64_t i = 1 + random.below(6); i > 0; --i) {
    const auto spread = chance(40)   ? 60'000u
                        : chance(70) ? 200'000u
                                     : 1'000'000u;
    time.after(static_cast<time_us>(5000 + random.below(spread)),
               [this] { trouble_now(); });
  }
}

node* world::any_node(bool not_head) {
  // Trouble is where work is, as a rule.
  std::vector<node*> fit;
  for (const bool busy : {true, false})
    for (const auto& each : nodes_)
      if (each->alive() && (!not_head || each->place != 0)
          && (busy ? each->joined() && each->machine().task_count() > 0
                   : fit.empty() || chance(30)))
        fit.push_back(each.get());
  return fit.empty() ? nullptr : fit[random.below(fit.size())];
}

void world::trouble_now() {
  const auto choice = kind == trouble::workers   ? 0
                      : kind == trouble::nodes   ? 50
                      : kind == trouble::silence ? 80
                                                 : random.below(130);
  if (choice < 50) {
    if (auto* at = any_node(false)) {
      std::vector<process*> workers;
      for (const auto& [id, each] : at->processes())
        if (each->alive()
            && (!each->driver() || (kind == trouble::all && chance(20))))
          workers.push_back(each.get());
      if (!workers.empty())
        at->crash_process(*workers[random.below(workers.size())],
                          "was ended by SIGKILL");
    }
  } else if (choice < 80) {
    if (auto* at = any_node(true)) {
      at->crash();
      if (chance(60))
        time.after(static_cast<time_us>(random.below(100'000)),
                   [this] { start_node(); });
    }
  } else if (choice < 100) {
    if (auto* at = any_node(true))
      // For a moment, just beyond the head's patience, or long.
      at->pause(time.now()
                + static_cast<time_us>(chance(30)   ? random.below(1'500'000)
                                       : chance(60) ? 5'000'000
                                                        + random.below(300'000)
                                                    : random.below(9'000'000)));
  } else if (auto *a = any_node(false), *b = any_node(false);
             a && b && a != b && a->joined() && b->joined()) {
    cut(a->index(), b->index());
    // Nothing in the cluster settles whose view is right, so one of them ends.
    auto* victim = a->place == 0 ? b : a;
    time.after(static_cast<time_us>(random.below(300'000)),
               [victim] { victim->crash(); });
  }
}

void world::cut(node_index a, node_index b) {
  trace("the link between {} and {} is cut", node_name(a), node_name(b));
  for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
    const auto at = links_.find({from, to});
    if (at == links_.end())
      continue;
    const auto when = at->second->cut(
      time.now() + static_cast<time_us>(random.below(1000)));
    time.at(std::max(when, time.now())
              + static_cast<time_us>(random.below(3000)),
            [this, from = from, to = to] {
              if (auto* receiver = find(to))
                receiver->act([receiver, from] {
                  receiver->peer_gone(from, "its connection was lost");
                });
            });
  }
}

/// A node that is counted out may go on right then.
void world::declared_dead(node_index index) {
  auto* at = find(index);
  if (at && at->alive() && at->paused())
    time.after(static_cast<time_us>(random.below(chance(70) ? 5000 : 500'000)),
               [at] { at->go_on(); });
}

void world::node_ended(node& gone) {
  for (const auto& each : nodes_)
    if (each.get() != &gone && each->joined() && gone.joined())
      cut(gone.index(), each->index());
  const auto link = std::exchange(gone.link, 0);
  const auto when = up_[link]->cut(
    time.now() + static_cast<time_us>(random.below(1000)));
  time.at(std::max(when, time.now()) + static_cast<time_us>(random.below(3000)),
          [this, link] { head_->link_lost(link, "its connection was lost"); });
}

// -- the network --------------------------------------------------------------
std::shared_ptr<stream> world::make_stream(time_us least, time_us spread) {
  return std::make_shared<stream>(time, random, least, spread);
}

node* world::find(node_index index) {
  for (const auto& each : nodes_)
    if (each->joined() && each->index() == index)
      return each.get();
  return nullptr;
}

node* world::by_link(link_id link) {
  for (const auto& each : nodes_)
    if (each->link == link)
      return each.get();
  return nullptr;
}

void world::to_node(link_id link, control_message message) {
  const auto arrive = [this, link, message] {
    if (auto* to = by_link(link))
      to->act([to, message] { to->on_control(message); });
  };
  stream::send(down_.at(link), arrive);
  if (unruly && chance(15))
    time.after(static_cast<time_us>(500 + random.below(40'000)), arrive);
}

void world::to_head(node& from, control_message message) {
  if (from.link == 0)
    return;
  const auto arrive = [this, link = from.link, message] {
    head_->on_message(link, message);
  };
  // Loads may overtake each other; the rest only comes twice.
  const bool late = unruly && std::holds_alternative<node_load>(message)
                    && chance(15);
  if (!late)
    stream::send(up_.at(from.link), arrive);
  if (late || (unruly && chance(15)))
    time.after(static_cast<time_us>(500 + random.below(40'000)),
               [this, link = from.link, arrive] {
                 if (!up_.at(link)->is_cut())
                   arrive();
               });
}

void world::connect(node& dialler, node_index to) {
  time.after(static_cast<time_us>(500 + random.below(5000)), [this, &dialler,
                                                              to] {
    auto* peer = find(to);
    if (!dialler.alive() || dialler.knows_dead(to) || (peer && !peer->alive()))
      return;
    if (!peer || peer->paused()) {
      connect(dialler, to);
      return;
    }
    const auto a = dialler.index();
    links_[{a, to}] = make_stream(20, 400);
    links_[{to, a}] = make_stream(20, 400);
    dialler.act([&dialler, to] { dialler.link_up(to); });
    stream::send(links_[{a, to}], [peer, a] {
      peer->act([peer, a] { peer->link_up(a); });
    });
  });
}

void world::send(node_index from, node_index to, lane_record record) {
  const auto* task = std::get_if<assign_task>(&record);
  if (task && task->spec.kind != task_kind::actor_call && task->grant != 0
      && granted[task->grant]-- == 0)
    fail("{} sends more tasks for grant {} than it allows", node_name(from),
         task->grant);
  const auto at = links_.find({from, to});
  if (at == links_.end())
    return;
  stream::send(at->second, [this, from, to, record = std::move(record)] {
    if (auto* receiver = find(to))
      receiver->act([receiver, from, record]() mutable {
        receiver->on_peer_record(from, std::move(record));
      });
  });
}

// -- checks -------------------------------------------------------------------

bool world::may_fail_with(const std::string& bytes) const {
  auto code = decode_failure(bytes).code;
  if (code == ray::errc::actor_unavailable)
    code = ray::errc::actor_died;
  if (code == ray::errc::actor_died && (killed || names_used))
    return true;
  if (code == ray::errc::name_taken)
    return names_used;
  if (kind == trouble::none)
    return false;
  if (code == ray::errc::actor_died || kind == trouble::workers)
    return code == ray::errc::actor_died;
  return code == ray::errc::object_lost
         || (kind == trouble::all
             && (code == ray::errc::worker_died
                 || code == ray::errc::task_poisoned));
}

void world::saw(const process& who, const object_id& id,
                const payload& value) {
  if (value.attempt < 0)
    return;
  const auto taken = finished.find(id);
  const auto* held = who.value_of(id);
  if (taken != finished.end() && held
      && held->what == object_value::kind::inline_bytes
      && taken->second != value.attempt)
    fail("{} sees the result of attempt {} of {}, its home took that of {}",
         who.describe(), value.attempt, to_string(id), taken->second);
  const auto [at, first] = numbers_.try_emplace(id, value.number);
  if (!first && at->second != value.number && kind == trouble::none)
    fail("{} sees {:x} in {}, others saw {:x}", who.describe(), value.number,
         to_string(id), at->second);
  for (const auto& each : nodes_) {
    if (!each->alive())
      continue;
    for (const auto& [number, process] : each->processes()) {
      const auto* other = process->value_of(id);
      if (!process->alive() || !other || other->bytes.empty()
          || other->what != object_value::kind::inline_bytes)
        continue;
      if (decode_payload(other->bytes).attempt != value.attempt)
        fail("{} sees the result of attempt {} of {}, {} that of attempt {}",
             who.describe(), value.attempt, to_string(id),
             process->describe(), decode_payload(other->bytes).attempt);
    }
  }
}

void world::check_leftovers(bool jobs_over) {
  std::string left;
  for (const auto& each : nodes_) {
    if (!each->alive() || !each->joined())
      continue;
    if (const auto what = each->leftovers(jobs_over); !what.empty())
      left += fmt::format("{}on {}: {}", left.empty() ? "" : "; ",
                          node_name(each->index()), what);
  }
  if (!left.empty())
    fail("{} {}",
         jobs_over ? "all drivers are gone, and there are still"
                   : "the drivers hold nothing, and there are still",
         left);
  if (!jobs_over)
    return;
  if (head_->machine().open_grants() != 0)
    fail("{} grants are open at the end", head_->machine().open_grants());
  if (head_->machine().jobs().running() != 0)
    fail("{} jobs run at the end", head_->machine().jobs().running());
  if (head_->machine().actors().names() != 0)
    fail("{} names are taken at the end", head_->machine().actors().names());
}

} // namespace rayd::simulation
