// What the local scheduler and the head tell each other.

#include "local_scheduler/local_scheduler.hpp"

#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "wire/actor_messages.hpp"
#include "wire/failure_record.hpp"
#include "wire/query.hpp"
#include "wire/tags.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rayd {

namespace {

using json = nlohmann::json;

constexpr std::chrono::milliseconds load_interval{5};
constexpr std::chrono::milliseconds mirror_interval{50};

bool asks_for_logs(const std::string& query) {
  const auto asked = json::parse(query, nullptr, false);
  return asked.is_object() && asked.contains("what")
         && asked["what"] == query_logs;
}

} // namespace

void local_scheduler::to_head(const control_message& message) {
  auto bytes = encode_control(message);
  if (neighbours_.global)
    caf::anon_send(neighbours_.global,
                   control_from{own_node_link,
                                caf::actor_cast<caf::strong_actor_ptr>(this),
                                std::move(bytes)});
  else if (head_)
    send_bytes(head_, control_atom::value, std::move(bytes));
}

void local_scheduler::on_control(std::string& bytes,
                                 const caf::strong_actor_ptr& from) {
  const auto link = links_.find(caf::actor_cast<caf::actor_addr>(from));
  if (neighbours_.global && link != links_.end()) {
    if (link->second->kind == link_kind::node)
      caf::anon_send(neighbours_.global,
                     control_from{link->second->number, from,
                                  std::move(bytes)});
    return;
  }
  auto message = decode_control(bytes);
  if (message)
    on_head_message(std::move(*message));
  else
    RAYD_WARN("a message of the head is ignored: {}",
              message.error().message);
}

void local_scheduler::on_head_message(control_message&& message) {
  const bool taken = std::visit(
    overloaded{
      [&](place_tasks& x) {
        if (x.epoch >= epoch_ && begun())
          machine_->place(x);
        return true;
      },
      [&](shape_verdict& x) {
        if (x.epoch >= epoch_ && begun())
          machine_->judged(x);
        return true;
      },
      [&](bundle_order& x) {
        if (x.epoch >= epoch_ && begun())
          machine_->ordered(x);
        return true;
      },
      [&](group_news& x) {
        if (x.epoch >= epoch_ && begun())
          machine_->group_changed(x);
        return true;
      },
      [&](wait_question& x) {
        if (x.epoch >= epoch_ && begun())
          machine_->asked(x);
        return true;
      },
      [&](deadlock_news& x) {
        if (x.epoch >= epoch_ && begun())
          machine_->found(x);
        return true;
      },
      [&](cluster_query& x) {
        // An id alone is a `rayd why`.
        if (!x.text.starts_with('{'))
          to_head(cluster_answer{x.request,
                                 begun() ? machine_->why(x.text) : "", ""});
        else if (asks_for_logs(x.text))
          ask_logs(x);
        else
          to_head(cluster_answer{x.request,
                                 begun() ? machine_->survey(x.text) : "", ""});
        return true;
      },
      [&](job_given& x) {
        on_job_given(x);
        return true;
      },
      [&](actor_name_answer& x) {
        on_name_answer(x);
        return true;
      },
      [&](cluster_answer& x) {
        on_answer(x.request, x.text, x.failure);
        return true;
      },
      [](auto&) { return false; },
    },
    message);
  if (!taken)
    caf::anon_send(neighbours_.agent, membership_news{std::move(message)});
}

void local_scheduler::on_name_answer(const actor_name_answer& answer) {
  if (const auto claim = claims_.find(answer.request);
      claim != claims_.end()) {
    const auto actor = claim->second;
    claims_.erase(claim);
    machine_->name_answered(actor, answer.failure);
    return;
  }
  const json found{{"actor", to_string(answer.actor)},
                   {"interface", answer.interface}};
  on_answer(answer.request, found.dump(), answer.failure);
}

void local_scheduler::ask_head(std::uint64_t request,
                               const std::string& text) {
  const auto asked = json::parse(text, nullptr, false);
  const auto text_in = [&](const char* name) {
    const bool is_text = asked.is_object() && asked.contains(name)
                         && asked[name].is_string();
    return is_text ? asked[name].get<std::string>() : std::string{};
  };
  if (!neighbours_.global && !head_)
    on_answer(request, "",
              encode_failure(ray::errc::connection_failed,
                             "the head of the cluster does not answer"));
  else if (text_in("what") == "actor")
    to_head(find_actor_name{request, text_in("name")});
  else
    to_head(cluster_query{request, text});
}

void local_scheduler::on_answer(std::uint64_t request, const std::string& text,
                                const std::string& failure) {
  const auto at = questions_.find(request);
  if (at == questions_.end())
    return;
  const auto asked = std::move(at->second);
  questions_.erase(at);
  const auto link = links_.find(asked.asker);
  if (link == links_.end())
    return;
  if (asked.process != 0) {
    link->second->add(query_answer{asked.request, text, failure});
    return;
  }
  const auto answer
    = failure.empty()
        ? text
        : json{{"error", decode_failure(failure).message}}.dump();
  send_bytes(link->second->root, query_atom::value, answer);
}

// -- reports ------------------------------------------------------------------

void local_scheduler::send_load(clock::time_point now) {
  // Not with heartbeats: who is busy sends none, its loads take their place.
  if (now - usage_asked_ >= heartbeat_) {
    usage_asked_ = now;
    send(neighbours_.store, ask_store_usage{});
  }
  load_changed_ = load_changed_ || busy_;
  const bool heartbeat = now - load_sent_ >= heartbeat_;
  if (!heartbeat && (!load_changed_ || now - load_sent_ < load_interval))
    return;
  auto load = last_load_;
  machine_->fill_load(load);
  const bool same = load.available == last_load_.available
                    && load.waiting == last_load_.waiting
                    && load.spread == last_load_.spread
                    && load.workers == last_load_.workers
                    && load.grants_seen.empty() && load.grants_done.empty();
  load_changed_ = false;
  if (same && !heartbeat)
    return;
  load.node = options_.machine.self;
  load.epoch = epoch_;
  load.sequence = ++load_sequence_;
  load_sent_ = now;
  to_head(load);
  last_load_ = std::move(load);
  last_load_.grants_seen.clear();
  last_load_.grants_done.clear();
}

void local_scheduler::send_mirror(clock::time_point now) {
  if (mirror_.empty()
      || (!mirror_.full() && now - mirror_sent_ < mirror_interval))
    return;
  auto* link = head_link();
  mirror_sent_ = now;
  do {
    if (!neighbours_.global && (!link || !link->lane->can_send()))
      return;
    auto block = mirror_.take(options_.machine.self);
    if (neighbours_.global)
      pass_mirror(std::move(*block), own_node_link,
                  caf::actor_cast<caf::strong_actor_ptr>(this));
    else
      link->add(mirror_block{std::move(block->tasks),
                             std::move(block->objects)});
    if (link)
      link->flush();
  } while (mirror_.full());
}

scheduler_link* local_scheduler::head_link() {
  if (!head_)
    return nullptr;
  const auto at = links_.find(caf::actor_cast<caf::actor_addr>(head_));
  return at == links_.end() ? nullptr : at->second.get();
}

void local_scheduler::pass_mirror(mirror_records&& records,
                                  std::uint64_t link,
                                  const caf::strong_actor_ptr& root) {
  caf::anon_send(neighbours_.global,
                 control_from{link, root, encode_control(records)});
}

} // namespace rayd
