#include "global_scheduler/why.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rayd {

namespace {

using json = nlohmann::json;

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string error(const std::string& sentence) {
  return text_of({{"error", sentence}});
}

why_step answer(std::string text) {
  return {why_step::kind::answer, std::move(text), 0};
}

json amounts(const resource_set& set, const resource_set& of) {
  auto object = json::object();
  for (const auto& [name, units] : of)
    object[name] = static_cast<double>(set.units(name)) / resource_set::unit;
  return object;
}

node_wish read_wish(const json& from) {
  node_wish wish;
  wish.where = static_cast<node_wish::placing>(from.value("where", 0));
  wish.place = from.value("place", std::string{});
  wish.bundle = from.value("bundle", 0u);
  wish.labels = from.value("labels", std::map<std::string, std::string>{});
  return wish;
}

resource_set read_amounts(const json& from) {
  resource_set set;
  for (const auto& [name, amount] : from.items())
    if (amount.is_number())
      set.set(name, amount.get<double>());
  return set;
}

/// Free on *node* of the resources in *demand*, nothing below zero.
resource_set free_on(const node_record& node, const resource_set& demand) {
  resource_set left;
  for (const auto& [name, units] : demand)
    left.set_units(name, std::max<std::int64_t>(
                           node.load.available.units(name), 0));
  return left;
}

/// Adds the nodes that could hold what waits, and says which it waits for.
void add_nodes(const head_machine& machine, json& found) {
  const auto demand = read_amounts(found["resources"]["asked"]);
  const auto wish = read_wish(found["shape"]);
  const auto title = found.value("title", std::string{"it"});
  found.erase("shape");
  found.erase("title");
  const auto judged = machine.judge_shape(demand, wish);
  if (judged.what != feasibility::kind::possible) {
    found["infeasible"] = true;
    found["sentence"] = fmt::format("{} waits: {}", title, judged.text);
    return;
  }
  if (wish.where == node_wish::placing::in_bundle) {
    const auto node = machine.groups().node_of(wish.place, wish.bundle);
    if (node == 0)
      found["waits_for"] = "group";
    found["sentence"]
      = node == 0 ? fmt::format("{} waits for placement group {} to be placed",
                                title, wish.place)
                  : fmt::format("{} waits for room in bundle {} of placement "
                                "group {} on {}",
                                title, wish.bundle, wish.place,
                                node_name(node));
    return;
  }
  auto nodes = json::array();
  std::string freest;
  double most = -1;
  for (const auto& [index, node] : machine.nodes()) {
    if (!counts(node) || !has_labels(node, wish.labels)
        || !node.entry.total.fits(demand)
        || (wish.where == node_wish::placing::on_node
            && index != parse_node(wish.place)))
      continue;
    const auto left = free_on(node, demand);
    nodes.push_back({{"node", node_name(index)},
                     {"free", amounts(left, demand)},
                     {"total", amounts(node.entry.total, demand)}});
    double share = 1;
    for (const auto& [name, wanted] : demand)
      share = std::min(share, static_cast<double>(left.units(name))
                                / static_cast<double>(wanted));
    if (share <= most)
      continue;
    most = share;
    resource_set total;
    for (const auto& [name, wanted] : demand)
      total.set_units(name, node.entry.total.units(name));
    freest = fmt::format("{} has {} free of {}", node_name(index),
                         to_string(left), to_string(total));
  }
  found["resources"]["nodes"] = std::move(nodes);
  if (!freest.empty())
    found["sentence"] = fmt::format("{} waits for resources: it asks for {}, "
                                    "and {}",
                                    title, to_string(demand), freest);
}

} // namespace

why_step why_asked(const head_machine& machine, const std::string& id) {
  const auto parsed = parse_object_id(id);
  if (!parsed)
    return answer(error(fmt::format("\"{}\" is not the id of a task or actor: "
                                    "those have 32 hexadecimal digits, rayd "
                                    "dump shows them",
                                    id)));
  const auto home = machine.nodes().find(parsed->home());
  if (home == machine.nodes().end() || !counts(home->second))
    return {why_step::kind::ask_store, {}, 0};
  return {why_step::kind::ask_node, {}, parsed->home()};
}

why_step why_answered(const head_machine& machine, const std::string& id,
                      node_index from, const std::string& text,
                      const std::string& before) {
  auto found = json::parse(text, nullptr, false);
  const bool known = found.is_object()
                     && found.value("waits_for", std::string{"unknown"})
                          != "unknown";
  if (!known && before.empty())
    return found.is_object()
             ? why_step{why_step::kind::ask_store, {}, 0}
             : answer(error(fmt::format("node {}, which knows of {}, does not "
                                        "answer",
                                        node_name(from), id)));
  if (!known)
    found = json::parse(before, nullptr, false);
  const auto next = found.value("elsewhere", node_index{0});
  const auto there = machine.nodes().find(next);
  if (known && before.empty() && next != 0 && there != machine.nodes().end()
      && counts(there->second))
    return {why_step::kind::ask_node, {}, next};
  found.erase("elsewhere");
  found["id"] = id;
  found["node"] = node_name(from);
  if (found.contains("shape"))
    add_nodes(machine, found);
  if (const auto parsed = parse_object_id(id); parsed)
    if (const auto* sentence = machine.deadlocks().stuck(*parsed)) {
      found["waits_for"] = "deadlock";
      found["sentence"] = *sentence;
    }
  return answer(text_of(found));
}

std::string why_recorded(const std::string& id, const std::string& page) {
  const auto answer = json::parse(page, nullptr, false);
  if (!answer.is_object() || !answer.contains("row"))
    return answer.is_object() && answer.contains("error")
             ? page
             : error("the control store does not answer");
  const auto& task = answer["row"];
  const auto text = [&](const char* name) {
    const auto at = task.find(name);
    return at != task.end() && at->is_string() ? at->get<std::string>()
                                               : std::string{};
  };
  const auto why = text("error_message");
  json found{{"id", id},
             {"kind", text("type")},
             {"waits_for", "nothing"},
             {"function", text("function")},
             {"state", text("state")}};
  found["sentence"]
    = fmt::format("{} {} waits for nothing: it is {}{}{}", text("type"),
                  text("function"), text("state"), why.empty() ? "" : ": ",
                  why);
  return text_of(found);
}

} // namespace rayd
