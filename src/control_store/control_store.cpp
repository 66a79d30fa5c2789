#include "control_store/control_store.hpp"

#include "control_store/redis_link.hpp"
#include "control_store/store_writer.hpp"
#include "wire/records.hpp"

#include "base/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace rayd {

namespace {

caf::error error_of(const std::string& sentence) {
  return {static_cast<std::uint8_t>(ray::errc::connection_failed),
          caf::atom("rayd"), caf::make_message(sentence)};
}

const char* name_of(entity_kind kind) noexcept {
  switch (kind) {
    case entity_kind::node: return "node";
    case entity_kind::job: return "job";
    case entity_kind::actor: return "actor";
  }
  return "unknown";
}

struct control_store_state {
  static inline const char* name = "control-store"; // As shown in logs.

  ~control_store_state() {
    if (writer)
      writer->close(0);
  }

  // -- message handlers, in interface order -----------------------------------
  void on_put_entity(const put_entity& put);
  void on_put_actor_name(const put_actor_name& put);
  void on_mirror(store_order::kind table, node_index home, std::string& block,
                 const result<std::size_t>& count);
  caf::result<store_opened> on_open();
  caf::result<std::uint32_t> on_next_number(bool node);
  caf::result<store_figures> on_sync();
  caf::result<std::string> on_list(const list_store& what);
  caf::result<store_figures> on_close();
  void on_answer(const store_answer& answer);

  /// A promise that *good* fulfils when the writer has answered.
  template <class Value, class Good>
  caf::typed_response_promise<Value> promise(Good good) {
    auto made = self->make_response_promise<Value>();
    open[++last_request] = [made, good](const store_answer& answer) mutable {
      if (answer.good)
        made.deliver(good(answer));
      else
        made.deliver(error_of(answer.text));
    };
    return made;
  }

  // -- what this actor remembers ----------------------------------------------
  control_store_actor::pointer self = nullptr;
  std::shared_ptr<store_writer> writer;
  std::uint64_t last_request = 0;
  std::map<std::uint64_t, std::function<void(const store_answer&)>> open;
};

void control_store_state::on_put_entity(const put_entity& put) {
  const auto key = fmt::format("rayd:{}:{}", name_of(put.kind), put.id);
  std::vector<std::string> words{"HSET", key};
  for (const auto& [field, value] : put.fields) {
    words.push_back(field);
    words.push_back(value);
  }
  store_order order;
  order.bytes = redis_command(words);
  if (put.ended)
    order.ended = key;
  writer->push(std::move(order));
}

void control_store_state::on_put_actor_name(const put_actor_name& put) {
  const auto key = "rayd:actor-name:" + put.name;
  store_order order;
  order.bytes = put.id.empty() ? redis_command({"UNLINK", key})
                               : redis_command({"SET", key, put.id});
  writer->push(std::move(order));
}

void control_store_state::on_mirror(store_order::kind table, node_index home,
                                    std::string& block,
                                    const result<std::size_t>& count) {
  if (!count || block.size() > max_block_bytes) {
    writer->note_damaged();
    RAYD_WARN("control store refuses {} bytes of records from {}: {}",
              block.size(), node_name(home),
              count ? "too large" : count.error().message);
    return;
  }
  if (*count == 0)
    return;
  store_order order;
  order.what = table;
  order.home = home;
  order.records = *count;
  order.bytes = std::move(block);
  writer->push(std::move(order));
}

caf::result<store_opened> control_store_state::on_open() {
  auto made = promise<store_opened>([this](const store_answer& answer) {
    return store_opened{answer.text, answer.number, writer->was_empty()};
  });
  writer->request_open(last_request);
  return made;
}

caf::result<std::uint32_t> control_store_state::on_next_number(bool node) {
  auto made = promise<std::uint32_t>([](const store_answer& answer) {
    return static_cast<std::uint32_t>(answer.number);
  });
  writer->request_number(last_request, node);
  return made;
}

caf::result<store_figures> control_store_state::on_sync() {
  auto made = promise<store_figures>(
    [this](const store_answer&) { return writer->figures(); });
  store_order barrier;
  barrier.what = store_order::kind::barrier;
  barrier.request = last_request;
  writer->push(std::move(barrier));
  return made;
}

caf::result<std::string> control_store_state::on_list(const list_store& what) {
  auto made = promise<std::string>(
    [](const store_answer& answer) { return answer.text; });
  writer->request_list(last_request, what);
  return made;
}

caf::result<store_figures> control_store_state::on_close() {
  auto made = promise<store_figures>([this](const store_answer&) {
    self->quit();
    return writer->figures();
  });
  writer->close(last_request);
  return made;
}

void control_store_state::on_answer(const store_answer& answer) {
  auto found = open.find(answer.request);
  if (found == open.end())
    return;
  auto deliver = std::move(found->second);
  open.erase(found);
  deliver(answer);
}

/// Lets the thread answer without keeping the actor alive.
store_writer::answer_function answer_to(control_store_actor::pointer self) {
  return [weak = caf::weak_actor_ptr{self->ctrl()}](const store_answer& what) {
    if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(weak))
      caf::anon_send(caf::actor_cast<control_store_actor>(strong), what);
  };
}

control_store_actor::behavior_type
control_store(control_store_actor::stateful_pointer<control_store_state> self,
              const control_store_options& options) {
  auto* state = &self->state;
  state->self = self;
  state->writer = store_writer::start(options, answer_to(self));
  return {
    [=](const put_entity& put) { state->on_put_entity(put); },
    [=](const put_actor_name& put) { state->on_put_actor_name(put); },
    [=](mirror_tasks& tasks) {
      state->on_mirror(store_order::kind::tasks, tasks.home, tasks.block,
                       count_tasks(tasks.block));
    },
    [=](mirror_objects& objects) {
      state->on_mirror(store_order::kind::objects, objects.home, objects.block,
                       count_objects(objects.block));
    },
    [=](open_store) { return state->on_open(); },
    [=](next_node_index) { return state->on_next_number(true); },
    [=](next_job_number) { return state->on_next_number(false); },
    [=](sync_store) { return state->on_sync(); },
    [=](const list_store& what) { return state->on_list(what); },
    [=](close_store) { return state->on_close(); },
    [=](const store_answer& answer) { state->on_answer(answer); },
  };
}

} // namespace

control_store_actor spawn_control_store(caf::actor_system& system,
                                        control_store_options options) {
  return system.spawn(control_store, std::move(options));
}

} // namespace rayd
