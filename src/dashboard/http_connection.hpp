#pragma once

#include "dashboard/access.hpp"
#include "dashboard/event_stream.hpp"
#include "dashboard/http_server.hpp"
#include "dashboard/query_desk.hpp"
#include "dashboard/routes.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/span_body.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rayd {

class http_connection;

/// What connections share; outlives them.
struct http_context {
  access_rules rules;
  query_desk& desk;
  http_patience patience;
  std::size_t streams = 0; ///< Connections that are streams of events.
  std::size_t event_bytes = 0; ///< Of all events on their way.
  std::function<void(http_connection*)> gone;
};

// One browser's connection: reads the head of a request (16 KiB), judges it,
// answers, and again; or becomes a stream of events until the browser goes or
// is too slow to take one. It lives as long as something of it is under way.
class http_connection : public std::enable_shared_from_this<http_connection> {
public:
  static constexpr std::size_t most_streams = 32;
  /// Further events wait until less is on its way.
  static constexpr std::size_t most_event_bytes = std::size_t{32} << 20;

  http_connection(boost::asio::ip::tcp::socket socket, http_context& context,
                  bool own_peer);
  ~http_connection();

  void start() { read_head(); }
  void close();

  /// Waits for a request, since when; nothing while it answers one.
  std::optional<std::int64_t> idle_since() const noexcept { return idle_us_; }

private:
  using error_code = boost::beast::error_code;
  template <class Body>
  using response = boost::beast::http::response<Body>;
  using status = boost::beast::http::status;

  void read_head();
  void on_head();
  void on_bad_head(error_code why);
  request_facts facts(const route& where) const;
  void refuse(access_verdict why);
  void serve(const route& where);
  void send_page(const std::string& token);
  void send_asset(std::string_view path);
  void send_json(const shared_answer& answer);
  void gather_metrics();
  void send_metrics(const std::array<shared_answer, 3>& got);
  void send_text(status code, const char* type, std::string text);
  void send(response<boost::beast::http::span_body<const char>> head,
            shared_answer body);
  void on_sent(error_code failed, bool close_after);

  void begin_events(std::vector<std::string> queries);
  void watch_for_end();
  void tick();
  void send_event();

  boost::beast::tcp_stream stream_;
  http_context& context_;
  bool own_peer_;
  boost::beast::flat_buffer buffer_;
  std::optional<
    boost::beast::http::request_parser<boost::beast::http::empty_body>>
    parser_;
  std::optional<response<boost::beast::http::span_body<const char>>> response_;
  shared_answer body_; ///< What response_ shows.
  std::optional<std::int64_t> idle_us_;

  std::optional<event_stream> events_;
  std::optional<response<boost::beast::http::empty_body>> events_head_;
  std::optional<
    boost::beast::http::response_serializer<boost::beast::http::empty_body>>
    events_serializer_;
  boost::asio::steady_timer timer_;
  std::string event_; ///< On its way; "" when none is.
  char ignored_ = 0;  ///< What a browser says to a stream.
};

} // namespace rayd
