#include "driver/client_actor.hpp"

#include "transport/basp_lane.hpp"
#include "transport/hello.hpp"
#include "wire/tags.hpp"

#include <caf/actor_cast.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace rayd {

namespace {

using json = nlohmann::json;

template <class Number>
Number number_in(const json& from, const char* name) {
  const auto at = from.find(name);
  return at != from.end() && at->is_number_unsigned() ? at->get<Number>()
                                                      : Number{0};
}

/// The node's answer to attach.
result<client_identity> parse_welcome(const std::string& text) {
  const auto fields = json::parse(text, nullptr, false);
  if (!fields.is_object())
    return failure{ray::errc::connection_failed,
                   "the node's welcome cannot be read: do program and node "
                   "have the same version?"};
  if (const auto error = fields.find("error"); error != fields.end())
    return failure{ray::errc::connection_failed,
                   error->is_object() ? error->value("message", std::string{})
                                      : error->dump()};
  client_identity identity;
  identity.process = number_in<std::uint64_t>(fields, "process");
  identity.node = number_in<node_index>(fields, "node");
  identity.job = number_in<job_number>(fields, "job");
  identity.lane_window = number_in<std::size_t>(fields, "lane_window");
  if (identity.lane_window == 0)
    identity.lane_window = lane::default_window;
  if (const auto folder = fields.find("session_dir");
      folder != fields.end() && folder->is_string())
    identity.session_folder = folder->get<std::string>();
  return identity;
}

} // namespace

client_actor::client_actor(caf::actor_config& config,
                           std::shared_ptr<client> owner,
                           client_greeting greeting,
                           std::shared_ptr<client_signals> signals)
  : task_path_actor(config),
    client_(std::move(owner)),
    greeting_(std::move(greeting)),
    signals_(std::move(signals)) {
  use_bell(client_->alarm());
}

void client_actor::on_start() {
  thread_ = std::this_thread::get_id();
  // Monitor first: what is sent to a dead actor vanishes without a word.
  monitor(caf::actor_cast<caf::actor_addr>(greeting_.node));
  send_bytes(greeting_.node, link_atom::value, link_text(greeting_.link));
  send_bytes(greeting_.node, attach_atom::value,
             std::move(greeting_.attach));
}

void client_actor::let_in(result<client_identity> answer) {
  if (!std::exchange(answered_, true))
    signals_->let_in.set_value(std::move(answer));
}

void client_actor::on_message(caf::atom_value tag, std::string& bytes,
                              const caf::strong_actor_ptr& from) {
  if (from != greeting_.node)
    return;
  if (tag != welcome_atom::value) {
    client_->deliver(tag, bytes);
    return;
  }
  if (answered_)
    return;
  auto identity = parse_welcome(bytes);
  // Before the next message, which may be a batch already.
  if (identity)
    client_->opened(*identity, caf::strong_actor_ptr{ctrl()},
                    greeting_.node);
  let_in(std::move(identity));
}

void client_actor::on_down(const caf::actor_addr&, const caf::error&) {
  // It may have said why before it went.
  while (client_->receive()) {
  }
  const std::string sentence
    = "the connection to this machine's node was lost: its process ended or "
      "was killed; see its log";
  let_in(failure{ray::errc::connection_failed, sentence});
  client_->fail(sentence);
  stop();
}

bool client_actor::on_turn_end() {
  const bool more = client_->receive();
  look_at_ = client_->look(clock::now());
  return more;
}

void client_actor::on_stop() {
  let_in(failure{ray::errc::connection_failed, "the program ends"});
  client_ = nullptr;
  greeting_.node = nullptr;
  signals_->stopped.set_value();
}

} // namespace rayd
