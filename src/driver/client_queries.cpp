// Questions to the cluster, and who this code is.

#include "driver/client.hpp"

#include "wire/failure_record.hpp"
#include "wire/query.hpp"

#include <ray/errors.hpp>
#include <ray/get.hpp>
#include <ray/session.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <span>

namespace rayd {

using ray::detail::object_handle;
using json = nlohmann::json;

namespace {

constexpr auto query_patience = std::chrono::seconds{30};

std::map<std::string, double> amounts_of(const json& from) {
  std::map<std::string, double> amounts;
  if (from.is_object())
    for (const auto& [name, amount] : from.items())
      if (amount.is_number())
        amounts[name] = amount.get<double>();
  return amounts;
}

std::map<std::string, std::string> texts_of(const json& from) {
  std::map<std::string, std::string> texts;
  if (from.is_object())
    for (const auto& [name, text] : from.items())
      if (text.is_string())
        texts[name] = text.get<std::string>();
  return texts;
}

std::string text_in(const json& from, const char* name) {
  const auto at = from.find(name);
  return at != from.end() && at->is_string() ? at->get<std::string>() : "";
}

/// @error connection_failed  It is not what a node answers.
json parse_answer(const std::string& text) {
  auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object())
    throw ray::connection_failed(
      "the node's answer cannot be read: do program and node have the same "
      "version?");
  if (const auto error = text_in(parsed, "error"); !error.empty())
    throw ray::connection_failed(error);
  return parsed;
}

} // namespace

answer client::ask(const std::string& text, std::chrono::milliseconds limit) {
  const auto until = questions::clock::now() + limit;
  const auto number = questions_.open();
  send(client_query{number, text}, push::now);
  auto given = questions_.wait(number, until);
  if (!given) {
    require_open();
    throw ray::connection_failed(
      fmt::format("the head did not answer within {} ms: is it running? see "
                  "rayd status",
                  limit.count()));
  }
  if (!given->failure.empty())
    ray::detail::throw_failure(
      std::as_bytes(std::span<const char>{given->failure}));
  return *std::move(given);
}

object_handle client::find_actor(std::string_view name,
                                 std::string_view interface) {
  require_open();
  const json question{{"what", "actor"}, {"name", name}};
  const auto found = parse_answer(ask(question.dump(), query_patience).text);
  const auto id = parse_object_id(text_in(found, "actor"));
  if (!id)
    throw ray::no_such_actor(
      fmt::format("no live actor is named \"{}\"", name));
  const auto is = text_in(found, "interface");
  if (is != interface)
    throw ray::wrong_type(fmt::format("the actor \"{}\" is a {}, not a {}",
                                      name, is, interface));
  return retain(*id);
}

std::map<std::string, double> client::resources(bool available) {
  require_open();
  const json question{{"what", available ? "available_resources"
                                         : "cluster_resources"}};
  return amounts_of(parse_answer(ask(question.dump(), query_patience).text));
}

std::vector<ray::node_info> client::nodes() {
  require_open();
  const json question{{"what", query_nodes}};
  const auto found = parse_answer(ask(question.dump(), query_patience).text);
  std::vector<ray::node_info> nodes;
  const auto list = found.find("nodes");
  if (list == found.end() || !list->is_array())
    return nodes;
  for (const auto& from : *list) {
    if (!from.is_object())
      continue;
    ray::node_info node;
    node.id = text_in(from, "id");
    node.host = text_in(from, "host");
    node.state = text_in(from, "state");
    node.resources = amounts_of(from.value("resources_total", json{}));
    node.labels = texts_of(from.value("labels", json{}));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

ray::context client::current_context() {
  const auto& here = frame();
  ray::context context;
  context.job_id = job_name(identity_.job);
  context.node_id = node_name(identity_.node);
  if (worker_ == nullptr)
    return context;
  context.worker_id = fmt::format("{}-w{}", context.node_id,
                                  identity_.process);
  const auto& lives = actor();
  if (lives.id)
    context.actor_id = to_string(lives.id);
  context.was_restarted = lives.life > 0;
  if (!here.task)
    return context;
  context.task_id = to_string(here.task);
  context.attempt = here.attempt;
  if (here.spec != nullptr)
    for (const auto& [name, units] :
         lives.id ? lives.resources : here.spec->demand)
      context.assigned_resources[name]
        = static_cast<double>(units) / resource_set::unit;
  return context;
}

} // namespace rayd
