#include "dashboard/http_server.hpp"

#include "dashboard/http_connection.hpp"
#include "dashboard/peer_user.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace rayd {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds accept_pause{200};

std::int64_t steady_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
           std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

std::string own_name() {
  char name[256] = "localhost";
  ::gethostname(name, sizeof name - 1);
  return name;
}

/// Whom to believe. Over loopback, where our programs show no token, no name
/// but the given one counts: another may be bound to us by somebody else.
access_rules rules_of(const http_options& options, bool beyond_loopback) {
  if (!beyond_loopback)
    return {false, {options.host}, options.token};
  return {true, {own_name(), options.host, options.shown_host}, options.token};
}

class server final : public http_server {
public:
  server(const http_options& options, tcp::acceptor&& acceptor,
         std::unique_ptr<asio::io_context> io);
  ~server() override { stop(); }

  void serve(std::function<void(const std::string&)> ask) override;

  void answered(std::string query, std::string text) override;
  void stop() override;
  std::uint16_t port() const override { return port_; }
  bool beyond_loopback() const override {
    return context_.rules.beyond_loopback;
  }

private:
  void accept();
  void on_accepted(tcp::socket socket);
  bool make_room();

  std::unique_ptr<asio::io_context> io_;
  std::optional<tcp::acceptor> acceptor_; ///< Both go before io_.
  std::optional<asio::steady_timer> pause_;
  std::uint16_t port_;
  std::function<void(const std::string&)> ask_;
  query_desk desk_;
  http_context context_;
  std::set<http_connection*> connections_;
  std::thread thread_;
};

server::server(const http_options& options, tcp::acceptor&& acceptor,
               std::unique_ptr<asio::io_context> io)
  : io_(std::move(io)),
    acceptor_(std::move(acceptor)),
    pause_(*io_),
    port_(acceptor_->local_endpoint().port()),
    desk_([this](const std::string& query) { ask_(query); }, steady_us),
    context_{rules_of(options,
                      !acceptor_->local_endpoint().address().is_loopback()),
             desk_, options.patience, 0, 0,
             [this](http_connection* gone) { connections_.erase(gone); }} {}

void server::serve(std::function<void(const std::string&)> ask) {
  ask_ = std::move(ask);
  accept();
  thread_ = std::thread{[this] { io_->run(); }};
}

void server::answered(std::string query, std::string text) {
  if (!io_)
    return;
  asio::post(*io_, [this, query = std::move(query),
                    text = std::move(text)]() mutable {
    desk_.answered(query, std::move(text));
  });
}

void server::stop() {
  if (!io_)
    return;
  io_->stop();
  if (thread_.joinable())
    thread_.join();
  // Connections live by what is under way for them, and tell the context when
  // they go: all of that ends here, while there is one. Whoever waits at the
  // desk needs the sockets' service, which goes with io_.
  desk_.forget_waiters();
  acceptor_.reset();
  pause_.reset();
  io_.reset();
}

void server::accept() {
  acceptor_->async_accept([this](error_code failed, tcp::socket socket) {
    if (failed == asio::error::operation_aborted)
      return;
    if (failed) { // Out of descriptors, say: not again at once.
      pause_->expires_after(accept_pause);
      pause_->async_wait([this](error_code cancelled) {
        if (!cancelled)
          accept();
      });
      return;
    }
    on_accepted(std::move(socket));
    accept();
  });
}

void server::on_accepted(tcp::socket socket) {
  if (connections_.size() >= most_connections && !make_room())
    return;
  error_code ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  const bool own = is_own_peer(socket.native_handle());
  const auto made
    = std::make_shared<http_connection>(std::move(socket), context_, own);
  connections_.insert(made.get());
  made->start();
}

/// Closes the connection that has been idle longest.
bool server::make_room() {
  http_connection* oldest = nullptr;
  for (auto* one : connections_)
    if (one->idle_since()
        && (!oldest || *one->idle_since() < *oldest->idle_since()))
      oldest = one;
  if (!oldest)
    return false;
  connections_.erase(oldest);
  oldest->close();
  return true;
}

/// Listens on *where*, or tells why not.
error_code listen(tcp::acceptor& acceptor, const tcp::endpoint& where) {
  error_code failed;
  acceptor.close(failed);
  acceptor.open(where.protocol(), failed);
  if (!failed)
    acceptor.set_option(tcp::acceptor::reuse_address{true}, failed);
  if (!failed)
    acceptor.bind(where, failed);
  if (!failed)
    acceptor.listen(static_cast<int>(http_server::most_connections), failed);
  return failed;
}

/// The wanted port, the ones after it, any.
error_code listen_near(tcp::acceptor& acceptor, tcp::endpoint where) {
  const int wanted = where.port();
  auto failed = listen(acceptor, where);
  for (int next = 1; failed == asio::error::address_in_use && wanted != 0
                     && next < http_server::ports_tried
                     && wanted + next < 65'536;
       ++next) {
    where.port(static_cast<std::uint16_t>(wanted + next));
    failed = listen(acceptor, where);
  }
  if (failed != asio::error::address_in_use)
    return failed;
  where.port(0);
  return listen(acceptor, where);
}

} // namespace

result<std::unique_ptr<http_server>>
http_server::open(const http_options& options) {
  auto io = std::make_unique<asio::io_context>(1);
  error_code failed;
  const auto found = tcp::resolver{*io}.resolve(
    options.host, std::to_string(options.port),
    tcp::resolver::passive | tcp::resolver::numeric_service, failed);
  if (failed || found.empty())
    return failure{ray::errc::wrong_type,
                   fmt::format("--dashboard-host={} is no host: {}",
                               options.host, failed.message())};
  tcp::acceptor acceptor{*io};
  const auto where = found.begin()->endpoint();
  failed = listen_near(acceptor, where);
  if (failed.value() == EADDRNOTAVAIL)
    return failure{ray::errc::wrong_type,
                   fmt::format("--dashboard-host={} is no address of this "
                               "machine; give one that is",
                               options.host)};
  if (failed)
    return failure{ray::errc::connection_failed,
                   fmt::format("the dashboard cannot listen on {}: {}",
                               options.host, failed.message())};
  return std::unique_ptr<http_server>{
    new server{options, std::move(acceptor), std::move(io)}};
}

} // namespace rayd
