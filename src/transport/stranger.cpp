#include "transport/stranger.hpp"

#include "base/log.hpp"

#include <fmt/format.h>

#include <openssl/rand.h>

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>

namespace rayd {

namespace {

std::uint64_t random_link() {
  std::uint64_t link = 0;
  while (link == 0)
    RAND_bytes(reinterpret_cast<unsigned char*>(&link), sizeof link);
  return link;
}

} // namespace

stranger::stranger(owned_fd socket, ssl_ptr ssl, peer_info peer,
                   clock::time_point now)
  : socket_(std::move(socket)),
    ssl_(std::move(ssl)),
    peer_(std::move(peer)),
    since_(now),
    active_(now),
    phase_(ssl_ ? phase::handshake : phase::head),
    wants_(POLLIN),
    in_(frame_head_bytes, '\0') {}

stranger::progress stranger::want(tls_state state) {
  if (state == tls_state::want_read)
    wants_ = POLLIN;
  else if (state == tls_state::want_write)
    wants_ = POLLOUT;
  else
    return progress::broken;
  return progress::wait;
}

stranger::progress stranger::shake() {
  const auto done = tls_handshake(ssl_.get());
  if (done.state == tls_state::done) {
    phase_ = phase::head;
    return progress::next;
  }
  if (done.state == tls_state::failed)
    RAYD_DEBUG("the gate turned {} away: {}", peer_.address,
               done.reason == tls_reason::other_key
                 ? "it does not have this cluster's secret"
                 : "it does not speak the gate's protocol");
  return want(done.state);
}

// Reads until in_ has *size* bytes, never more.
stranger::progress stranger::fill(std::size_t size) {
  while (in_filled_ < size) {
    char* const to = in_.data() + in_filled_;
    const auto left = size - in_filled_;
    tls_step got;
    if (ssl_) {
      got = tls_read(ssl_.get(), to, left);
    } else if (const auto count = ::recv(socket_.get(), to, left, 0);
               count > 0) {
      got = {tls_state::done, static_cast<std::size_t>(count)};
    } else if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      got.state = tls_state::want_read;
    }
    if (got.state != tls_state::done)
      return want(got.state);
    in_filled_ += got.bytes;
  }
  return progress::next;
}

stranger::progress stranger::read_head() {
  if (const auto got = fill(frame_head_bytes); got != progress::next)
    return got;
  const auto head = decode_head(in_);
  if (!head)
    return progress::broken;
  head_ = *head;
  in_.assign(head_.body_bytes, '\0');
  in_filled_ = 0;
  phase_ = phase::body;
  return progress::next;
}

stranger::progress stranger::read_body(const judge& decide) {
  if (const auto got = fill(head_.body_bytes); got != progress::next)
    return got;
  if (head_.protocol != protocol_number) {
    // Its fields may mean other things: only the head can be understood.
    prepare(refusal{refusal_reason::other_version,
                    fmt::format("rayd {} speaks protocol {}, not {}",
                                RAYD_VERSION, protocol_number,
                                head_.protocol)});
    return progress::next;
  }
  auto greeting = decode_hello(in_);
  if (!greeting)
    return progress::broken;
  greeting_ = std::move(*greeting);
  prepare(decide(greeting_, peer_));
  return progress::next;
}

void stranger::prepare(gate_answer reply) {
  if (auto* in = std::get_if<welcome>(&reply)) {
    if (!peer_.local)
      in->descriptors.clear();
    if (!fits(*in)) {
      reply = refusal{refusal_reason::refused,
                      fmt::format("the answer's details have {} bytes, too "
                                  "many for one frame",
                                  in->details.size())};
    } else {
      in->link = random_link();
      link_ = in->link;
      descriptors_ = in->descriptors;
      lanes_ = std::move(in->lanes);
      welcome_ = true;
    }
  }
  out_ = encode(reply);
  in_.clear();
  phase_ = phase::reply;
}

// The descriptors go with the first byte.
ssize_t stranger::send_plain() {
  iovec part{out_.data() + out_sent_, out_.size() - out_sent_};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char room[CMSG_SPACE(welcome_descriptors_max
                                        * sizeof(int))]{};
  if (out_sent_ == 0 && !descriptors_.empty()) {
    const auto bytes = descriptors_.size() * sizeof(int);
    message.msg_control = room;
    message.msg_controllen = CMSG_SPACE(bytes);
    auto* control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(control), descriptors_.data(), bytes);
  }
  return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
}

stranger::progress stranger::write_reply() {
  while (out_sent_ < out_.size()) {
    tls_step sent;
    if (ssl_) {
      sent = tls_write(ssl_.get(), out_.data() + out_sent_,
                       out_.size() - out_sent_);
    } else if (const auto count = send_plain(); count > 0) {
      sent = {tls_state::done, static_cast<std::size_t>(count)};
    } else if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      sent.state = tls_state::want_write;
    }
    if (sent.state != tls_state::done)
      return want(sent.state);
    out_sent_ += sent.bytes;
  }
  return progress::next;
}

stranger::verdict stranger::step(const judge& decide, clock::time_point now) {
  active_ = now;
  for (;;) {
    progress went = progress::broken;
    switch (phase_) {
      case phase::handshake:
        went = shake();
        break;
      case phase::head:
        went = read_head();
        break;
      case phase::body:
        went = read_body(decide);
        break;
      case phase::reply:
        went = write_reply();
        if (went == progress::next)
          return welcome_ ? verdict::let_in : verdict::closed;
        break;
    }
    if (went == progress::wait)
      return verdict::waiting;
    if (went == progress::broken)
      return verdict::closed;
  }
}

stranger::guest stranger::take() {
  return {std::move(greeting_), std::move(peer_), link_, std::move(lanes_),
          stream{std::move(socket_), std::move(ssl_)}};
}

} // namespace rayd
