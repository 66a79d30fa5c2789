#include "process.hpp"

#include "wire/failure_record.hpp"
#include "world.hpp"

#include <algorithm>

namespace rayd::simulation {

process::process(world& all, node& at, process_id id, job_number job,
                 bool driver)
  : world_(all), node_(at), id_(id), job_(job), driver_(driver) {}

std::string process::describe() const {
  return fmt::format("{} {} on {}", driver_ ? "driver" : "worker", id_,
                     node_name(node_.index()));
}

std::string process::state() const {
  auto text = describe();
  if (now_)
    text += " runs " + to_string(now_->spec.id);
  if (now_ && now_->waits_for)
    text += ", waits for " + to_string(now_->slots[*now_->waits_for].id);
  return text;
}

const task_spec* process::running() const {
  return alive_ && now_ && !now_->waits_for && !now_->blocked_before
           ? &now_->spec
           : nullptr;
}

// -- running ------------------------------------------------------------------

void process::begin(std::uint64_t seed, std::uint32_t size) {
  task_spec root;
  root.id = root_id(node_.index(), job_);
  root.job = job_;
  now_.emplace(activation{root, 0, script{seed, size, true, world_.limits},
                          {}, 0, 0, {}, false});
  after(10);
}

void process::after(time_us delay) {
  world_.time.after(delay, [self = shared_from_this(), turn = ++turn_] {
    if (self->alive_ && self->turn_ == turn)
      self->go_on();
  });
}

void process::go_on() {
  if (!now_) {
    if (queue_.empty())
      return;
    auto task = std::move(queue_.front());
    queue_.pop_front();
    start(std::move(task));
    return;
  }
  while (now_ && !now_->waits_for)
    if (!take(now_->steps.next()))
      return;
}

void process::start(run_task&& task) {
  world_.trace("{} starts {} attempt {}", describe(), to_string(task.spec.id),
               task.attempt);
  ++world_.tasks_run;
  if (task.spec.kind != task_kind::actor_call
      && (setting.env != task.spec.wished().env
          || setting.shared != task.spec.wished().shared))
    world_.fail("{} was started for other tasks than {}", describe(),
                to_string(task.spec.id));
  const auto arguments = decode_arguments(task.spec.arguments);
  now_.emplace(activation{
    task.spec, task.attempt,
    script{arguments.seed, arguments.size, false, world_.limits}, {},
    arguments.seed, 0, {}, false});
  for (std::size_t i = 0; i < task.values.size(); ++i) {
    const auto& id = task.spec.dependencies[i];
    if (task.values[i].what == object_value::kind::failed)
      world_.fail("{} got a failed argument {} to run", describe(),
                  to_string(id));
    const auto content = content_of(id, task.values[i]);
    world_.saw(*this, id, content);
    now_->number = mix(now_->number, weight(content));
    for (const auto& inner : content.nested) {
      hold(inner.id, true);
      add_slot({inner.id, inner.actor_seed, 0, 0, {}, {}, false}, false);
    }
  }
  for (const auto& inner : arguments.nested) {
    hold(inner.id, true);
    add_slot({inner.id, inner.actor_seed, 0, 0, {}, {}, false}, false);
  }
  if (task.spec.kind == task_kind::task) {
    go_on();
  } else {
    answer_call(task);
  }
}

void process::answer_call(const run_task& task) {
  const auto seed = decode_arguments(task.spec.arguments).seed;
  payload content;
  content.attempt = -1;
  if (task.spec.kind == task_kind::actor_creation) {
    actors_[task.spec.id] = {seed, restored(task), {}, task.attempt,
                             task.spec.wished().durable};
  } else if (!actors_.contains(task.spec.actor)) {
    world_.fail("{} got a call of {}, which is not here", describe(),
                to_string(task.spec.actor));
  } else {
    auto& actor = actors_.at(task.spec.actor);
    // A task that is tried again calls again, maybe from another home.
    const object_id call{task.spec.id.hi & 0xff'ffff'ffff, task.spec.id.lo};
    if (!actor.ran.insert(call).second)
      world_.fail("{} runs the call {} twice", describe(),
                  to_string(task.spec.id));
    content.number = seed == 1 ? call_answer(actor.seed, ++actor.calls)
                               : peek_answer(actor.seed);
    world_.counts[content.number] = seed == 1 ? actor.calls : 0;
  }
  now_->waits_for.reset();
  world_.time.after(
    static_cast<time_us>(1 + world_.random.below(200)),
    [self = shared_from_this(), turn = ++turn_, content, task] {
      if (!self->alive_ || self->turn_ != turn)
        return;
      // A method may view what it was given until it returns.
      for (std::size_t i = 0; i < task.values.size(); ++i)
        self->content_of(task.spec.dependencies[i], task.values[i]);
      self->keep_state(task.spec);
      self->answer(self->make_value(content, false));
    });
}

/// @returns false when the activation does not go on now.
bool process::take(const step& s) {
  switch (s.what) {
    case step::kind::compute: after(s.duration); return false;
    case step::kind::submit: submit(s); return true;
    case step::kind::put: put(s); return true;
    case step::kind::get: return get(s.slot);
    case step::kind::drop: drop(now_->slots[s.slot].id); return true;
    case step::kind::spawn: spawn(s); return true;
    case step::kind::call: call(s, true); return true;
    case step::kind::peek: call(s, false); return true;
    case step::kind::kill: kill(s); return true;
    case step::kind::finish: finish(s); return false;
  }
  return false;
}

task_spec process::make_spec(task_kind kind) {
  task_spec spec;
  spec.id = child_id(now_->spec.id, ++now_->children, node_.index(), job_);
  spec.parent = now_->spec.id;
  spec.job = job_;
  spec.depth = static_cast<std::uint16_t>(now_->spec.depth + 1);
  spec.kind = kind;
  spec.max_retries = -1;
  return spec;
}

std::vector<nested_ref>
process::refs(const std::vector<std::size_t>& which) const {
  std::vector<nested_ref> chosen;
  for (const auto i : which)
    chosen.push_back({now_->slots[i].id, now_->slots[i].actor_seed});
  return chosen;
}

void process::pass(task_spec& spec, const step& s) {
  for (const auto& ref : refs(s.values))
    if (std::find(spec.dependencies.begin(), spec.dependencies.end(), ref.id)
        == spec.dependencies.end())
      spec.dependencies.push_back(ref.id);
  for (const auto& ref : refs(s.nested))
    spec.nested.push_back(ref.id);
}

void process::submit(const step& s) {
  auto spec = make_spec(task_kind::task);
  spec.function = {1, s.seed % 6};
  spec.function_name = "f";
  spec.demand = s.demand;
  spec.max_retries = s.max_retries;
  spec.arguments = encode(task_arguments{s.seed, s.size, refs(s.nested)});
  if (s.seed % 16 == 0) {
    task_wishes wishes;
    wishes.env["WITH"] = s.seed % 3 == 0 ? "one" : "another";
    spec.wishes = std::make_shared<const task_wishes>(wishes);
  }
  pass(spec, s);
  slot x{spec.id, 0, 0, 0, {}, {}, false};
  if (driver_) {
    std::vector<std::shared_ptr<expected>> values, nested;
    for (const auto i : s.values)
      values.push_back(now_->slots[i].expects);
    for (const auto i : s.nested)
      nested.push_back(now_->slots[i].expects);
    x.expects = evaluate(s.seed, s.size, world_.limits, values, nested);
  }
  hold(x.id, false);
  own_.insert(x.id);
  world_.trace("{} submits {}", describe(), to_string(spec.id));
  send(submit_task{std::move(spec)});
  add_slot(std::move(x), false);
}

void process::put(const step& s) {
  const auto id
    = child_id(now_->spec.id, ++now_->children, node_.index(), job_);
  slot x{id, 0, 0, 0, {}, {}, false};
  if (driver_) {
    x.expects = std::make_shared<expected>();
    x.expects->number = s.seed;
    for (const auto i : s.nested)
      x.expects->nested.push_back(now_->slots[i].expects);
  }
  const auto value
    = make_value({s.seed, now_->attempt, refs(s.nested)}, true);
  hold(id, false);
  send(seal_object_room{id, value.where, value.nested, false});
  add_slot(std::move(x), false);
}

void process::spawn(const step& s) {
  auto spec = make_spec(task_kind::actor_creation);
  spec.function = {2, 0};
  spec.function_name = "actor";
  spec.interface = "actor";
  spec.demand = s.demand;
  spec.arguments = encode(task_arguments{s.seed, 1, {}});
  slot x{spec.id, s.seed, 0, 0, {}, {}, s.named};
  task_wishes wishes;
  wishes.shared = s.seed % 11 < 5;
  if (world_.kind != trouble::none && s.seed % 3 != 0) {
    // What it counted is gone with each of its lives.
    wishes.max_restarts = static_cast<std::int32_t>(s.seed % 5) - 1;
    wishes.max_task_retries = static_cast<std::int32_t>(s.seed % 7) - 1;
    x.unsure = true;
    wishes.durable = wishes.max_restarts != 0 && s.seed % 4 < 2;
  }
  spec.wishes = std::make_shared<const task_wishes>(wishes);
  if (s.named) {
    spec.name = s.seed % 4 < 2 ? "left" : "right";
    world_.names_used = true;
  }
  if (driver_) {
    x.expects = std::make_shared<expected>();
    x.expects->actor_seed = s.seed;
  }
  hold(x.id, false);
  own_.insert(x.id);
  world_.trace("{} spawns {}", describe(), to_string(spec.id));
  send(submit_task{std::move(spec)});
  add_slot(std::move(x), true);
}

void process::call(const step& s, bool counted) {
  auto& actor = now_->slots[s.slot];
  auto spec = make_spec(task_kind::actor_call);
  spec.function = {2, 1};
  spec.function_name = "call";
  spec.max_retries = 0;
  spec.actor = actor.id;
  spec.arguments = encode(task_arguments{counted ? 1u : 2u, 1, {}});
  pass(spec, s);
  slot x{spec.id, 0, 0, 0, actor.id, {}, actor.unsure};
  // A call with a failed argument never reaches the actor, so from then on
  // nobody knows the count.
  if (!counted)
    x.answer = peek_answer(actor.actor_seed);
  else if (!spec.dependencies.empty())
    actor.calls = ~std::uint64_t{0} >> 1;
  else if (++actor.calls < 1'000'000)
    x.answer = call_answer(actor.actor_seed, actor.calls);
  if (!driver_ && world_.kind != trouble::none)
    x.answer = 0;
  if (driver_) {
    x.expects = std::make_shared<expected>();
    x.expects->open = true;
    for (const auto i : s.values)
      x.expects->failed = x.expects->failed || now_->slots[i].expects->failed;
  }
  hold(x.id, false);
  own_.insert(x.id);
  send(submit_task{std::move(spec)});
  add_slot(std::move(x), false);
}

void process::kill(const step& s) {
  const auto id = now_->slots[s.slot].id;
  world_.killed = true;
  for (auto& each : now_->slots)
    if (each.id == id || each.actor == id)
      each.unsure = true;
  send(kill_actor{id});
}

bool process::get(std::size_t index) {
  const auto id = now_->slots[index].id;
  const auto* value = value_of(id);
  const bool remote = value && value->what == object_value::kind::stored
                      && value->where.offset == not_here;
  if (value && !remote)
    return opened(index, *value);
  if ((remote || !own_.contains(id)) && wanted_.insert(id).second)
    send(want_objects{{id}});
  now_->waits_for = index;
  now_->wait = ++last_wait_;
  if (driver_)
    return false;
  if (!queue_.empty()) {
    tasks_returned returned;
    for (const auto& task : queue_)
      returned.tasks.push_back(task.spec.id);
    queue_.clear();
    send(std::move(returned));
  }
  now_->blocked_before = true;
  send(task_blocked{now_->spec.id, true});
  return false;
}

/// The value of a slot is here. @returns false when that ended the task.
bool process::opened(std::size_t index, const object_value& value) {
  const auto outer = now_->slots[index];
  check(outer, value);
  if (value.what == object_value::kind::failed) {
    if (driver_)
      return true;
    answer({object_value::kind::failed, value.bytes, {}, {}});
    return false;
  }
  const auto content = content_of(outer.id, value);
  now_->number = mix(now_->number, weight(content));
  for (std::size_t i = 0; i < content.nested.size(); ++i) {
    const auto& inner = content.nested[i];
    hold(inner.id, true);
    slot x{inner.id, inner.actor_seed, 0, 0, {}, {}, false};
    if (driver_ && i < outer.expects->nested.size())
      x.expects = outer.expects->nested[i];
    add_slot(std::move(x), false);
  }
  return true;
}

void process::finish(const step& s) {
  if (driver_) {
    end_activation();
    done_ = true;
    world_.trace("{} is done", describe());
    return;
  }
  if (s.fails) {
    answer({object_value::kind::failed,
            encode_failure(ray::errc::task_error, "as intended"), {}, {}});
    return;
  }
  answer(make_value({now_->number, now_->attempt, refs(s.nested)}, s.stored));
}

void process::answer(object_value value) {
  send(task_result{now_->spec.id, now_->attempt, std::move(value),
                   {world_.time.now(), 100}});
  end_activation();
  after(1);
}

void process::end_activation() {
  for (std::size_t i = 0; i < now_->slots.size(); ++i)
    if (now_->steps.slots()[i].live)
      drop(now_->slots[i].id);
  now_.reset();
  if (goes_)
    send(*std::exchange(goes_, std::nullopt));
}

void process::leave() {
  alive_ = false;
}

} // namespace rayd::simulation
