#include "global_scheduler/state_merge.hpp"

#include "wire/node_wish.hpp"
#include "wire/state_question.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace rayd {

namespace {

using json = nlohmann::ordered_json;

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_in(const json& from, const char* name) {
  const auto at = from.is_object() ? from.find(name) : from.end();
  return from.is_object() && at != from.end() && at->is_string()
           ? at->get<std::string>()
           : std::string{};
}

json parse(const std::string& text) {
  return json::parse(text, nullptr, false);
}

bool is_about_workers(const json& asked) {
  const auto kind = text_in(asked, "kind");
  return kind == "workers" || kind == "worker";
}

/// Rows of a page; the one of "get" too.
std::vector<json*> rows_of(json& page) {
  std::vector<json*> rows;
  if (!page.is_object())
    return rows;
  if (const auto one = page.find("row"); one != page.end())
    rows.push_back(&*one);
  if (const auto all = page.find("rows"); all != page.end() && all->is_array())
    for (auto& row : *all)
      rows.push_back(&row);
  return rows;
}

/// Whether its home can add something to the row.
bool wants_more(const json& row, bool objects) {
  const auto state = text_in(row, "state");
  return objects || state == "waiting_for_args"
         || state == "waiting_for_resources" || state == "blocked";
}

bool lists_objects(const json& asked) {
  const auto kind = text_in(asked, "kind");
  return text_in(asked, "what") == "memory" || kind == "objects"
         || kind == "object";
}

bool lists_tasks(const json& asked) {
  const auto what = text_in(asked, "what");
  const auto kind = text_in(asked, "kind");
  return (what == "list" && kind == "tasks")
         || (what == "get" && kind == "task");
}

bool lists_actors(const json& asked) {
  const auto what = text_in(asked, "what");
  const auto kind = text_in(asked, "kind");
  return (what == "list" && kind == "actors")
         || (what == "get" && kind == "actor");
}

/// Who can add something to the row; 0: nobody. Of an actor that is where it
/// lives, else the home.
node_index asked_about(const json& row, const object_id& id, bool actors,
                       bool objects) {
  if (actors)
    return text_in(row, "state") == "alive" ? parse_node(text_in(row, "node"))
                                            : 0;
  return wants_more(row, objects) ? id.home() : 0;
}

std::string workers_answer(const json& asked, const std::string& request,
                           const node_answers& said) {
  const auto question = read_question(request);
  if (!question)
    return text_of({{"error", question.error().message}});
  auto rows = json::array();
  std::size_t total = 0;
  for (const auto& [node, text] : said) {
    const auto answer = parse(text);
    if (!answer.is_object() || !answer.contains("workers"))
      continue;
    for (const auto& row : answer["workers"]) {
      const auto field = [&](std::string_view name) {
        const auto at = row.find(std::string{name});
        return at == row.end() || at->is_null() ? std::string{}
               : at->is_string()                ? at->get<std::string>()
                                                : text_of(*at);
      };
      if (text_in(asked, "what") == "get") {
        if (field("id") == question->id)
          return text_of({{"row", row}});
        continue;
      }
      if (!matches(question->filters, field))
        continue;
      if (++total <= question->limit)
        rows.push_back(row);
    }
  }
  if (text_in(asked, "what") == "get")
    return text_of({{"error", "no worker " + question->id
                                + " is there: rayd list workers shows those "
                                  "that are"}});
  const auto shown = rows.size();
  return text_of({{"kind", "workers"},
                  {"rows", std::move(rows)},
                  {"next", ""},
                  {"total", total},
                  {"dropped", total - shown}});
}

/// Store bytes of each node, for "memory".
json stores(const std::string& nodes) {
  auto list = json::array();
  const auto answer = parse(nodes);
  if (answer.is_object() && answer.contains("nodes"))
    for (const auto& node : answer["nodes"])
      if (text_in(node, "state") != "dead")
        list.push_back({{"node", node["id"]},
                        {"store_used", node["store_used"]},
                        {"store_capacity", node["store_capacity"]}});
  return list;
}

} // namespace

std::string store_question(const std::string& request) {
  auto asked = parse(request);
  if (is_about_workers(asked))
    return {};
  if (text_in(asked, "what") == "memory") {
    asked["what"] = "list";
    asked["kind"] = "objects";
  }
  return text_of(asked);
}

std::vector<node_question> node_questions(const std::string& request,
                                          const std::string& page) {
  const auto asked = parse(request);
  if (is_about_workers(asked))
    return {{0, text_of({{"what", "workers"}})}};
  const bool objects = lists_objects(asked);
  const bool actors = lists_actors(asked);
  if (!objects && !actors && !lists_tasks(asked))
    return {};
  auto shown = parse(page);
  std::map<node_index, json> by_node;
  std::size_t count = 0;
  for (const auto* row : rows_of(shown)) {
    const auto id = parse_object_id(text_in(*row, "id"));
    const auto node = id ? asked_about(*row, *id, actors, objects) : 0;
    if (node == 0 || ++count > most_asked_ids)
      continue;
    by_node[node].push_back(to_string(*id));
  }
  std::vector<node_question> questions;
  for (auto& [node, ids] : by_node)
    questions.push_back({node, text_of({{"what", actors ? "actors" : "about"},
                                        {"ids", std::move(ids)}})});
  return questions;
}

std::string merge_state(const std::string& request, const std::string& page,
                        const node_answers& said, const std::string& nodes) {
  const auto asked = parse(request);
  if (is_about_workers(asked))
    return workers_answer(asked, request, said);
  const bool memory = text_in(asked, "what") == "memory";
  if (said.empty() && !memory)
    return page;
  auto merged = parse(page);
  if (!merged.is_object() || merged.contains("error"))
    return page;
  std::map<std::string, json> about;
  for (const auto& [node, text] : said) {
    const auto answer = parse(text);
    if (answer.is_object() && answer.contains("about"))
      for (const auto& [id, known] : answer["about"].items())
        about[id] = known;
  }
  for (auto* row : rows_of(merged))
    if (const auto at = about.find(text_in(*row, "id")); at != about.end())
      for (const auto& [name, value] : at->second.items())
        (*row)[name] = value;
  if (memory) {
    merged["kind"] = "memory";
    merged["stores"] = stores(nodes);
  }
  return text_of(merged);
}

} // namespace rayd
