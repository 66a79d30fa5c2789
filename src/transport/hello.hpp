#pragma once

#include "base/ids.hpp"
#include "transport/outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// What two processes say to each other before BASP or bulk bytes flow: the
// one that dialled sends a hello, the gate answers with a welcome or a
// refusal. Each is one frame: "rayd", the protocol number (u32), the length of
// the rest (u32), then fields in the order of the structs; numbers little
// endian, texts with a u32 length. The first 12 bytes never change, so that
// any two versions can refuse each other by name.

namespace rayd {

class lane_memory;

/// Raised with every incompatible change of any message between processes.
constexpr std::uint32_t protocol_number = 1;

/// A whole frame; the gate allocates no more for a stranger.
constexpr std::size_t frame_bytes_max = 64 << 10;
constexpr std::size_t frame_head_bytes = 12;

/// Descriptors that one welcome may carry.
constexpr std::size_t welcome_descriptors_max = 8;

enum class peer_role : std::uint8_t { node = 1, driver, worker, command };

/// What the connection is for.
enum class link_use : std::uint8_t {
  messages = 1, ///< BASP: control and lanes.
  bulk,         ///< A stream of object bytes; never meets BASP.
};

/// First frame, from the side that dialled.
struct hello {
  std::string rayd_version; ///< Set by dial; at most 64 bytes.
  std::string cluster_id;   ///< Empty: any cluster; at most 128 bytes.
  peer_role role = peer_role::command;
  link_use use = link_use::messages;
  std::int64_t pid = 0; ///< Set by dial.
  node_index node = 0;  ///< 0: not a node, or not registered yet.
  std::string details;  ///< Opaque to transport.
};

/// The answer that lets in.
struct welcome {
  std::string cluster_id; ///< Set by the gate when empty.
  node_index node = 0;    ///< Of the answering node.
  /// Set by the gate: random and not 0. The dialling side's root actor sends
  /// (link_atom, link_text(link)) first, so that the accepting root knows
  /// which accepted connection that remote actor belongs to.
  std::uint64_t link = 0;
  std::string details; ///< Opaque to transport.
  /// Passed on Unix sockets only, at most welcome_descriptors_max. Borrowed:
  /// the callback's owner keeps them open while the gate is.
  std::vector<int> descriptors;
  /// Not sent: kept while its descriptor travels, then given to `accept`.
  std::shared_ptr<lane_memory> lanes;
};

enum class refusal_reason : std::uint8_t {
  other_version = 1,
  other_cluster,
  refused, ///< The upper layer's decision.
  busy,    ///< Not now; a later try may pass.
};

/// The answer that does not.
struct refusal {
  refusal_reason reason = refusal_reason::refused;
  std::string sentence; ///< For people; cut to 1,024 bytes.
};

using gate_answer = std::variant<welcome, refusal>;

/// @pre The encoded frame has at most frame_bytes_max bytes, else the details
///      are too long; checked by fits().
std::string encode(const hello& greeting);
std::string encode(const gate_answer& reply);
bool fits(const hello& greeting) noexcept;
bool fits(const welcome& reply) noexcept;

/// What the 12 bytes before the fields say.
struct frame_head {
  std::uint32_t protocol = 0;
  std::size_t body_bytes = 0; ///< At most frame_bytes_max.
};

enum class frame_error : std::uint8_t { not_rayd, too_long, malformed };

/// @pre *bytes* has frame_head_bytes bytes.
outcome<frame_head, frame_error> decode_head(std::string_view bytes);
outcome<hello, frame_error> decode_hello(std::string_view body);
outcome<gate_answer, frame_error> decode_answer(std::string_view body);

/// The bytes of the first message of a link, and back (0: malformed).
std::string link_text(std::uint64_t link);
std::uint64_t parse_link(std::string_view text) noexcept;

} // namespace rayd
