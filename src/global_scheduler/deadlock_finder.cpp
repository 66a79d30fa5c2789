#include "global_scheduler/deadlock_finder.hpp"

#include "global_scheduler/feasibility.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rayd {

namespace {

constexpr time_us patience_us = 1'000'000;
constexpr std::size_t large = 1'000;
constexpr int rounds_needed = 3;
constexpr std::size_t named_max = 20;

bool waits_for_tasks(const wait_state& state) {
  switch (state.what) {
    case wait_state::objects:
    case wait_state::arguments:
    case wait_state::actor:
    case wait_state::turn:
    case wait_state::calls: return true;
    default: return false;
  }
}

/// Whether *now* is the same wait as *before*: then what it still waits for,
/// it waited for all the time.
bool same_wait(const wait_state& before, const wait_state& now) {
  if (before.what != now.what || before.attempt != now.attempt)
    return false;
  switch (now.what) {
    case wait_state::objects: return before.number == now.number;
    case wait_state::arguments: return true;
    default: return before.on == now.on;
  }
}

bool same_bundle(const node_wish& a, const node_wish& b) {
  return a.where == node_wish::placing::in_bundle && a.where == b.where
         && a.place == b.place && a.bundle == b.bundle;
}

/// Whether they want of the same resource.
bool contend(const resource_set& wanted, const resource_set& kept) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const auto& amount) {
    return kept.units(amount.first) > 0;
  });
}

} // namespace

deadlock_finder::deadlock_finder(const head_options& options, sender send,
                                 bundle_table bundles)
  : options_(options),
    send_(std::move(send)),
    bundles_(std::move(bundles)) {}

// -- a round ------------------------------------------------------------------

void deadlock_finder::turn(time_us now, const node_table& nodes) {
  if (round_ != 0) {
    if (now - began_ >= patience_us)
      end(now, nodes); // What was not told may go on.
    return;
  }
  if (now >= next_)
    begin(now, nodes);
}

void deadlock_finder::begin(time_us now, const node_table& nodes) {
  std::vector<node_index> blocked;
  for (const auto& [index, node] : nodes)
    if (counts(node) && node.load.blocked > 0)
      blocked.push_back(index);
  next_ = now + options_.deadlock_round_us;
  graph_.clear();
  asked_.clear();
  if (blocked.empty()) {
    before_.clear();
    rounds_.clear();
    stuck_.clear();
    told_.clear();
    return;
  }
  round_ = ++last_round_;
  began_ = now;
  unanswered_ = 0;
  for (const auto node : blocked)
    ask(node, true, {}, nodes);
}

void deadlock_finder::ask(node_index to, bool blocked,
                          std::vector<object_id> about,
                          const node_table& nodes) {
  const auto at = nodes.find(to);
  if (at == nodes.end() || !counts(at->second))
    return;
  for (std::size_t i = 0; i == 0 || i < about.size(); i += waits_told_max) {
    const auto end = std::min(i + waits_told_max, about.size());
    const auto first = about.begin() + static_cast<std::ptrdiff_t>(i);
    send_(to, wait_question{options_.epoch, round_, blocked,
                            {first, about.begin()
                                      + static_cast<std::ptrdiff_t>(end)}});
    ++unanswered_;
  }
}

void deadlock_finder::answered(time_us now, const wait_answer& x,
                               node_index from, const node_table& nodes) {
  if (round_ == 0 || x.round != round_ || x.node != from)
    return;
  std::map<node_index, std::vector<object_id>> questions;
  for (const auto& state : x.states)
    take(state, from, questions);
  for (auto& [node, about] : questions)
    ask(node, false, std::move(about), nodes);
  if (unanswered_ > 0 && --unanswered_ == 0)
    end(now, nodes);
}

void deadlock_finder::take(
  const wait_state& state, node_index from,
  std::map<node_index, std::vector<object_id>>& questions) {
  asked_.insert(state.id);
  if (state.what == wait_state::nothing)
    return;
  if (state.what == wait_state::elsewhere) {
    // Its home sent it there; who has it knows more.
    if (state.node != from && state.id.home() == from)
      questions[state.node].push_back(state.id);
    return;
  }
  graph_[state.id] = state;
  for (const auto& id : state.on)
    if (asked_.size() < ids_max && asked_.insert(id).second)
      questions[id.home()].push_back(id);
}

void deadlock_finder::end(time_us now, const node_table& nodes) {
  round_ = 0;
  ids all;
  for (const auto& [id, state] : graph_)
    all.insert(id);
  const auto stuck = reduce(all, nodes);
  ids sure;
  std::unordered_map<object_id, int> rounds;
  for (const auto& id : stuck) {
    const auto before = before_.find(id);
    const auto count = rounds_.find(id);
    const bool same = before != before_.end() && count != rounds_.end()
                      && same_wait(before->second, graph_.at(id));
    if ((rounds[id] = same ? count->second + 1 : 1) >= rounds_needed)
      sure.insert(id);
  }
  rounds_ = std::move(rounds);
  before_ = graph_;
  name(reduce(sure, nodes));
  const bool unsure = !stuck.empty() && stuck_.empty();
  const bool is_large = stuck.empty() && graph_.size() > large;
  next_ = now + options_.deadlock_round_us * (is_large ? 10 : 1)
                  / (unsure ? 3 : 1);
}

// -- the reduction ------------------------------------------------------------

/// Those of *among* that can go on only when others of them do.
deadlock_finder::ids deadlock_finder::reduce(const ids& among,
                                             const node_table& nodes) const {
  auto stuck = among;
  std::unordered_map<object_id, std::vector<object_id>> needed_by;
  std::unordered_map<object_id, std::size_t> missing;
  std::vector<object_id> goes_on;
  for (const auto& id : among) {
    const auto& state = graph_.at(id);
    if (!waits_for_tasks(state))
      continue;
    std::size_t left = state.need;
    for (const auto& other : state.on) {
      if (among.contains(other))
        needed_by[other].push_back(id);
      else if (left > 0)
        --left;
    }
    missing[id] = left;
    if (left == 0)
      goes_on.push_back(id);
  }
  for (;;) {
    while (!goes_on.empty()) {
      const auto id = goes_on.back();
      goes_on.pop_back();
      if (stuck.erase(id) == 0)
        continue;
      for (const auto& waiting : needed_by[id])
        if (auto& left = missing[waiting]; left > 0 && --left == 0)
          goes_on.push_back(waiting);
    }
    free_with_room(stuck, nodes, goes_on);
    if (goes_on.empty())
      return stuck;
  }
}

/// Tasks that could start once all that is not stuck has ended.
void deadlock_finder::free_with_room(const ids& stuck, const node_table& nodes,
                                     std::vector<object_id>& goes_on) const {
  kept_table kept;
  for (const auto& id : stuck)
    if (const auto& state = graph_.at(id); state.what == wait_state::objects)
      for (const auto& [name, units] : state.amount)
        if (auto& sum
            = kept[{state.node, state.wish.place, state.wish.bundle}];
            units > 0)
          sum.set_units(name, sum.units(name) + units);
  for (const auto& id : stuck)
    if (const auto& state = graph_.at(id);
        state.what == wait_state::resources
        && (kept.empty() || has_room(state, kept, nodes)))
      goes_on.push_back(id);
}

bool deadlock_finder::has_room(const wait_state& waiting,
                               const kept_table& kept,
                               const node_table& nodes) const {
  const auto& wish = waiting.wish;
  const auto left_of = [&](resource_set total, const auto& key) {
    if (const auto at = kept.find(key); at != kept.end())
      total -= at->second;
    return total.fits(waiting.amount);
  };
  const bool in_bundle = wish.where == node_wish::placing::in_bundle;
  const auto* bundle = in_bundle ? bundles_(wish.place, wish.bundle) : nullptr;
  bool possible = false; // Else it is judged elsewhere (feasibility.hpp).
  for (const auto& [index, node] : nodes) {
    if (!counts(node))
      continue;
    if (in_bundle) {
      // A bundle lies on one node; on the others nothing of it is kept.
      const std::tuple key{index, wish.place, wish.bundle};
      if (bundle == nullptr || !bundle->fits(waiting.amount))
        return true;
      possible = possible || kept.contains(key);
      if (kept.contains(key) && left_of(*bundle, key))
        return true;
      continue;
    }
    if (!has_labels(node, wish.labels)
        || (wish.where == node_wish::placing::on_node
            && index != parse_node(wish.place))
        || !node.entry.total.fits(waiting.amount))
      continue;
    possible = true;
    if (left_of(node.entry.total, std::tuple{index, std::string{}, 0u}))
      return true;
  }
  return !possible;
}

// -- naming -------------------------------------------------------------------

const object_id* deadlock_finder::holder_of(const wait_state& waiting,
                                            const ids& stuck) const {
  for (const auto& id : stuck) {
    const auto& state = graph_.at(id);
    if (state.what == wait_state::objects
        && contend(waiting.amount, state.amount)
        && (waiting.wish.where != node_wish::placing::in_bundle
            || same_bundle(state.wish, waiting.wish)))
      return &id;
  }
  return nullptr;
}

/// Something that the stuck *id* waits for and that is stuck itself.
const object_id* deadlock_finder::next_in(const object_id& id,
                                          const ids& stuck) const {
  const auto& state = graph_.at(id);
  if (state.what == wait_state::resources)
    return holder_of(state, stuck);
  for (const auto& other : state.on)
    if (const auto at = stuck.find(other); at != stuck.end())
      return &*at;
  return nullptr;
}

std::string
deadlock_finder::describe(const std::vector<object_id>& cycle) const {
  const auto called = [&](const object_id& id) {
    return fmt::format("{} {}", graph_.at(id).title, to_string(id));
  };
  std::string text = cycle.size() == 1 ? "deadlock, a task waits for itself: "
                                       : "deadlock, tasks wait for each "
                                         "other: ";
  text += called(cycle.front());
  const auto shown = std::min(cycle.size(), named_max);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& state = graph_.at(cycle[i]);
    const auto next = called(cycle[(i + 1) % cycle.size()]);
    if (i > 0)
      text += ", which";
    switch (state.what) {
      case wait_state::objects:
        text += " waits in ray::get or ray::wait for " + next;
        break;
      case wait_state::arguments:
        text += " waits for its argument, the result of " + next;
        break;
      case wait_state::actor: text += " waits for its actor, " + next; break;
      case wait_state::resources:
        text += fmt::format(" waits for {}, of which a part is kept by {}",
                            to_string(state.amount), next);
        break;
      default: text += " waits on the same actor behind " + next;
    }
  }
  if (shown < cycle.size())
    text += fmt::format(", and {} more", cycle.size() - shown);
  return text;
}

void deadlock_finder::name(const ids& stuck) {
  std::map<std::vector<object_id>, std::string> told;
  stuck_.clear();
  for (const auto& id : stuck) {
    std::vector<object_id> path;
    const auto* at = &id;
    // Until it comes back to its own path, or to what is named already.
    while (at != nullptr && !stuck_.contains(*at)
           && std::find(path.begin(), path.end(), *at) == path.end()) {
      path.push_back(*at);
      at = next_in(*at, stuck);
    }
    if (at == nullptr)
      continue;
    std::string text;
    if (const auto named = stuck_.find(*at); named != stuck_.end()) {
      text = named->second;
    } else {
      std::vector<object_id> cycle{std::find(path.begin(), path.end(), *at),
                                   path.end()};
      std::rotate(cycle.begin(),
                  std::min_element(cycle.begin(), cycle.end()), cycle.end());
      text = describe(cycle);
      if (const auto known = told_.find(cycle); known != told_.end())
        text = known->second;
      else
        for (std::set<job_number> jobs; const auto& each : cycle)
          if (const auto job = graph_.at(each).job; jobs.insert(job).second)
            send_(each.home(), deadlock_news{options_.epoch, job, text});
      told[std::move(cycle)] = text;
    }
    for (const auto& each : path)
      stuck_[each] = text;
  }
  told_ = std::move(told);
}

const std::string* deadlock_finder::stuck(const object_id& task) const {
  const auto at = stuck_.find(task);
  return at == stuck_.end() ? nullptr : &at->second;
}

std::vector<std::string> deadlock_finder::deadlocks() const {
  std::vector<std::string> texts;
  for (const auto& [cycle, text] : told_)
    texts.push_back(text);
  return texts;
}

} // namespace rayd
