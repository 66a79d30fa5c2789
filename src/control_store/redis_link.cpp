#include "control_store/redis_link.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <thread>

namespace rayd {

namespace {

using std::chrono::milliseconds;

template <class Words>
std::string formatted(const Words& words) {
  std::string text = fmt::format("*{}\r\n", words.size());
  for (std::string_view word : words) {
    text += fmt::format("${}\r\n", word.size());
    text += word;
    text += "\r\n";
  }
  return text;
}

failure failed(std::string sentence) {
  return {ray::errc::connection_failed, std::move(sentence)};
}

/// A socket's path may have 107 bytes; a folder's descriptor makes any path
/// short.
redisContext* connect_below(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_PATH | O_CLOEXEC);
  if (descriptor < 0)
    return nullptr;
  const auto path = fmt::format("/proc/self/fd/{}/redis.sock", descriptor);
  auto* context = redisConnectUnixWithTimeout(path.c_str(), {1, 0});
  ::close(descriptor);
  return context;
}

redisContext* connect_to(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos)
    return nullptr;
  int port = 0;
  const char* end = address.data() + address.size();
  const auto parsed = std::from_chars(address.data() + colon + 1, end, port);
  if (parsed.ec != std::errc{} || parsed.ptr != end)
    return nullptr;
  auto host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return redisConnectWithTimeout(host.c_str(), port, {1, 0});
}

std::string name_of(const redis_place& place) {
  return place.address.empty() ? place.folder + "/redis.sock" : place.address;
}

/// A Redis that is loading or just dying also answers with an error or with
/// none; this is what no patience changes.
bool is_refusal(std::string_view said) {
  for (const char* begin : {"WRONGPASS", "NOAUTH", "NOPERM", "ERR"})
    if (said.starts_with(begin))
      return true;
  return false;
}

/// Tries a fresh connection: the password, then whether data is loaded.
/// @returns Nothing when it is ready; else why not, and in *later* whether
/// that can change.
std::optional<failure> greet(redis_link& link, const redis_place& place,
                             milliseconds patience, bool& later) {
  if (!place.password.empty()) {
    auto known = link.call({"AUTH", place.password}, patience);
    if (!known) {
      later = !is_refusal(known.error().message);
      if (later)
        return known.error();
      return failed(fmt::format("the Redis at {} refuses the password ({})",
                                name_of(place), known.error().message));
    }
  }
  auto ready = link.call({"GET", "rayd:cluster"}, patience);
  if (ready)
    return std::nullopt;
  const auto& said = ready.error().message;
  later = !is_refusal(said);
  if (said.starts_with("NOAUTH"))
    return failed(fmt::format("the Redis at {} asks for a password: give it "
                              "as --control-store=PASSWORD@HOST:PORT",
                              name_of(place)));
  return ready.error();
}

} // namespace

bool somebody_listens(const redis_place& place) {
  auto* context = place.address.empty() ? connect_below(place.folder)
                                        : connect_to(place.address);
  const bool good = context != nullptr && context->err == 0;
  if (context != nullptr)
    redisFree(context);
  return good;
}

std::string redis_command(std::initializer_list<std::string_view> words) {
  return formatted(words);
}

std::string redis_command(const std::vector<std::string>& words) {
  return formatted(words);
}

std::string_view text_of(const redisReply& reply) noexcept {
  switch (reply.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
      return {reply.str, static_cast<std::size_t>(reply.len)};
    default: return {};
  }
}

result<redis_link> redis_link::connect(const redis_place& place) {
  context_ptr context{place.address.empty() ? connect_below(place.folder)
                                            : connect_to(place.address)};
  if (!context)
    return failed(place.address.empty()
                    ? fmt::format("there is no folder {}", place.folder)
                    : fmt::format("{} is no HOST:PORT", place.address));
  if (context->err != 0)
    return failed(fmt::format("no Redis answers at {}: {}", name_of(place),
                              context->errstr));
  // From here on a full or empty socket must not hold up our thread.
  ::fcntl(context->fd, F_SETFL, O_NONBLOCK);
  context->flags &= ~REDIS_BLOCK;
  return redis_link{std::move(context)};
}

result<redis_link> redis_link::open(const redis_place& place,
                                    clock::time_point deadline,
                                    const std::function<bool()>& alive) {
  auto pause = std::chrono::microseconds{500};
  for (;;) {
    auto link = connect(place);
    bool later = true;
    std::optional<failure> reason;
    if (link) {
      const auto left
        = std::chrono::duration_cast<milliseconds>(deadline - clock::now());
      reason = greet(*link, place, std::max(left, milliseconds{1}), later);
      if (!reason)
        return link;
    } else {
      reason = link.error();
    }
    if (!later || clock::now() + pause >= deadline || !alive())
      return *reason;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds{50'000});
  }
}

failure redis_link::lost() const {
  return failed(fmt::format("the connection to Redis is lost: {}",
                            context_->err != 0 ? context_->errstr : "closed"));
}

void redis_link::send(std::string_view command) {
  unsent_ += command;
}

status redis_link::flush() {
  // Not hiredis' own write: that raises SIGPIPE when Redis is gone.
  while (sent_ < unsent_.size()) {
    const auto done = ::send(context_->fd, unsent_.data() + sent_,
                             unsent_.size() - sent_, MSG_NOSIGNAL);
    if (done >= 0)
      sent_ += static_cast<std::size_t>(done);
    else if (errno == EAGAIN)
      return ok();
    else if (errno != EINTR)
      return failed(fmt::format("the connection to Redis is lost: {}",
                                std::strerror(errno)));
  }
  std::string{}.swap(unsent_);
  sent_ = 0;
  return ok();
}

status redis_link::receive() {
  if (redisBufferRead(context_.get()) != REDIS_OK)
    return lost();
  return ok();
}

result<redis_answer> redis_link::next() {
  void* reply = nullptr;
  if (redisGetReplyFromReader(context_.get(), &reply) != REDIS_OK)
    return lost();
  return redis_answer{static_cast<redisReply*>(reply)};
}

result<std::vector<redis_answer>>
redis_link::call(const std::vector<std::string>& commands,
                 milliseconds patience) {
  const auto deadline = clock::now() + patience;
  for (const auto& command : commands)
    send(command);
  std::vector<redis_answer> answers;
  while (answers.size() < commands.size()) {
    if (unsent())
      if (auto done = flush(); !done)
        return done.error();
    auto answer = next();
    if (!answer)
      return answer.error();
    if (*answer) {
      answers.push_back(*std::move(answer));
      continue;
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock::now());
    if (left.count() <= 0)
      return failed(
        fmt::format("Redis did not answer within {} ms", patience.count()));
    pollfd ready{context_->fd, POLLIN, 0};
    if (unsent())
      ready.events |= POLLOUT;
    if (::poll(&ready, 1, static_cast<int>(left.count())) > 0
        && (ready.revents & ~POLLOUT) != 0)
      if (auto done = receive(); !done)
        return done.error();
  }
  return answers;
}

result<redis_answer>
redis_link::call(std::initializer_list<std::string_view> words,
                 milliseconds patience) {
  auto answers = call(std::vector<std::string>{redis_command(words)}, patience);
  if (!answers)
    return answers.error();
  auto answer = std::move(answers->front());
  if (answer->type == REDIS_REPLY_ERROR)
    return failed(std::string{text_of(*answer)});
  return answer;
}

} // namespace rayd
