#include "script.hpp"

#include <algorithm>
#include <cstring>

namespace rayd::simulation {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t z = (a ^ (b + 0x9e3779b97f4a7c15ull)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 29)) * 0x94d049bb133111ebull;
  return z ^ (z >> 32);
}

std::uint64_t call_answer(std::uint64_t actor_seed, std::uint64_t call) {
  return mix(actor_seed, call);
}

std::uint64_t peek_answer(std::uint64_t actor_seed) {
  return mix(actor_seed, ~0ull);
}

namespace {

void add(std::string& bytes, std::uint64_t word) {
  bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
}

std::uint64_t take(const std::string& bytes, std::size_t& at) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof(word));
  at += sizeof(word);
  return word;
}

void add(std::string& bytes, const std::vector<nested_ref>& refs) {
  for (const auto& ref : refs) {
    add(bytes, ref.id.hi);
    add(bytes, ref.id.lo);
    add(bytes, ref.actor_seed);
  }
}

void take(const std::string& bytes, std::size_t& at,
          std::vector<nested_ref>& refs) {
  while (at < bytes.size()) {
    nested_ref ref;
    ref.id.hi = take(bytes, at);
    ref.id.lo = take(bytes, at);
    ref.actor_seed = take(bytes, at);
    refs.push_back(ref);
  }
}

} // namespace

std::string encode(const payload& value) {
  std::string bytes;
  add(bytes, value.number);
  add(bytes, static_cast<std::uint64_t>(value.attempt));
  add(bytes, value.nested);
  return bytes;
}

payload decode_payload(const std::string& bytes) {
  payload value;
  std::size_t at = 0;
  value.number = take(bytes, at);
  value.attempt = static_cast<std::int32_t>(take(bytes, at));
  take(bytes, at, value.nested);
  return value;
}

std::string encode(const task_arguments& arguments) {
  std::string bytes;
  add(bytes, arguments.seed);
  add(bytes, arguments.size);
  add(bytes, arguments.nested);
  return bytes;
}

task_arguments decode_arguments(const std::string& bytes) {
  task_arguments arguments;
  std::size_t at = 0;
  arguments.seed = take(bytes, at);
  arguments.size = static_cast<std::uint32_t>(take(bytes, at));
  take(bytes, at, arguments.nested);
  return arguments;
}

// -- steps --------------------------------------------------------------------

script::script(std::uint64_t seed, std::uint32_t size, bool driver,
               script_limits limits)
  : dice_(seed), size_(size), driver_(driver), limits_(limits) {
  constexpr time_us paces[] = {20, 100, 300, 1000, 4000, 20'000};
  pace_ = paces[dice_.below(driver ? 3 : 6)];
  steps_left_ = static_cast<std::uint32_t>(
    driver ? 5 + dice_.below(10) : size > 1 ? 2 + dice_.below(5) : 1);
  gather_ = driver || roll(60);
}

std::size_t script::add(bool actor, bool own) {
  slots_.push_back({true, actor, own, false});
  return slots_.size() - 1;
}

step script::next() {
  step s;
  if (burst_left_ > 0) {
    --burst_left_;
    return submit(1);
  }
  if (steps_left_ == 0)
    return finish();
  --steps_left_;
  const auto choice = dice_.below(100);
  if (choice < 40 && size_ > 1 && !full()) {
    if (roll(20)) {
      burst_left_ = static_cast<std::uint32_t>(
        std::min<std::uint64_t>({1 + dice_.below(10), size_ - 1,
                                 23 - slots_.size() + 1}));
      --burst_left_;
      return submit(1);
    }
    return submit(static_cast<std::uint32_t>(1 + dice_.below(size_ - 1)));
  }
  if (choice < 50 && !full()) {
    s.what = step::kind::put;
    s.seed = dice_.next();
    s.nested = some(2, false);
    s.stored = true;
    return s;
  }
  if (choice < 72 && pick_ungot(s.slot)) {
    s.what = step::kind::get;
    slots_[s.slot].got = true;
    return s;
  }
  if (choice < 78 && pick(false, false, s.slot)) {
    s.what = step::kind::drop;
    slots_[s.slot].live = false;
    return s;
  }
  if (choice < 88 && limits_.actors && size_ > 1 && !full())
    return actor_step();
  s.what = step::kind::compute;
  s.duration = 1 + static_cast<time_us>(
                     dice_.below(static_cast<std::uint64_t>(2 * pace_)));
  return s;
}

step script::submit(std::uint32_t size) {
  step s;
  s.what = step::kind::submit;
  s.seed = dice_.next();
  s.size = size;
  size_ -= size;
  s.values = some(2, true);
  if (roll(50))
    s.nested = some(2, false);
  s.demand = demand(size == 1);
  if (limits_.bounded_retries && roll(20))
    s.max_retries = static_cast<std::int32_t>(dice_.below(2));
  return s;
}

step script::actor_step() {
  step s;
  if (driver_ && roll(5) && pick(true, true, s.slot)) {
    s.what = step::kind::kill;
    return s;
  }
  if (roll(70) && pick(true, true, s.slot)) {
    s.what = step::kind::call;
    s.seed = dice_.next();
    s.values = some(1, true);
    return s;
  }
  if (roll(50) && pick(true, false, s.slot)) {
    s.what = step::kind::peek;
    return s;
  }
  s.what = step::kind::spawn;
  s.seed = dice_.next() | 1;
  s.demand.set("CPU", 1);
  s.named = driver_ && roll(25);
  --size_;
  return s;
}

step script::finish() {
  step s;
  if (gather_ && pick_ungot(s.slot)) {
    s.what = step::kind::get;
    slots_[s.slot].got = true;
    return s;
  }
  s.what = step::kind::finish;
  s.nested = some(2, false);
  s.stored = roll(30);
  s.fails = !driver_ && roll(3);
  return s;
}

bool script::pick(bool actor, bool own, std::size_t& chosen) {
  std::vector<std::size_t> fit;
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].live && slots_[i].actor == actor && (!own || slots_[i].own))
      fit.push_back(i);
  if (fit.empty())
    return false;
  chosen = fit[dice_.below(fit.size())];
  return true;
}

bool script::pick_ungot(std::size_t& chosen) {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].live && !slots_[i].actor && !slots_[i].got) {
      chosen = i;
      return true;
    }
  return false;
}

std::vector<std::size_t> script::some(std::size_t most, bool values_only) {
  std::vector<std::size_t> chosen;
  for (std::size_t tries = dice_.below(most + 1); tries > 0; --tries) {
    std::size_t at = 0;
    if (!pick(!values_only && roll(30), false, at))
      continue;
    if (std::find(chosen.begin(), chosen.end(), at) == chosen.end())
      chosen.push_back(at);
  }
  return chosen;
}

resource_set script::demand(bool leaf) {
  resource_set set;
  const auto choice = dice_.below(100);
  if (choice < 78)
    set.set("CPU", 1);
  else if (choice < 86)
    set.set("CPU", 0.5);
  else if (choice < 92)
    set.set("CPU", 2);
  else if (choice < 95 && leaf)
    set.set("disk", 1);
  else if (choice < 97)
    set = {};
  else
    set.set("CPU", 1);
  return set;
}

// -- what must come out -------------------------------------------------------

namespace {

using value = std::shared_ptr<expected>;

value make(std::uint64_t number) {
  auto x = std::make_shared<expected>();
  x->number = number;
  return x;
}

value failed() {
  auto x = std::make_shared<expected>();
  x->failed = true;
  return x;
}

std::vector<value> at(const std::vector<value>& slots,
                      const std::vector<std::size_t>& which) {
  std::vector<value> chosen;
  for (const auto i : which)
    chosen.push_back(slots[i]);
  return chosen;
}

/// One activation, run without a cluster.
class evaluation {
public:
  evaluation(std::uint64_t seed, std::uint32_t size, script_limits limits)
    : steps_(seed, size, false, limits), limits_(limits), number_(seed) {}

  value run(const std::vector<value>& values,
            const std::vector<value>& nested) {
    for (auto at = values.begin(); at != values.end(); ++at) {
      const auto& x = *at;
      // An object is one dependency, however many references name it.
      if (std::find(values.begin(), at, x) != at)
        continue;
      if (x->failed)
        return failed();
      open(x);
    }
    for (const auto& x : nested)
      hold(x, false);
    for (;;) {
      const auto s = steps_.next();
      if (s.what == step::kind::finish)
        return finish(s);
      if (s.what == step::kind::get && slots_[s.slot]->failed)
        return failed();
      take(s);
    }
  }

private:
  void hold(const value& x, bool own) {
    if (steps_.full())
      return;
    slots_.push_back(x);
    steps_.add(x->actor_seed != 0, own);
  }

  void open(const value& x) {
    number_ = mix(number_, x->open ? 0 : x->number);
    for (const auto& inner : x->nested)
      hold(inner, false);
  }

  void take(const step& s) {
    switch (s.what) {
      case step::kind::submit:
        hold(evaluate(s.seed, s.size, limits_, at(slots_, s.values),
                      at(slots_, s.nested)),
             false);
        break;
      case step::kind::put: {
        auto x = make(s.seed);
        x->nested = at(slots_, s.nested);
        hold(x, false);
        break;
      }
      case step::kind::get: open(value{slots_[s.slot]}); break;
      case step::kind::spawn: {
        auto x = make(0);
        x->actor_seed = s.seed;
        hold(x, true);
        break;
      }
      case step::kind::call:
      case step::kind::peek: {
        // An open one counts as 0 wherever its value goes.
        auto x = make(0);
        x->open = true;
        for (const auto& argument : at(slots_, s.values))
          x->failed = x->failed || argument->failed;
        hold(x, false);
        break;
      }
      default: break;
    }
  }

  value finish(const step& s) {
    if (s.fails)
      return failed();
    auto x = make(number_);
    x->nested = at(slots_, s.nested);
    return x;
  }

  script steps_;
  script_limits limits_;
  std::vector<value> slots_;
  std::uint64_t number_;
};

} // namespace

std::shared_ptr<expected>
evaluate(std::uint64_t seed, std::uint32_t size, script_limits limits,
         const std::vector<value>& values, const std::vector<value>& nested) {
  return evaluation{seed, size, limits}.run(values, nested);
}

} // namespace rayd::simulation
