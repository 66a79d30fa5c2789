#include "transport/hello.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <optional>

namespace rayd {

namespace {

constexpr std::string_view magic = "rayd";
constexpr std::size_t version_max = 64;
constexpr std::size_t cluster_max = 128;
constexpr std::size_t sentence_max = 1024;
// What the fields besides texts need, generously.
constexpr std::size_t fixed_max = 128;

class writer {
public:
  void number(std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
      body_.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  }

  void text(std::string_view value) {
    number(value.size(), 4);
    body_.append(value);
  }

  std::string frame() && {
    writer head;
    head.body_ = magic;
    head.number(protocol_number, 4);
    head.number(body_.size(), 4);
    RAYD_CHECK(head.body_.size() + body_.size() <= frame_bytes_max);
    return std::move(head.body_) + body_;
  }

private:
  std::string body_;
};

// Reads fields; after a missing byte every further field is empty.
class reader {
public:
  explicit reader(std::string_view bytes) : left_(bytes) {}

  std::uint64_t number(std::size_t bytes) {
    if (left_.size() < bytes) {
      fine_ = false;
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(left_[i])} << (8 * i);
    left_.remove_prefix(bytes);
    return value;
  }

  std::string text(std::size_t most) {
    const auto size = number(4);
    if (size > left_.size() || size > most) {
      fine_ = false;
      return {};
    }
    std::string value{left_.substr(0, size)};
    left_.remove_prefix(size);
    return value;
  }

  template <class Enum>
  Enum one_of(Enum first, Enum last) {
    const auto value = static_cast<std::uint8_t>(number(1));
    if (value < static_cast<std::uint8_t>(first)
        || value > static_cast<std::uint8_t>(last)) {
      fine_ = false;
      return first;
    }
    return static_cast<Enum>(value);
  }

  /// Every byte was there and none is left.
  bool complete() const noexcept { return fine_ && left_.empty(); }

private:
  std::string_view left_;
  bool fine_ = true;
};

} // namespace

bool fits(const hello& greeting) noexcept {
  return greeting.rayd_version.size() <= version_max
         && greeting.cluster_id.size() <= cluster_max
         && greeting.details.size()
              <= frame_bytes_max - version_max - cluster_max - fixed_max;
}

bool fits(const welcome& reply) noexcept {
  return reply.cluster_id.size() <= cluster_max
         && reply.descriptors.size() <= welcome_descriptors_max
         && reply.details.size() <= frame_bytes_max - cluster_max - fixed_max;
}

std::string encode(const hello& greeting) {
  RAYD_CHECK(fits(greeting));
  writer out;
  out.text(greeting.rayd_version);
  out.text(greeting.cluster_id);
  out.number(static_cast<std::uint8_t>(greeting.role), 1);
  out.number(static_cast<std::uint8_t>(greeting.use), 1);
  out.number(static_cast<std::uint64_t>(greeting.pid), 8);
  out.number(greeting.node, 4);
  out.text(greeting.details);
  return std::move(out).frame();
}

std::string encode(const gate_answer& reply) {
  writer out;
  if (const auto* in = std::get_if<welcome>(&reply)) {
    RAYD_CHECK(fits(*in));
    out.number(1, 1);
    out.text(in->cluster_id);
    out.number(in->node, 4);
    out.number(in->link, 8);
    out.number(in->descriptors.size(), 1);
    out.text(in->details);
    return std::move(out).frame();
  }
  const auto& no = std::get<refusal>(reply);
  out.number(0, 1);
  out.number(static_cast<std::uint8_t>(no.reason), 1);
  out.text(std::string_view{no.sentence}.substr(0, sentence_max));
  return std::move(out).frame();
}

outcome<frame_head, frame_error> decode_head(std::string_view bytes) {
  if (bytes.size() != frame_head_bytes
      || bytes.substr(0, magic.size()) != magic)
    return frame_error::not_rayd;
  reader in{bytes.substr(magic.size())};
  frame_head head;
  head.protocol = static_cast<std::uint32_t>(in.number(4));
  head.body_bytes = static_cast<std::size_t>(in.number(4));
  if (head.body_bytes > frame_bytes_max - frame_head_bytes)
    return frame_error::too_long;
  return head;
}

outcome<hello, frame_error> decode_hello(std::string_view body) {
  reader in{body};
  hello out;
  out.rayd_version = in.text(version_max);
  out.cluster_id = in.text(cluster_max);
  out.role = in.one_of(peer_role::node, peer_role::command);
  out.use = in.one_of(link_use::messages, link_use::bulk);
  out.pid = static_cast<std::int64_t>(in.number(8));
  out.node = static_cast<node_index>(in.number(4));
  out.details = in.text(frame_bytes_max);
  if (!in.complete())
    return frame_error::malformed;
  return out;
}

outcome<gate_answer, frame_error> decode_answer(std::string_view body) {
  reader in{body};
  gate_answer out;
  if (in.number(1) == 1) {
    welcome yes;
    yes.cluster_id = in.text(cluster_max);
    yes.node = static_cast<node_index>(in.number(4));
    yes.link = in.number(8);
    // Numbers of descriptors only; the receiver compares with what came.
    const auto descriptors = in.number(1);
    if (descriptors > welcome_descriptors_max)
      return frame_error::malformed;
    yes.descriptors.assign(static_cast<std::size_t>(descriptors), -1);
    yes.details = in.text(frame_bytes_max);
    out = std::move(yes);
  } else {
    refusal no;
    no.reason
      = in.one_of(refusal_reason::other_version, refusal_reason::busy);
    no.sentence = in.text(sentence_max);
    out = std::move(no);
  }
  if (!in.complete())
    return frame_error::malformed;
  return out;
}

std::string link_text(std::uint64_t link) {
  std::string text;
  for (int i = 0; i < 8; ++i)
    text.push_back(static_cast<char>(link >> (8 * i) & 0xff));
  return text;
}

std::uint64_t parse_link(std::string_view text) noexcept {
  if (text.size() != 8)
    return 0;
  return reader{text}.number(8);
}

} // namespace rayd
