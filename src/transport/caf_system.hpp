#pragma once

#include <caf/fwd.hpp>

#include <cstddef>
#include <memory>

namespace rayd {

/// The actor system of a process, with every knob of CAF set here and nowhere
/// else: one scheduler thread (in a process of many of a program's actors
/// some), work sharing, deserialisation in the I/O
/// thread, no heartbeats, no configuration file, no automatic connections, a
/// random node id. CAF never listens and never dials; hand_over.hpp gives it
/// connections. Between processes only (atom, std::string) is sent.
///
/// Leaving: CAF waits in its destructor for every actor that lives. Processes
/// end their own actors, flush, and call `_exit`; tests end all actors and
/// let it go out of scope.
class caf_system {
public:
  explicit caf_system(std::size_t threads = 1);
  ~caf_system();
  caf_system(const caf_system&) = delete;
  caf_system& operator=(const caf_system&) = delete;

  caf::actor_system& get() noexcept;
  operator caf::actor_system&() noexcept { return get(); }
  caf::actor_system* operator->() noexcept { return &get(); }

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace rayd
