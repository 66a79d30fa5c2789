#pragma once

#include "transport/gate.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace rayd {

/// A connection at the gate that has not been let in yet: TLS handshake, then
/// its hello, then our answer, one non-blocking step at a time. It reads not
/// one byte more than the hello.
class stranger {
public:
  using clock = std::chrono::steady_clock;
  using judge = std::function<gate_answer(const hello&, const peer_info&)>;

  stranger(owned_fd socket, ssl_ptr ssl, peer_info peer, clock::time_point now);

  enum class verdict : std::uint8_t {
    waiting, ///< For poll(2) to say wants().
    let_in,  ///< take() it.
    closed,  ///< Drop it.
  };

  /// Goes on as far as it can; asks *decide* once, after the whole hello.
  verdict step(const judge& decide, clock::time_point now);

  /// @pre step() gave let_in.
  struct guest {
    hello greeting;
    peer_info peer;
    std::uint64_t link = 0;
    std::shared_ptr<lane_memory> lanes;
    stream channel;
  };
  guest take();

  int descriptor() const noexcept { return socket_.get(); }
  short wants() const noexcept { return wants_; }
  bool local() const noexcept { return peer_.local; }
  clock::time_point since() const noexcept { return since_; }

  /// When bytes of it last arrived.
  clock::time_point active() const noexcept { return active_; }

private:
  enum class phase : std::uint8_t { handshake, head, body, reply };
  enum class progress : std::uint8_t { next, wait, broken };

  progress shake();
  progress fill(std::size_t size);
  progress read_head();
  progress read_body(const judge& decide);
  progress write_reply();
  progress want(tls_state state);
  ssize_t send_plain();
  void prepare(gate_answer reply);

  owned_fd socket_;
  ssl_ptr ssl_; // After socket_: freed first.
  peer_info peer_;
  clock::time_point since_;
  clock::time_point active_;
  phase phase_ = phase::head;
  short wants_ = 0;
  std::string in_;
  std::size_t in_filled_ = 0;
  std::string out_;
  std::size_t out_sent_ = 0;
  frame_head head_;
  hello greeting_;
  bool welcome_ = false;
  std::uint64_t link_ = 0;
  std::vector<int> descriptors_; ///< Borrowed, to be passed.
  std::shared_ptr<lane_memory> lanes_;
};

} // namespace rayd
