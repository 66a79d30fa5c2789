#include "transport/task_path_actor.hpp"

#include <caf/detail/default_invoke_result_visitor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/system_messages.hpp>

namespace rayd {

namespace {

// Messages of one turn; then lanes and batches get theirs.
constexpr int messages_per_turn = 256;

} // namespace

task_path_actor::task_path_actor(caf::actor_config& config)
  : caf::blocking_actor(config) {}

void task_path_actor::on_down(const caf::actor_addr&, const caf::error&) {}

void task_path_actor::stop() noexcept {
  stopped_ = true;
  ring();
}

void task_path_actor::enqueue(caf::mailbox_element_ptr element,
                              caf::execution_unit* unit) {
  caf::blocking_actor::enqueue(std::move(element), unit);
  ring();
}

void task_path_actor::act() {
  local_ = make_local_behavior();
  on_start();
  while (!stopped_) {
    // Before looking for work, so that a ring from here on ends the wait.
    const auto seen = bell_->peek();
    for (int i = 0; i < messages_per_turn && !stopped_; ++i) {
      // dequeue() alone would wait on CAF's own condition variable.
      if (!has_next_message())
        break;
      if (auto element = dequeue())
        take(*element);
    }
    const bool more = on_turn_end();
    if (!stopped_ && !more && !has_next_message())
      bell_->wait(seen, next_deadline());
  }
  on_stop();
  local_ = caf::behavior{};
}

void task_path_actor::take(caf::mailbox_element& element) {
  auto& content = element.content();
  if (content.match_elements<caf::atom_value, std::string>()) {
    // Of a message that was sent to several actors, others see the bytes too.
    auto bytes = content.shared()
                   ? content.get_as<std::string>(1)
                   : std::move(content.get_mutable_as<std::string>(1));
    on_message(content.get_as<caf::atom_value>(0), bytes, element.sender);
    return;
  }
  if (content.match_elements<caf::down_msg>()) {
    const auto& down = content.get_as<caf::down_msg>(0);
    on_down(down.source, down.reason);
    return;
  }
  if (content.match_elements<caf::exit_msg>()) {
    const auto& gone = content.get_as<caf::exit_msg>(0);
    fail_state(gone.reason);
    stopped_ = true;
    return;
  }
  if (!local_) {
    ++dropped_;
    return;
  }
  current_element_ = &element;
  caf::detail::default_invoke_result_visitor<task_path_actor> visitor{this};
  if (local_(visitor, content) == caf::match_case::no_match)
    ++dropped_;
  current_element_ = nullptr;
}

void task_path_actor::send_bytes(const caf::strong_actor_ptr& to,
                                 caf::atom_value tag, std::string bytes) {
  rayd::send_bytes(caf::strong_actor_ptr{ctrl()}, to, tag, std::move(bytes));
}

void send_bytes(const caf::strong_actor_ptr& from,
                const caf::strong_actor_ptr& to, caf::atom_value tag,
                std::string bytes) {
  if (!to)
    return;
  to->enqueue(caf::make_mailbox_element(from, caf::make_message_id(), {}, tag,
                                        std::move(bytes)),
              nullptr);
}

} // namespace rayd
