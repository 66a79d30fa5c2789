#include "dashboard/http_connection.hpp"

#include "dashboard/assets.hpp"
#include "dashboard/metrics_text.hpp"
#include "wire/query.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <utility>

namespace rayd {

namespace http = boost::beast::http;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t head_max = 16 * 1024;
constexpr auto tick_interval = 250ms;
constexpr auto summary_patience = 2s;

constexpr const char* plain = "text/plain; charset=utf-8";
constexpr const char* json_type = "application/json";
constexpr const char* metrics_type = "text/plain; version=0.0.4";

/// Nothing from elsewhere, no inline code, nobody's frame.
constexpr const char* content_policy
  = "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

template <class Response>
void add_safety(Response& out) {
  out.set(http::field::server, "rayd");
  out.set("Content-Security-Policy", content_policy);
  out.set("X-Content-Type-Options", "nosniff");
  out.set("X-Frame-Options", "DENY");
  out.set("Referrer-Policy", "no-referrer");
  out.set("Cross-Origin-Resource-Policy", "same-origin");
}

/// The way in for people beyond loopback: a form that asks for the token.
constexpr const char* token_page
  = "<!doctype html><html lang=en><meta charset=utf-8><title>rayd</title>"
    "<h1>rayd</h1><form action=/ method=get><p><label>Token, as "
    "<code>rayd start</code> printed it: <input name=token type=password "
    "autocomplete=off autofocus></label> <button>Open</button></form></html>\n";

/// Names the content: gzip ends with a checksum and the length of it.
std::string tag_of(const asset& one) {
  std::string tag = "\"";
  for (const char c : one.gzip.last(8))
    tag += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return tag + '"';
}

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

} // namespace

http_connection::http_connection(boost::asio::ip::tcp::socket socket,
                                 http_context& context, bool own_peer)
  : stream_(std::move(socket)),
    context_(context),
    own_peer_(own_peer),
    buffer_(2 * head_max),
    timer_(stream_.get_executor()) {}

http_connection::~http_connection() {
  if (events_)
    --context_.streams;
  context_.event_bytes -= event_.size();
  context_.gone(this);
}

void http_connection::close() {
  timer_.cancel();
  stream_.close();
}

// -- requests -----------------------------------------------------------------

void http_connection::read_head() {
  parser_.emplace();
  parser_->header_limit(head_max);
  idle_us_ = context_.desk.now_us();
  stream_.expires_after(context_.patience.head);
  http::async_read_header(
    stream_, buffer_, *parser_,
    [self = shared_from_this()](error_code failed, std::size_t) {
      self->idle_us_.reset();
      if (!failed)
        self->on_head();
      else
        self->on_bad_head(failed);
    });
}

void http_connection::on_bad_head(error_code why) {
  if (why == http::error::header_limit || why == http::error::buffer_overflow)
    return send_text(status::request_header_fields_too_large, plain,
                     "the head of a request has at most 16 KiB\n");
  const bool is_broken
    = why.category() == error_code{http::error::bad_method}.category()
      && why != http::error::end_of_stream
      && why != http::error::partial_message;
  if (is_broken)
    send_text(status::bad_request, plain, "this is no request of HTTP/1.1\n");
}

request_facts http_connection::facts(const route& where) const {
  const auto& head = parser_->get();
  request_facts facts;
  facts.method = view(head.method_string());
  const auto take = [&](auto name, std::string_view& to) {
    facts.repeated = facts.repeated || head.count(name) > 1;
    to = view(head[name]);
  };
  take(http::field::host, facts.host);
  take(http::field::origin, facts.origin);
  take("Sec-Fetch-Site", facts.fetch_site);
  take(http::field::authorization, facts.authorization);
  take(http::field::cookie, facts.cookie);
  facts.token = where.token;
  facts.has_body
    = parser_->chunked() || parser_->content_length().value_or(0) > 0;
  facts.own_peer = own_peer_;
  return facts;
}

void http_connection::on_head() {
  // Whoever may not come in learns nothing of what there is.
  const auto where = read_route(view(parser_->get().target()));
  const auto verdict = judge(context_.rules, facts(where));
  if (verdict == access_verdict::allowed)
    serve(where);
  else
    refuse(verdict);
}

void http_connection::refuse(access_verdict why) {
  switch (why) {
    case access_verdict::allowed: return;
    case access_verdict::wrong_method:
      return send_text(status::method_not_allowed, plain,
                       "the dashboard only shows: use GET\n");
    case access_verdict::has_body:
      return send_text(status::bad_request, plain,
                       "a request to the dashboard has no body\n");
    case access_verdict::wrong_host:
      return send_text(status::forbidden, plain,
                       "this is not a name of this dashboard: open it by "
                       "the address that rayd start printed\n");
    case access_verdict::other_site:
      return send_text(status::forbidden, plain,
                       "pages of other sites may not ask the dashboard: "
                       "open its address by itself\n");
    case access_verdict::wants_token:
      return send_text(status::unauthorized, "text/html; charset=utf-8",
                       token_page);
  }
}

void http_connection::serve(const route& where) {
  const auto answer_with = [this](auto method) {
    return [self = shared_from_this(), method](const shared_answer& answer) {
      (self.get()->*method)(answer);
    };
  };
  switch (where.what) {
    case route::kind::page: return send_page(where.token);
    case route::kind::asset: return send_asset(where.name);
    case route::kind::query:
      return context_.desk.want(where.queries.front(),
                                answer_with(&http_connection::send_json));
    case route::kind::events: return begin_events(where.queries);
    case route::kind::metrics:
      return gather_metrics();
    case route::kind::wrong:
      return send_text(status::bad_request, json_type,
                       nlohmann::json{{"error", where.problem}}.dump(
                         -1, ' ', false,
                         nlohmann::json::error_handler_t::replace));
    case route::kind::unknown: break;
  }
  send_text(status::not_found, plain, "there is no such page\n");
}

// -- answers ------------------------------------------------------------------

void http_connection::send_page(const std::string& token) {
  if (token.empty())
    return send_asset("/index.html");
  // Out of the address, where it would stay in the browser's history.
  response<http::span_body<const char>> out{status::see_other, 11};
  out.set(http::field::location, "/");
  out.set(http::field::set_cookie, token_cookie(context_.rules));
  send(std::move(out), nullptr);
}

void http_connection::send_asset(std::string_view path) {
  const auto* found = find_asset(path);
  if (found == nullptr)
    return send_text(status::not_found, plain, "there is no such page\n");
  response<http::span_body<const char>> out{status::ok, 11};
  const auto tag = tag_of(*found);
  out.set(http::field::etag, tag);
  out.set(http::field::content_type, std::string{found->type});
  out.set(http::field::content_encoding, "gzip");
  // What the browser has already is not sent again.
  if (view(parser_->get()[http::field::if_none_match]) == tag)
    out.result(status::not_modified);
  else
    out.body() = {found->gzip.data(), found->gzip.size()};
  send(std::move(out), nullptr);
}

void http_connection::send_json(const shared_answer& answer) {
  response<http::span_body<const char>> out{status::ok, 11};
  out.set(http::field::content_type, json_type);
  send(std::move(out), answer);
}

/// The summary comes from the control store, which may be slow or away: it is
/// left out then, since the head knows the rest by itself.
void http_connection::gather_metrics() {
  struct gathering {
    boost::asio::steady_timer patience;
    std::array<shared_answer, 3> got = {};
    bool late = false, sent = false;
  };
  const auto all = std::make_shared<gathering>(
    gathering{boost::asio::steady_timer{stream_.get_executor()}});
  const auto look = [self = shared_from_this(), all] {
    if (all->sent || !all->got[0] || !all->got[2]
        || (!all->got[1] && !all->late))
      return;
    all->sent = true;
    all->patience.cancel();
    self->send_metrics(all->got);
  };
  all->patience.expires_after(summary_patience);
  all->patience.async_wait([all, look](error_code stopped) {
    all->late = !stopped;
    look();
  });
  const std::array<std::string, 3> asked{
    fmt::format(R"({{"what":"{}"}})", query_status),
    fmt::format(R"({{"kind":"tasks","what":"{}"}})", query_summary),
    fmt::format(R"({{"what":"{}"}})", query_metrics)};
  for (std::size_t i = 0; i < asked.size(); ++i)
    context_.desk.want(asked[i], [all, look, i](const shared_answer& answer) {
      all->got[i] = answer;
      look();
    });
}

void http_connection::send_metrics(const std::array<shared_answer, 3>& got) {
  auto text = metrics_text({*got[0], got[1] ? *got[1] : "", *got[2]});
  if (text.empty())
    return send_text(status::service_unavailable, plain,
                     "the head does not answer\n");
  send_text(status::ok, metrics_type, std::move(text));
}

void http_connection::send_text(status code, const char* type,
                                std::string text) {
  response<http::span_body<const char>> out{code, 11};
  out.set(http::field::content_type, type);
  if (code == status::method_not_allowed)
    out.set(http::field::allow, "GET");
  send(std::move(out), std::make_shared<const std::string>(std::move(text)));
}

void http_connection::send(response<http::span_body<const char>> head,
                           shared_answer body) {
  body_ = std::move(body);
  response_ = std::move(head);
  auto& out = *response_;
  if (body_)
    out.body() = {body_->data(), body_->size()};
  add_safety(out);
  out.set(http::field::cache_control,
          out.find(http::field::content_encoding) == out.end() ? "no-store"
                                                               : "no-cache");
  // After a refusal nothing more is read: who knows what follows.
  const bool good = out.result_int() < 400;
  out.keep_alive(good && parser_->is_header_done() && parser_->keep_alive());
  out.prepare_payload();
  const bool close_after = !out.keep_alive();
  stream_.expires_after(context_.patience.answer);
  http::async_write(stream_, out,
                    [self = shared_from_this(), close_after](
                      error_code failed, std::size_t) {
                      self->on_sent(failed, close_after);
                    });
}

void http_connection::on_sent(error_code failed, bool close_after) {
  response_.reset();
  body_.reset();
  if (failed)
    return;
  if (!close_after)
    return read_head();
  boost::beast::error_code ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send,
                            ignored);
}

// -- events -------------------------------------------------------------------

void http_connection::begin_events(std::vector<std::string> queries) {
  if (context_.streams >= most_streams)
    return send_text(status::service_unavailable, plain,
                     "too many pages are open\n");
  ++context_.streams;
  events_.emplace(std::move(queries));
  auto& head = events_head_.emplace(status::ok, 11);
  head.set(http::field::content_type, "text/event-stream");
  head.set(http::field::cache_control, "no-store");
  head.keep_alive(false);
  add_safety(head);
  events_serializer_.emplace(head);
  stream_.expires_after(context_.patience.answer);
  http::async_write_header(
    stream_, *events_serializer_,
    [self = shared_from_this()](error_code failed, std::size_t) {
      if (failed)
        return;
      self->stream_.expires_never();
      self->watch_for_end();
      self->tick();
    });
}

/// A browser says nothing on a stream; when it goes, reading ends.
void http_connection::watch_for_end() {
  stream_.async_read_some(
    boost::asio::buffer(&ignored_, 1),
    [self = shared_from_this()](error_code failed, std::size_t) {
      if (failed)
        self->close();
      else
        self->watch_for_end();
    });
}

void http_connection::tick() {
  for (const auto place : events_->due(context_.desk.now_us()))
    context_.desk.want(events_->queries()[place],
                       [weak = weak_from_this(), place](const auto& answer) {
                         if (auto self = weak.lock()) {
                           self->events_->answered(place, answer);
                           self->send_event();
                         }
                       });
  send_event();
  timer_.expires_after(tick_interval);
  timer_.async_wait([self = shared_from_this()](error_code failed) {
    if (!failed && self->stream_.socket().is_open())
      self->tick();
  });
}

void http_connection::send_event() {
  if (!event_.empty() || !stream_.socket().is_open()
      || context_.event_bytes >= most_event_bytes)
    return;
  event_ = events_->take(context_.desk.now_us());
  if (event_.empty())
    return;
  context_.event_bytes += event_.size();
  stream_.expires_after(context_.patience.event);
  boost::asio::async_write(
    stream_, boost::asio::buffer(event_),
    [self = shared_from_this()](error_code failed, std::size_t) {
      self->context_.event_bytes -= self->event_.size();
      self->event_ = {};
      self->stream_.expires_never();
      if (failed)
        self->close();
    });
}

} // namespace rayd
