#include "transport/caf_system.hpp"

#include "base/check.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/io/middleman.hpp>
#include <caf/node_id.hpp>

#include <openssl/rand.h>

#include <chrono>

#include <unistd.h>

namespace rayd {

namespace {

// CAF makes a node's id of network card addresses, a file system's id and the
// process id: containers collide. This module gives it 160 random bits; it is
// initialised after the middleman and before BASP reads the id (CAF 0.18 does
// as much by itself). It takes the place of a module that is not there.
class random_node_id final : public caf::actor_system::module {
public:
  explicit random_node_id(caf::actor_system& system) : system_(system) {}

  static caf::actor_system::module* make(caf::actor_system& system,
                                         caf::detail::type_list<>) {
    return new random_node_id(system);
  }

  void init(caf::actor_system_config&) override {
    caf::node_id::default_data::host_id_type host;
    RAYD_CHECK(RAND_bytes(host.data(), static_cast<int>(host.size())) == 1);
    const_cast<caf::node_id&>(system_.node())
      = caf::make_node_id(static_cast<std::uint32_t>(::getpid()), host);
  }

  void start() override {}
  void stop() override {}
  id_t id() const override { return opencl_manager; }
  void* subtype_ptr() override { return this; }

private:
  caf::actor_system& system_;
};

// Why each: measured, see src/ARCHITECTURE.md. parse() is never called, so no
// file is read. CAF's own heartbeats are off: they would cut off a driver that
// stands in a debugger for 5 s. Inside a machine the kernel tells of each end;
// between machines TCP's timeouts do, and the head counts loads.
struct settings : caf::actor_system_config {
  explicit settings(std::size_t threads) {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", threads);
    set("scheduler.max-throughput", 100);
    set("middleman.workers", 0);
    set("middleman.heartbeat-interval", caf::timespan{0});
    set("middleman.connection-timeout", caf::timespan{0});
    set("middleman.enable-automatic-connections", false);
    load<caf::io::middleman>();
    load<random_node_id>();
  }
};

} // namespace

struct caf_system::state {
  explicit state(std::size_t threads) : config(threads) {}

  settings config;
  caf::actor_system system{config};
};

caf_system::caf_system(std::size_t threads)
  : state_(std::make_unique<state>(threads)) {}

caf_system::~caf_system() = default;

caf::actor_system& caf_system::get() noexcept {
  return state_->system;
}

} // namespace rayd
