#pragma once

#include "base/result.hpp"

#include <hiredis/hiredis.h>

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rayd {

/// One command in Redis' own format, ready for redis_link::send.
std::string redis_command(std::initializer_list<std::string_view> words);
std::string redis_command(const std::vector<std::string>& words);

struct reply_deleter {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

/// An answer of Redis; never null.
using redis_answer = std::unique_ptr<redisReply, reply_deleter>;

/// The bytes of a string, status or error answer; empty for others.
std::string_view text_of(const redisReply& reply) noexcept;

/// Where a Redis is and what it asks for. *folder* with a `redis.sock`, or
/// *address* as "HOST:PORT".
struct redis_place {
  std::string folder;
  std::string address;
  std::string password;
};

/// Whether a connection is accepted there just now; asks nothing.
bool somebody_listens(const redis_place& place);

/// A connection to Redis that never blocks by itself: send and receive do
/// what is possible now, call waits with a limit. Commands and answers are in
/// the same order.
class redis_link {
public:
  using clock = std::chrono::steady_clock;

  /// Connects, says the password, and waits until the data is loaded. Tries
  /// again while nobody listens, until *deadline* or until *alive* says that
  /// nobody ever will.
  /// @error connection_failed  No answer in time, or the password is refused.
  static result<redis_link> open(const redis_place& place,
                                 clock::time_point deadline,
                                 const std::function<bool()>& alive);

  /// Queues a command; see flush.
  void send(std::string_view command);

  /// Writes what the socket takes.
  /// @error connection_failed  The connection is lost.
  status flush();

  /// True while something is to be written.
  bool unsent() const noexcept { return !unsent_.empty(); }

  /// Reads what is there; then next() gives the answers.
  /// @error connection_failed  The connection is lost.
  status receive();

  /// The next whole answer, or null.
  /// @error connection_failed  What came is not Redis' protocol.
  result<redis_answer> next();

  /// Sends *commands* and waits for all answers.
  /// @pre Nothing that was sent is unanswered.
  /// @error connection_failed  Lost, or not all came within *patience*.
  result<std::vector<redis_answer>>
  call(const std::vector<std::string>& commands,
       std::chrono::milliseconds patience);

  /// The same for one command; an error answer is a failure too.
  result<redis_answer> call(std::initializer_list<std::string_view> words,
                            std::chrono::milliseconds patience);

  int descriptor() const noexcept { return context_->fd; }

private:
  struct context_deleter {
    void operator()(redisContext* context) const noexcept {
      redisFree(context);
    }
  };
  using context_ptr = std::unique_ptr<redisContext, context_deleter>;

  explicit redis_link(context_ptr context) : context_(std::move(context)) {}

  static result<redis_link> connect(const redis_place& place);
  failure lost() const;

  context_ptr context_;
  std::string unsent_; // From sent_ on.
  std::size_t sent_ = 0;
};

} // namespace rayd
