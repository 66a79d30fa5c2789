#pragma once

#include "transport/owned_fd.hpp"
#include "transport/tls.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace rayd {

/// One TLS connection of a tls_pump and its end of the socketpair. Edges of
/// epoll come in as events; run() moves bytes until nothing can move or the
/// turn's budget is used. Only the pump's thread touches it.
class pump_link {
public:
  using clock = std::chrono::steady_clock;

  /// Waiting bytes per direction, and what one turn may move.
  static constexpr std::size_t buffer_bytes = 128 << 10;
  static constexpr std::size_t turn_bytes = 1 << 20;

  /// After one side ended, the other has this long.
  static constexpr std::chrono::seconds half_closed_max{5};

  pump_link(owned_fd network, ssl_ptr ssl, owned_fd local);

  int network_fd() const noexcept { return network_.get(); }
  int local_fd() const noexcept { return local_.get(); }

  /// epoll(7) said *events* about one of the two.
  void on_network_event(std::uint32_t events) noexcept;
  void on_local_event(std::uint32_t events) noexcept;

  enum class verdict : std::uint8_t {
    idle, ///< Until the next event.
    busy, ///< Call again; others first.
    over, ///< Close it.
  };
  verdict run(clock::time_point now);

  /// When run() must be called without an event.
  std::optional<clock::time_point> deadline() const noexcept {
    return deadline_;
  }

private:
  struct buffer {
    std::unique_ptr<char[]> bytes{new char[buffer_bytes]};
    std::size_t begin = 0;
    std::size_t end = 0;

    bool empty() const noexcept { return begin == end; }
    bool full() const noexcept { return end == buffer_bytes; }
    void took(std::size_t count) noexcept;
    void clear() noexcept { begin = end = 0; }
  };

  // Each gives whether anything changed. What breaks one end leaves the
  // bytes that are on their way to the other one.
  bool read_network();
  bool write_local();
  bool read_local();
  bool write_network();
  void pass_on_ends(clock::time_point now);
  void on_network_broken() noexcept;
  void on_local_broken() noexcept;

  owned_fd network_;
  ssl_ptr ssl_; // After network_: freed first.
  owned_fd local_;
  buffer in_;  ///< From the network to BASP.
  buffer out_; ///< From BASP to the network.

  // What the kernel may have for us, until a call says otherwise.
  bool network_readable_ = true;
  bool network_writable_ = true;
  bool local_readable_ = true;
  bool local_writable_ = true;
  // TLS may have to write in order to read, and the reverse.
  bool read_needs_write_ = false;
  bool write_needs_read_ = false;

  bool network_ended_ = false; ///< No more bytes for BASP.
  bool local_ended_ = false;   ///< No more bytes from BASP.
  bool told_local_ = false;   ///< Knows it, or cannot be told.
  bool told_network_ = false;
  std::optional<clock::time_point> deadline_;
};

} // namespace rayd
