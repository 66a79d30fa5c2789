#include "dashboard/dashboard.hpp"

#include "wire/actor_messages.hpp"

#include <caf/actor_system.hpp>
#include <caf/after.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <utility>

namespace rayd {

/// HTTP thread -> asker: a query for the global scheduler.
struct asked {
  std::string query;
};

} // namespace rayd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::asked)

namespace rayd {

namespace {

/// Longer than the head itself waits for its control store.
constexpr std::chrono::seconds answer_patience{35};
constexpr std::chrono::seconds end_patience{3};

using take_text = std::function<void(std::string query, std::string text)>;

/// Tells *answered* the answer of each query, always: the cache waits for it.
caf::behavior asker(caf::event_based_actor* self, const caf::actor& global,
                    const take_text& answered) {
  self->set_default_handler(caf::drop);
  return {
    [=](const asked& x) {
      self->request(global, answer_patience, ask_cluster{x.query})
        .then(
          [answered, query = x.query](const std::string& text) {
            answered(query, text);
          },
          [answered, query = x.query](const caf::error&) {
            answered(query,
                     R"({"error": "the head does not answer in time"})");
          });
    },
  };
}

} // namespace

result<std::unique_ptr<dashboard>>
dashboard::start(caf::actor_system& system, dashboard_options options) {
  http_options web;
  web.host = options.host;
  web.port = options.port;
  web.token = std::move(options.token);
  web.shown_host = options.shown_host;
  auto server = http_server::open(web);
  if (!server)
    return server.error();
  std::unique_ptr<dashboard> made{new dashboard};
  made->system_ = &system;
  made->server_ = std::move(*server);
  const bool any = options.host == "0.0.0.0" || options.host == "::";
  const auto& name = any ? options.shown_host : options.host;
  const bool is_ipv6 = name.find(':') != std::string::npos;
  made->address_ = fmt::format("http://{}{}{}:{}", is_ipv6 ? "[" : "", name,
                               is_ipv6 ? "]" : "", made->server_->port());
  // stop() ends the asker before the server.
  made->asker_ = system.spawn(
    asker, std::move(options.global),
    take_text{[to = made->server_.get()](std::string query, std::string text) {
      to->answered(std::move(query), std::move(text));
    }});
  made->server_->serve([to = made->asker_](const std::string& query) {
    caf::anon_send(to, asked{query});
  });
  return made;
}

dashboard::~dashboard() {
  stop();
}

void dashboard::stop() {
  if (!asker_)
    return;
  caf::scoped_actor self{*system_};
  self->monitor(asker_);
  self->send_exit(asker_, caf::exit_reason::user_shutdown);
  self->receive([](const caf::down_msg&) {}, caf::after(end_patience) >> [] {});
  asker_ = nullptr;
  server_->stop();
}

} // namespace rayd
