#include "object_transfer/object_transfer.hpp"

#include "object_transfer/object_fetcher.hpp"
#include "object_transfer/object_server.hpp"

#include <caf/actor_system.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

namespace rayd {

namespace {

struct object_transfer_state {
  static inline const char* name = "object-transfer";
};

caf::behavior
transfer_actor(caf::stateful_actor<object_transfer_state>* self,
               std::shared_ptr<object_fetcher> fetcher) {
  self->set_default_handler(caf::drop);
  return {
    [fetcher](const fetch_object& wanted) { fetcher->fetch(wanted); },
    [fetcher](const fetch_program& wanted) { fetcher->fetch(wanted); },
    [fetcher](const node_address& where) { fetcher->learn(where); },
  };
}

class transfer_service : public object_transfer {
public:
  transfer_service(caf::actor_system& system,
                   const object_transfer_options& options)
    : server_(system, options),
      fetcher_(std::make_shared<object_fetcher>(system, options)),
      actor_(system.spawn(transfer_actor, fetcher_)) {}

  ~transfer_service() override { stop(); }

  void serve(stream peer, const std::string& from) override {
    server_.serve(std::move(peer), from);
  }

  void set_pool(caf::actor pool) override {
    server_.set_pool(std::move(pool));
  }

  void stop() override {
    caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
    server_.stop();
    fetcher_->stop();
  }

  caf::actor actor() const override { return actor_; }

private:
  object_server server_;
  std::shared_ptr<object_fetcher> fetcher_;
  caf::actor actor_;
};

} // namespace

std::shared_ptr<object_transfer>
start_object_transfer(caf::actor_system& system,
                      object_transfer_options options) {
  return std::make_shared<transfer_service>(system, options);
}

} // namespace rayd
