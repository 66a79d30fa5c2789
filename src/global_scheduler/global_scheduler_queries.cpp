// What people ask the head: rayd status, why, logs, list and so on.

#include "global_scheduler/global_scheduler_state.hpp"

#include "wire/failure_record.hpp"
#include "wire/query.hpp"

#include <caf/actor_cast.hpp>

#include <nlohmann/json.hpp>

#include <set>
#include <string_view>

namespace rayd {

namespace {

constexpr std::chrono::seconds desk_timeout{30};
constexpr time_us store_patience_us
  = std::chrono::microseconds{desk_timeout}.count();

/// A node that does not answer within this is not waited for.
constexpr time_us node_patience_us = 2'000'000;

std::int64_t wall_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::string text_in(const nlohmann::json& query, const char* name) {
  const bool is_text = query.is_object() && query.contains(name)
                       && query[name].is_string();
  return is_text ? query[name].get<std::string>() : std::string{};
}

/// Deeper than any question of ours: copies of such JSON recurse.
bool nests_too_deep(std::string_view text) {
  constexpr int depth_max = 32;
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"')
      in_text = !in_text;
    else if (in_text)
      i += c == '\\' ? 1 : 0;
    else if ((c == '[' || c == '{') && ++depth > depth_max)
      return true;
    else if (c == ']' || c == '}')
      --depth;
  }
  return false;
}

} // namespace

void global_scheduler_state::answer_query(link_id to,
                                          const cluster_query& query) {
  if (nests_too_deep(query.text))
    return answer(to, query.request,
                  R"({"error": "the question nests deeper than 32 levels"})");
  const auto asked = nlohmann::json::parse(query.text, nullptr, false);
  const auto what = text_in(asked, "what");
  if (what == query_why) {
    const auto number = ++last_question;
    const auto id = text_in(asked, "id");
    questions[number] = {to, query.request, id, 0, {},
                         steady_now() + node_patience_us};
    go_on(number, why_asked(*machine, id));
    return;
  }
  if (is_for_desk(what))
    return ask_desk(to, query);
  if (what == query_series)
    return answer(to, query.request,
                  series.answer(query.text, steady_now(), wall_now()));
  if (what == query_metrics)
    return answer(to, query.request, metrics.answer());
  if (what == query_logs) {
    const auto number = ++last_question;
    log_requests[number] = {to, query.request, query.text, 0, {},
                            steady_now() + node_patience_us};
    return go_on_with_logs(number, log_requests.size() > log_requests_max
                                     ? log_refused()
                                     : log_asked(*machine, query.text));
  }
  const auto answer = rayd::answer_query(*machine, context(), query.text);
  cluster_answer out;
  out.request = query.request;
  if (answer)
    out.text = *answer;
  else
    out.failure
      = encode_failure(answer.error().code, answer.error().message);
  to_link(to, std::move(out));
}

void global_scheduler_state::ask_desk(link_id to, const cluster_query& query) {
  const auto said = [this, to, number = query.request](const auto& text) {
    answer(to, number, text);
  };
  self->request(desk, desk_timeout, state_asked{query.text})
    .then([said](const std::string& text) { said(text); },
          [said](const caf::error&) {
            said(R"({"error": "the head does not answer in time"})");
          });
}

caf::response_promise
global_scheduler_state::on_asked(const ask_cluster& asked) {
  auto promise = self->make_response_promise();
  const auto number = ++last_question;
  asked_here.emplace(number, promise);
  answer_query(dashboard_link, {number, asked.query});
  return promise;
}

void global_scheduler_state::answer_here(const control_message& message) {
  const auto* said = std::get_if<cluster_answer>(&message);
  const auto at = said ? asked_here.find(said->request) : asked_here.end();
  if (at == asked_here.end())
    return;
  auto promise = std::move(at->second);
  asked_here.erase(at);
  promise.deliver(
    said->failure.empty()
      ? said->text
      : nlohmann::json{{"error", decode_failure(said->failure).message}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace));
}

query_context global_scheduler_state::context() const {
  return {steady_now(), started, options.address, own_node_link};
}

// -- what nodes know ----------------------------------------------------------

caf::response_promise global_scheduler_state::on_survey(const survey& asked) {
  auto promise = self->make_response_promise();
  const auto number = ++last_question;
  std::set<node_index> waiting;
  for (const auto& [index, node] : machine->nodes())
    for (const auto& one : asked.questions)
      if (counts(node) && (one.node == 0 || one.node == index)) {
        waiting.insert(index);
        to_link(node.link, cluster_query{number, one.text});
      }
  surveys.begin(number, std::move(waiting), steady_now() + node_patience_us,
                [this, promise](node_answers said) mutable {
                  auto nodes = rayd::answer_query(*machine, context(),
                                                  R"({"what": "nodes"})");
                  promise.deliver(
                    survey_answer{std::move(said), nodes ? *nodes : ""});
                });
  return promise;
}

// -- rayd why -----------------------------------------------------------------

void global_scheduler_state::answer(link_id to, std::uint64_t request,
                                    const std::string& text) {
  to_link(to, cluster_answer{request, text, {}});
}

void global_scheduler_state::go_on(std::uint64_t number,
                                   const why_step& step) {
  auto& open = questions.at(number);
  switch (step.what) {
    case why_step::kind::ask_node:
      open.asked = step.node;
      to_link(machine->nodes().at(step.node).link,
              cluster_query{number, open.id});
      return;
    case why_step::kind::ask_store: look_up(number); return;
    case why_step::kind::answer: break;
  }
  answer(open.asker, open.request, step.text);
  questions.erase(number);
}

void global_scheduler_state::go_on_with_logs(std::uint64_t number,
                                             const log_step& step) {
  const auto at = log_requests.find(number);
  if (at == log_requests.end())
    return;
  auto& open = at->second;
  if (step.what == log_step::kind::ask_node) {
    open.asked = step.node;
    open.until = steady_now() + node_patience_us;
    to_link(machine->nodes().at(step.node).link,
            cluster_query{number, step.text});
  } else if (step.what == log_step::kind::ask_store) {
    open.until = steady_now() + store_patience_us;
    find_task(step.text, [this, number](const std::string& page) {
      if (const auto found = log_requests.find(number);
          found != log_requests.end())
        go_on_with_logs(number,
                        log_recorded(*machine, found->second.id, page));
    });
  } else {
    answer(open.asker, open.request, step.text);
    log_requests.erase(at);
  }
}

void global_scheduler_state::node_answered(node_index node,
                                           const cluster_answer& said) {
  if (surveys.answer(said.request, node, said.text))
    return;
  if (const auto log = log_requests.find(said.request);
      log != log_requests.end() && log->second.asked == node)
    return go_on_with_logs(said.request,
                           {log_step::kind::answer, said.text, 0});
  const auto at = questions.find(said.request);
  if (at == questions.end() || at->second.asked != node)
    return;
  const auto before = std::exchange(at->second.before, said.text);
  go_on(said.request,
        why_answered(*machine, at->second.id, node, said.text, before));
}

/// Calls *then* with what the control store has of the task *id*, as JSON.
void global_scheduler_state::find_task(
  const std::string& id, std::function<void(const std::string&)> then) {
  const nlohmann::json asked{{"what", query_get}, {"kind", "task"}, {"id", id}};
  self->request(desk, desk_timeout, state_asked{asked.dump(), true})
    .then([then](const std::string& page) { then(page); },
          [then](const caf::error&) { then({}); });
}

void global_scheduler_state::look_up(std::uint64_t number) {
  auto& open = questions.at(number);
  open.asked = 0;
  open.until = steady_now() + store_patience_us;
  find_task(open.id, [this, number](const std::string& page) {
    if (const auto at = questions.find(number); at != questions.end())
      go_on(number, {why_step::kind::answer,
                     why_recorded(at->second.id, page), 0});
  });
}

void global_scheduler_state::forget_late_questions() {
  const auto now = steady_now();
  for (auto at = questions.begin(); at != questions.end();) {
    const auto number = at->first;
    const auto& open = (at++)->second;
    if (open.until <= now)
      go_on(number, why_answered(*machine, open.id, open.asked, "",
                                 open.before));
  }
  surveys.expire(now);
  for (auto at = log_requests.begin(); at != log_requests.end();) {
    const auto& [number, open] = *at++;
    if (open.until <= now)
      go_on_with_logs(number, {log_step::kind::answer,
                               log_unanswered(open.asked), 0});
  }
}

} // namespace rayd
