#include "global_scheduler/group_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

namespace {

constexpr time_us retry_us = 20'000;
constexpr time_us tell_us = 500'000;
constexpr std::size_t ended_kept = 10'000;
constexpr int vain_claims_max = 5; // Then each 160 s.

const char* to_string(ray::strategy strategy) {
  switch (strategy) {
    case ray::strategy::pack: return "pack";
    case ray::strategy::spread: return "spread";
    case ray::strategy::strict_pack: return "strict_pack";
    case ray::strategy::strict_spread: return "strict_spread";
  }
  return "pack";
}

std::string described(const group_request& wish, ray::strategy strategy) {
  // Equal ones together, and not more than people read.
  constexpr std::size_t shown_max = 8;
  std::map<resource_set, std::size_t> counts;
  for (const auto& bundle : wish.bundles)
    ++counts[bundle];
  std::string text;
  std::size_t shown = 0;
  for (const auto& [bundle, count] : counts) {
    if (++shown > shown_max) {
      text += fmt::format(", and {} other kinds", counts.size() - shown_max);
      break;
    }
    text += text.empty() ? "" : ", ";
    text += count > 1 ? fmt::format("{} x ", count) : "";
    text += "{" + to_string(bundle) + "}";
  }
  return fmt::format("{} of {}", to_string(strategy), text);
}

/// Whether the bundles without a place cannot fit, however they are placed.
bool too_much(const std::vector<resource_set>& bundles,
              const std::vector<node_index>& placed,
              const std::vector<candidate>& empty) {
  resource_set wanted, room;
  for (const auto& each : empty)
    room += each.room;
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    if (placed[i] != 0)
      continue;
    wanted += bundles[i];
    if (std::none_of(empty.begin(), empty.end(), [&](const auto& each) {
          return each.room.fits(bundles[i]);
        }))
      return true;
  }
  return !room.fits(wanted);
}

} // namespace

group_table::group_table(const head_options& options, sender send)
  : options_(options), send_(std::move(send)) {}

ray::strategy group_table::strategy_of(const group_request& wish) {
  return static_cast<ray::strategy>(std::min<std::uint8_t>(wish.strategy, 3));
}

bool group_table::group::placed() const {
  return std::find(nodes.begin(), nodes.end(), node_index{0}) == nodes.end();
}

std::string group_table::called(const group& g) const {
  return "placement group "
         + (g.wish.name.empty() ? to_string(g.wish.group) : g.wish.name);
}

void group_table::tell(const group& g, group_news::state state,
                       const std::string& text) {
  send_(g.wish.node,
        group_news{options_.epoch, g.wish.group, state, text});
}

void group_table::order(node_index to, const group& g,
                        bundle_order::action what,
                        std::vector<placed_bundle> bundles) {
  send_(to, bundle_order{options_.epoch, g.wish.group, g.wish.job, g.attempt,
                         what, std::move(bundles)});
}

void group_table::request(const group_request& x, node_index from,
                          time_us now) {
  if (x.remove) {
    end(x.group, "it was removed");
    return;
  }
  if (x.node != from || groups_.contains(x.group) || ended_.contains(x.group)
      || ended_jobs_.contains(x.job))
    return;
  auto& made = groups_[x.group];
  made.wish = x;
  made.nodes.resize(x.bundles.size());
  made.not_before = now;
  made.since = std::max<time_us>(now, 1);
}

void group_table::end(const object_id& id, const std::string& why) {
  const auto at = groups_.find(id);
  if (at == groups_.end())
    return;
  auto& g = at->second;
  for (const auto node : g.touched)
    order(node, g, bundle_order::free);
  const auto text = fmt::format("{}: {}", called(g), why);
  tell(g, group_news::failed, text);
  groups_.erase(at);
  ended_[id] = text;
  ended_order_.push_back(id);
  if (ended_order_.size() > ended_kept) {
    ended_.erase(ended_order_.front());
    ended_order_.pop_front();
  }
}

void group_table::job_gone(job_number job) {
  ended_jobs_.insert(job);
  if (ended_jobs_.size() > ended_kept)
    ended_jobs_.erase(ended_jobs_.begin()); // They are numbered upwards.
  std::vector<object_id> over;
  for (const auto& [id, g] : groups_)
    if (g.wish.job == job)
      over.push_back(id);
  for (const auto& id : over)
    end(id, "its job is over");
}

void group_table::node_gone(node_index node) {
  std::vector<object_id> over;
  for (auto& [id, g] : groups_) {
    g.touched.erase(node);
    if (g.wish.node == node) {
      over.push_back(id);
      continue;
    }
    std::replace(g.nodes.begin(), g.nodes.end(), node, node_index{0});
    // Its answer will not come, and what it reserved is gone.
    if (g.trying()
        && std::find(g.next.begin(), g.next.end(), node) != g.next.end()) {
      g.refused = true;
      g.unanswered.erase(node);
      if (g.unanswered.empty())
        end_try(g, 0);
    }
  }
  for (const auto& id : over)
    end(id, fmt::format("its home {} is gone", node_name(node)));
}

void group_table::answered(const bundle_answer& x, node_index from,
                           time_us now) {
  const auto at = groups_.find(x.group);
  if (at == groups_.end() || at->second.attempt != x.attempt
      || at->second.unanswered.erase(from) == 0)
    return;
  auto& g = at->second;
  g.refused = g.refused || !x.reserved;
  // What other nodes collect for it meanwhile would be in vain.
  if (g.refused && g.claims_until != 0)
    g.unanswered.clear();
  if (g.unanswered.empty())
    end_try(g, now);
}

/// All have answered.
void group_table::end_try(group& g, time_us now) {
  const auto tried = std::exchange(g.next, {});
  const bool claimed = std::exchange(g.claims_until, 0) != 0;
  std::set<node_index> nodes;
  for (std::size_t i = 0; i < tried.size(); ++i)
    if (g.nodes[i] == 0 && g.touched.contains(tried[i]))
      nodes.insert(tried[i]);
  if (g.refused) {
    // Only what this try reserved: earlier bundles of the same node stay.
    for (const auto node : nodes)
      order(node, g, bundle_order::undo);
    g.not_before = now + retry_us;
    if (claimed) {
      g.since = 0; // Others that wait claim first.
      g.vain_claims = std::min(g.vain_claims + 1, vain_claims_max);
    }
    return;
  }
  g.nodes = tried;
  g.since = 0;
  g.vain_claims = 0;
  for (const auto node : nodes)
    order(node, g, bundle_order::commit);
  g.was_placed = true;
  tell(g, group_news::placed, "");
}

/// @returns false: there is no room for it now.
bool group_table::try_place(group& g, std::vector<candidate>& candidates,
                            time_us now, dice& random) {
  auto found = place_bundles(g.wish.bundles, g.nodes, strategy_of(g.wish),
                             candidates, random);
  if (!found) {
    // Large ones are a work of their own.
    g.not_before
      = now
        + retry_us * (1 + static_cast<time_us>(g.wish.bundles.size() / 100));
    return false;
  }
  begin_try(g, std::move(*found), candidates, bundle_order::reserve);
  return true;
}

void group_table::begin_try(group& g, std::vector<node_index> places,
                            std::vector<candidate>& candidates,
                            bundle_order::action what) {
  g.next = std::move(places);
  g.attempt = ++last_attempt_;
  g.refused = false;
  std::map<node_index, std::vector<placed_bundle>> orders;
  for (std::size_t i = 0; i < g.next.size(); ++i)
    if (g.nodes[i] == 0)
      orders[g.next[i]].push_back(
        {static_cast<std::uint32_t>(i), g.wish.bundles[i]});
  for (auto& [node, bundles] : orders) {
    g.unanswered.insert(node);
    g.touched.insert(node);
    for (auto& each : candidates)
      if (each.node == node)
        for (const auto& bundle : bundles)
          each.room -= bundle.resources;
    order(node, g, what, std::move(bundles));
  }
}

/// Whether the group cannot be placed even on empty nodes. A strict one ends
/// then, unless it was placed before: a node may come instead of a lost one.
bool group_table::hopeless(const object_id& id, group& g,
                           const std::map<node_index, node_record>& nodes,
                           time_us now, dice& random) {
  std::vector<candidate> empty;
  std::vector<node_index> there;
  for (const auto& [index, node] : nodes)
    if (counts(node)) {
      empty.push_back({index, node.entry.total, node.entry.total});
      there.push_back(index);
    }
  for (std::size_t i = 0; i < g.nodes.size(); ++i)
    for (auto& each : empty)
      if (each.node == g.nodes[i])
        each.room -= g.wish.bundles[i];
  // Asked again only when other nodes are there, or other bundles missing.
  if (g.judged_for != std::pair{there, g.nodes}) {
    g.fits_empty = place_bundles(g.wish.bundles, g.nodes,
                                 strategy_of(g.wish), empty, random)
                     .has_value();
    g.judged_for = {std::move(there), g.nodes};
  }
  if (g.fits_empty)
    return false;
  const auto strategy = strategy_of(g.wish);
  const bool strict = strategy == ray::strategy::strict_pack
                      || strategy == ray::strategy::strict_spread;
  const auto why
    = fmt::format("{} {} the {} nodes there are", described(g.wish, strategy),
                  strict || too_much(g.wish.bundles, g.nodes, empty)
                    ? "does not fit"
                    : "could not be placed so far on",
                  empty.size());
  if (strict && !g.was_placed) {
    end(id, why);
    return true;
  }
  if (now - g.told >= tell_us) {
    g.told = now;
    tell(g, group_news::waits, fmt::format("{} waits: {}", called(g), why));
  }
  return false;
}

bool group_table::wants_turn() const {
  return std::any_of(groups_.begin(), groups_.end(), [](const auto& entry) {
    return !entry.second.placed()
           && (!entry.second.trying() || entry.second.claims_until != 0);
  });
}

void group_table::turn(time_us now, std::vector<candidate>& candidates,
                       const std::map<node_index, node_record>& nodes,
                       dice& random) {
  end_claims(now);
  std::vector<object_id> due;
  for (auto& [id, g] : groups_) {
    if (!g.placed() && g.since == 0)
      g.since = now;
    if (!g.placed() && !g.trying() && g.not_before <= now)
      due.push_back(id);
  }
  for (const auto& id : due)
    if (auto& g = groups_.at(id); !hopeless(id, g, nodes, now, random))
      try_place(g, candidates, now, random);
  claim(candidates, now, random);
}

resource_set group_table::promised(node_index node) const {
  resource_set sum;
  for (const auto& [id, g] : groups_)
    if (g.unanswered.contains(node))
      for (std::size_t i = 0; i < g.next.size(); ++i)
        if (g.nodes[i] == 0 && g.next[i] == node)
          sum += g.wish.bundles[i];
  return sum;
}

node_index group_table::node_of(const std::string& text,
                                std::uint32_t bundle) const {
  const auto id = parse_object_id(text);
  const auto at = id ? groups_.find(*id) : groups_.end();
  return at == groups_.end() || bundle >= at->second.nodes.size()
           ? 0
           : at->second.nodes[bundle];
}

const resource_set* group_table::resources_of(const std::string& text,
                                              std::uint32_t bundle) const {
  const auto id = parse_object_id(text);
  const auto at = id ? groups_.find(*id) : groups_.end();
  return at == groups_.end() || bundle >= at->second.wish.bundles.size()
           ? nullptr
           : &at->second.wish.bundles[bundle];
}

feasibility group_table::judge(const std::string& text, std::uint32_t bundle,
                               const resource_set& demand) const {
  using kind = feasibility::kind;
  const auto id = parse_object_id(text);
  const auto at = id ? groups_.find(*id) : groups_.end();
  if (at == groups_.end()) {
    const auto ended = id ? ended_.find(*id) : ended_.end();
    return {kind::never, ended != ended_.end()
                           ? ended->second
                           : fmt::format("there is no placement group {}",
                                         text)};
  }
  const auto& g = at->second;
  if (bundle >= g.nodes.size())
    return {kind::never, fmt::format("{} has {} bundles, and it asks for "
                                     "number {}",
                                     called(g), g.nodes.size(), bundle)};
  if (g.wish.bundles[bundle].fits(demand))
    return {};
  return {kind::hopeless,
          fmt::format("it asks for {}, and bundle {} of {} has {}",
                      to_string(demand), bundle, called(g),
                      to_string(g.wish.bundles[bundle]))};
}

} // namespace rayd
