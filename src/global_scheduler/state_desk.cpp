#include "global_scheduler/state_desk.hpp"

#include "global_scheduler/read_row.hpp"
#include "wire/query.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_clock.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

namespace rayd {

namespace {

constexpr std::chrono::seconds store_timeout{20};
constexpr std::chrono::seconds survey_timeout{5};

/// Questions in progress; more are refused.
constexpr std::size_t questions_max = 32;

constexpr std::array<std::string_view, 6> answered{
  query_list,     query_get,   query_summary,
  query_timeline, query_graph, query_memory};

std::string error(const std::string& sentence) {
  return nlohmann::json{{"error", sentence}}.dump(
    -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The sentence in an error of the control store's.
std::string sentence_in(const caf::error& why) {
  const auto& context = why.context();
  return context.match_elements<std::string>()
           ? context.get_as<std::string>(0)
           : "the control store does not answer: ask again in a moment";
}

struct state_desk_state {
  static inline const char* name = "state-desk";

  /// One query on its way to its answer.
  struct question {
    caf::response_promise promise;
    std::string request;
    bool store_alone = false;
    std::string query; ///< To the control store.
    std::string page;  ///< What the control store said.
  };

  caf::response_promise on_asked(const state_asked& x);
  void ask_store(std::uint64_t number);
  void serve_row();
  void on_page(std::uint64_t number, const std::string& page);
  void finish(std::uint64_t number, const survey_answer& found);
  void refuse(std::uint64_t number, const std::string& sentence);
  std::int64_t now_us() const;

  caf::event_based_actor* self = nullptr;
  control_store_actor store;
  caf::actor global;
  std::map<std::uint64_t, question> open;
  read_row reads; ///< Those of `open` that ask the store, or wait to.
  std::uint64_t last = 0;
};

caf::response_promise state_desk_state::on_asked(const state_asked& x) {
  auto promise = self->make_response_promise();
  if (open.size() >= questions_max) {
    promise.deliver(error("the head answers many queries just now: ask again "
                          "in a moment"));
    return promise;
  }
  const auto number = ++last;
  auto query = store_question(x.request);
  const bool reads_store = !query.empty();
  open[number] = {promise, x.request, x.store_alone, std::move(query), {}};
  if (!reads_store)
    on_page(number, {});
  else if (reads.begin(number, now_us()))
    ask_store(number);
  return promise;
}

void state_desk_state::ask_store(std::uint64_t number) {
  self->request(store, store_timeout,
                list_store{{}, 0, std::move(open.at(number).query)})
    .then(
      [this, number](const std::string& page) {
        reads.end(number);
        on_page(number, page);
        serve_row();
      },
      [this, number](const caf::error& why) {
        reads.end(number);
        refuse(number, sentence_in(why));
        serve_row();
      });
}

void state_desk_state::serve_row() {
  while (const auto turn = reads.next(now_us()))
    if (turn->late)
      refuse(turn->number, "the control store is busy: ask again in a moment");
    else
      ask_store(turn->number);
}

std::int64_t state_desk_state::now_us() const {
  const auto now = self->clock().now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

void state_desk_state::on_page(std::uint64_t number, const std::string& page) {
  auto& asked = open.at(number);
  if (asked.store_alone) {
    asked.promise.deliver(page);
    open.erase(number);
    return;
  }
  asked.page = page;
  self->request(global, survey_timeout,
                survey{node_questions(asked.request, page)})
    .then(
      [this, number](const survey_answer& found) { finish(number, found); },
      [this, number](const caf::error&) { finish(number, {}); });
}

void state_desk_state::finish(std::uint64_t number,
                              const survey_answer& found) {
  auto asked = std::move(open.at(number));
  open.erase(number);
  asked.promise.deliver(
    merge_state(asked.request, asked.page, found.said, found.nodes));
}

void state_desk_state::refuse(std::uint64_t number,
                              const std::string& sentence) {
  auto promise = std::move(open.at(number).promise);
  open.erase(number);
  promise.deliver(error(sentence));
}

caf::behavior state_desk(caf::stateful_actor<state_desk_state>* self,
                         const control_store_actor& store,
                         const caf::actor& global) {
  auto& state = self->state;
  state.self = self;
  state.store = store;
  state.global = global;
  return {
    [&state](const state_asked& x) { return state.on_asked(x); },
  };
}

} // namespace

bool is_for_desk(std::string_view what) {
  return std::find(answered.begin(), answered.end(), what) != answered.end();
}

caf::actor spawn_state_desk(caf::event_based_actor* self,
                            control_store_actor store) {
  return self->spawn<caf::detached + caf::linked>(
    state_desk, std::move(store), caf::actor_cast<caf::actor>(self));
}

} // namespace rayd
