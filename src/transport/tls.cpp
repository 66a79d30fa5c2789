#include "transport/tls.hpp"

#include "base/check.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace rayd {

namespace {

constexpr char identity[] = "rayd/1";
constexpr std::size_t identity_bytes = sizeof identity - 1;

// -- a BIO whose writes never raise SIGPIPE -----------------------------------

int descriptor_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int bio_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const auto moved = ::send(descriptor_of(bio), from,
                            static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (moved < 0 && would_block())
    BIO_set_retry_write(bio);
  return static_cast<int>(moved);
}

int bio_read(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  const auto moved
    = ::recv(descriptor_of(bio), to, static_cast<std::size_t>(size), 0);
  if (moved < 0 && would_block())
    BIO_set_retry_read(bio);
  return static_cast<int>(moved);
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
                              "rayd socket");
    RAYD_CHECK(made != nullptr);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

// -- the pre-shared key -------------------------------------------------------

// OpenSSL asks for a session that carries the key; {0x13, 0x01} is
// TLS_AES_128_GCM_SHA256.
SSL_SESSION* session_of(SSL* ssl) {
  const auto* key = static_cast<const secret_key*>(
    SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const unsigned char cipher[] = {0x13, 0x01};
  SSL_SESSION* session = SSL_SESSION_new();
  SSL_SESSION_set1_master_key(session, key->data(), key->size());
  SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, cipher));
  SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION);
  return session;
}

int on_server(SSL* ssl, const unsigned char* name, std::size_t size,
              SSL_SESSION** out) {
  const bool ours
    = size == identity_bytes && std::memcmp(name, identity, size) == 0;
  *out = ours ? session_of(ssl) : nullptr;
  return 1;
}

int on_client(SSL* ssl, const EVP_MD*, const unsigned char** name,
              std::size_t* size, SSL_SESSION** out) {
  *name = reinterpret_cast<const unsigned char*>(identity);
  *size = identity_bytes;
  *out = session_of(ssl);
  return 1;
}

// -- what a result means ------------------------------------------------------

tls_reason reason_of(int kind) {
  const auto code = ERR_peek_error();
  if (kind == SSL_ERROR_SYSCALL || code == 0)
    return tls_reason::broken_off;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return tls_reason::broken_off;
    // The server says that the key's proof does not hold, or that without a
    // key it knows it has nothing to show; or we are that server.
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_ILLEGAL_PARAMETER:
    case SSL_R_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY:
    case SSL_R_BINDER_DOES_NOT_VERIFY:
      return tls_reason::other_key;
    default:
      return tls_reason::not_our_tls;
  }
}

tls_step step_of(SSL* ssl, int returned, std::size_t bytes) {
  if (returned > 0)
    return {tls_state::done, bytes, tls_reason::none};
  const int kind = SSL_get_error(ssl, returned);
  switch (kind) {
    case SSL_ERROR_WANT_READ:
      return {tls_state::want_read, 0, tls_reason::none};
    case SSL_ERROR_WANT_WRITE:
      return {tls_state::want_write, 0, tls_reason::none};
    case SSL_ERROR_ZERO_RETURN:
      return {tls_state::closed, 0, tls_reason::broken_off};
    default:
      return {tls_state::failed, 0, reason_of(kind)};
  }
}

} // namespace

void ssl_free::operator()(ssl_st* ssl) const noexcept {
  SSL_free(ssl);
}

tls_context::tls_context(tls_side side, const secret_key& key)
  : side_(side), key_(key) {
  const bool server = side == tls_side::server;
  context_ = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
  RAYD_CHECK(context_ != nullptr);
  SSL_CTX_set_app_data(context_, &key_);
  SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context_, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_num_tickets(context_, 0);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE
                               | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context_, 1);
  SSL_CTX_set_default_read_buffer_len(context_, 64 << 10);
  // A client without the key finds no certificate to accept; a server must
  // not ask for one (it would then want a session id context and refuse
  // every key).
  SSL_CTX_set_verify(context_, server ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                     nullptr);
  if (server)
    SSL_CTX_set_psk_find_session_callback(context_, on_server);
  else
    SSL_CTX_set_psk_use_session_callback(context_, on_client);
}

tls_context::~tls_context() {
  // Connections may live on; none of them asks for the key again.
  SSL_CTX_set_app_data(context_, nullptr);
  SSL_CTX_free(context_);
  OPENSSL_cleanse(key_.data(), key_.size());
}

ssl_ptr tls_context::open(int fd) const {
  SSL* ssl = SSL_new(context_);
  BIO* bio = BIO_new(socket_method());
  RAYD_CHECK(ssl != nullptr && bio != nullptr);
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  if (side_ == tls_side::server)
    SSL_set_accept_state(ssl);
  else
    SSL_set_connect_state(ssl);
  return ssl_ptr{ssl};
}

tls_step tls_handshake(ssl_st* ssl) {
  ERR_clear_error();
  auto step = step_of(ssl, SSL_do_handshake(ssl), 0);
  // Without the key it cannot end for lack of certificates; this says that a
  // pre-shared key was used, whatever OpenSSL's defaults become.
  if (step.state == tls_state::done && SSL_session_reused(ssl) != 1)
    step = {tls_state::failed, 0, tls_reason::not_our_tls};
  return step;
}

tls_step tls_read(ssl_st* ssl, void* to, std::size_t size) {
  ERR_clear_error();
  std::size_t moved = 0;
  const int returned = SSL_read_ex(ssl, to, size, &moved);
  return step_of(ssl, returned, moved);
}

tls_step tls_write(ssl_st* ssl, const void* from, std::size_t size) {
  // One key may protect some 360 GB (RFC 8446, 5.5); take a new one sooner.
  constexpr int bytes_per_key_log2 = 36;
  ERR_clear_error();
  const auto before = BIO_number_written(SSL_get_wbio(ssl));
  std::size_t moved = 0;
  const int returned = SSL_write_ex(ssl, from, size, &moved);
  const auto after = BIO_number_written(SSL_get_wbio(ssl));
  if (returned > 0
      && before >> bytes_per_key_log2 != after >> bytes_per_key_log2)
    SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
  return step_of(ssl, returned, moved);
}

bool tls_say_goodbye(ssl_st* ssl) {
  ERR_clear_error();
  const int returned = SSL_shutdown(ssl);
  if (returned >= 0)
    return true;
  const int kind = SSL_get_error(ssl, returned);
  return kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE;
}

} // namespace rayd
