#include "transport/stream.hpp"

#include "base/check.hpp"
#include "transport/sockets.hpp"

#include <atomic>
#include <cerrno>
#include <mutex>

#include <poll.h>
#include <sys/socket.h>

namespace rayd {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct stream::state {
  owned_fd socket;
  ssl_ptr ssl; // After socket: freed first.
  std::mutex ssl_use; // OpenSSL allows one call at a time per connection.
  std::atomic<bool> ended{false};

  tls_step read(void* to, std::size_t size);
  tls_step write(const void* from, std::size_t size);
  bool wait(tls_state what, steady_clock::time_point deadline) const;
};

namespace {

// What a plain socket's call means, in the words of the TLS one.
tls_step plain_step(ssize_t moved, tls_state want) {
  if (moved > 0)
    return {tls_state::done, static_cast<std::size_t>(moved),
            tls_reason::none};
  if (moved < 0 && (errno == EAGAIN || errno == EINTR))
    return {want, 0, tls_reason::none};
  return {moved == 0 ? tls_state::closed : tls_state::failed, 0,
          tls_reason::broken_off};
}

stream_failure timed_out(const char* doing, std::size_t done,
                         std::size_t wanted) {
  return {stream_error::timed_out,
          std::string{doing} + " timed out after "
            + std::to_string(done) + " of " + std::to_string(wanted)
            + " bytes"};
}

stream_failure ended(const char* doing) {
  return {stream_error::closed,
          std::string{"the connection ended while "} + doing};
}

} // namespace

tls_step stream::state::read(void* to, std::size_t size) {
  if (!ssl)
    return plain_step(::recv(socket.get(), to, size, 0), tls_state::want_read);
  const std::lock_guard lock{ssl_use};
  return tls_read(ssl.get(), to, size);
}

tls_step stream::state::write(const void* from, std::size_t size) {
  if (!ssl)
    return plain_step(::send(socket.get(), from, size, MSG_NOSIGNAL),
                      tls_state::want_write);
  const std::lock_guard lock{ssl_use};
  return tls_write(ssl.get(), from, size);
}

bool stream::state::wait(tls_state what,
                         steady_clock::time_point deadline) const {
  return wait_for(socket.get(),
                  what == tls_state::want_read ? POLLIN : POLLOUT, deadline);
}

stream::stream() = default;
stream::stream(stream&&) noexcept = default;
stream& stream::operator=(stream&&) noexcept = default;

stream::stream(owned_fd socket, ssl_ptr ssl)
  : state_(std::make_unique<state>()) {
  make_non_blocking(socket.get());
  state_->socket = std::move(socket);
  state_->ssl = std::move(ssl);
}

stream::~stream() {
  if (state_ && state_->ssl && !state_->ended)
    tls_say_goodbye(state_->ssl.get());
}

bool stream::secured() const noexcept {
  return state_ && state_->ssl;
}

outcome<std::size_t, stream_failure>
stream::read_some(void* to, std::size_t size, milliseconds timeout) {
  RAYD_CHECK(state_ && size > 0);
  const auto deadline = steady_clock::now() + timeout;
  while (!state_->ended) {
    const auto step = state_->read(to, size);
    if (step.state == tls_state::done)
      return step.bytes;
    if (step.state == tls_state::closed || step.state == tls_state::failed)
      break;
    if (!state_->wait(step.state, deadline))
      return timed_out("reading", 0, size);
  }
  return ended("reading");
}

outcome<std::size_t, stream_failure>
stream::read_exactly(void* to, std::size_t size, milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  for (std::size_t done = 0; done < size;) {
    const auto left = std::chrono::ceil<milliseconds>(
      deadline - steady_clock::now());
    auto got = read_some(static_cast<char*>(to) + done, size - done, left);
    if (!got)
      return got.error();
    done += *got;
  }
  return size;
}

outcome<std::size_t, stream_failure>
stream::write_all(const void* from, std::size_t size, milliseconds timeout) {
  RAYD_CHECK(state_ != nullptr);
  const auto deadline = steady_clock::now() + timeout;
  for (std::size_t done = 0; done < size;) {
    if (state_->ended)
      return ended("writing");
    const auto step
      = state_->write(static_cast<const char*>(from) + done, size - done);
    if (step.state == tls_state::done)
      done += step.bytes;
    else if (step.state == tls_state::closed
             || step.state == tls_state::failed)
      return ended("writing");
    else if (!state_->wait(step.state, deadline))
      return timed_out("writing", done, size);
  }
  return size;
}

void stream::shutdown() noexcept {
  if (!state_)
    return;
  state_->ended = true;
  ::shutdown(state_->socket.get(), SHUT_RDWR);
}

int stream::descriptor() const noexcept {
  return state_ ? state_->socket.get() : -1;
}

stream::parts stream::release() noexcept {
  if (!state_)
    return {};
  parts taken{std::move(state_->socket), std::move(state_->ssl)};
  state_.reset();
  return taken;
}

} // namespace rayd
