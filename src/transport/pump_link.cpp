#include "transport/pump_link.hpp"

#include <cerrno>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace rayd {

void pump_link::buffer::took(std::size_t count) noexcept {
  begin += count;
  if (begin == end)
    begin = end = 0;
}

pump_link::pump_link(owned_fd network, ssl_ptr ssl, owned_fd local)
  : network_(std::move(network)),
    ssl_(std::move(ssl)),
    local_(std::move(local)) {}

void pump_link::on_network_event(std::uint32_t events) noexcept {
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
    network_readable_ = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
    network_writable_ = true;
}

void pump_link::on_local_event(std::uint32_t events) noexcept {
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
    local_readable_ = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
    local_writable_ = true;
}

// The peer is gone, maybe without good-bye: nothing can be written any more,
// and what it sent before still belongs to BASP.
void pump_link::on_network_broken() noexcept {
  out_.clear();
  local_ended_ = true;
  told_network_ = true;
}

// BASP closed its end: what it wrote before still belongs to the peer.
void pump_link::on_local_broken() noexcept {
  in_.clear();
  network_ended_ = true;
  told_local_ = true;
}

// A full buffer stops the reading: TCP's own window then stops the peer.
bool pump_link::read_network() {
  const bool may = network_readable_
                   && (!read_needs_write_ || network_writable_);
  if (!may || network_ended_ || in_.full())
    return false;
  const auto step = tls_read(ssl_.get(), in_.bytes.get() + in_.end,
                             buffer_bytes - in_.end);
  read_needs_write_ = step.state == tls_state::want_write;
  switch (step.state) {
    case tls_state::done:
      in_.end += step.bytes;
      return true;
    case tls_state::want_read:
      network_readable_ = false;
      return false;
    case tls_state::want_write:
      network_writable_ = false;
      return false;
    case tls_state::failed:
      on_network_broken();
      break;
    case tls_state::closed:
      break;
  }
  network_ended_ = true;
  return true;
}

bool pump_link::write_local() {
  if (!local_writable_ || in_.empty())
    return false;
  const auto count = ::send(local_.get(), in_.bytes.get() + in_.begin,
                            in_.end - in_.begin, MSG_NOSIGNAL);
  if (count > 0)
    in_.took(static_cast<std::size_t>(count));
  else if (errno == EAGAIN)
    local_writable_ = false;
  else if (errno != EINTR)
    on_local_broken();
  return local_writable_;
}

bool pump_link::read_local() {
  if (!local_readable_ || local_ended_ || out_.full())
    return false;
  const auto count = ::recv(local_.get(), out_.bytes.get() + out_.end,
                            buffer_bytes - out_.end, 0);
  if (count > 0)
    out_.end += static_cast<std::size_t>(count);
  else if (count < 0 && errno == EAGAIN)
    local_readable_ = false;
  else if (count == 0 || errno != EINTR)
    local_ended_ = true;
  return local_readable_;
}

bool pump_link::write_network() {
  const bool may = network_writable_
                   && (!write_needs_read_ || network_readable_);
  if (!may || out_.empty())
    return false;
  const auto step = tls_write(ssl_.get(), out_.bytes.get() + out_.begin,
                              out_.end - out_.begin);
  write_needs_read_ = step.state == tls_state::want_read;
  switch (step.state) {
    case tls_state::done:
      out_.took(step.bytes);
      return true;
    case tls_state::want_read:
      network_readable_ = false;
      return false;
    case tls_state::want_write:
      network_writable_ = false;
      return false;
    case tls_state::closed:
    case tls_state::failed:
      break;
  }
  on_network_broken();
  return true;
}

// Tells each side that the other ended, after its last bytes.
void pump_link::pass_on_ends(clock::time_point now) {
  if (network_ended_ && in_.empty() && !told_local_) {
    ::shutdown(local_.get(), SHUT_WR);
    told_local_ = true;
  }
  if (local_ended_ && out_.empty() && !told_network_)
    told_network_ = tls_say_goodbye(ssl_.get());
  if ((network_ended_ || local_ended_) && !deadline_)
    deadline_ = now + half_closed_max;
}

pump_link::verdict pump_link::run(clock::time_point now) {
  if (deadline_ && now >= *deadline_)
    return verdict::over;
  for (std::size_t rounds = turn_bytes / buffer_bytes; rounds > 0; --rounds) {
    bool any = false;
    const auto drive = [&](bool (pump_link::*direction)()) {
      // Fill and empty a buffer in several calls: a TLS record has 16 KiB.
      for (std::size_t i = 0; i < buffer_bytes / (16 << 10); ++i) {
        if (!(this->*direction)())
          return;
        any = true;
      }
    };
    drive(&pump_link::read_network);
    drive(&pump_link::write_local);
    drive(&pump_link::read_local);
    drive(&pump_link::write_network);
    pass_on_ends(now);
    if (told_local_ && told_network_)
      return verdict::over;
    if (!any)
      return verdict::idle;
  }
  return verdict::busy;
}

} // namespace rayd
