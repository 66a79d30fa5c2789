#pragma once

#include "object_transfer/object_transfer.hpp"
#include "object_transfer/transfer_frames.hpp"

#include <caf/fwd.hpp>

#include <list>
#include <mutex>
#include <optional>
#include <thread>

namespace rayd {

/// The serving side: one thread for each connection that the gate let in.
class object_server {
public:
  object_server(caf::actor_system& system,
                const object_transfer_options& options);
  ~object_server();

  void serve(stream peer, const std::string& from);
  void set_pool(caf::actor pool) { pool_ = std::move(pool); }
  void stop();

private:
  struct reader {
    stream channel;
    std::string from;
    std::thread thread;
    bool done = false; ///< Guarded by mutex_.
  };

  void run(reader& peer);
  bool answer(reader& peer, const transfer_question& question);
  bool answer_object(reader& peer, const transfer_question& question);
  bool answer_program(reader& peer, const transfer_question& question);
  std::optional<object_place> pin(caf::scoped_actor& self, reader& peer,
                                  const object_id& object);
  bool say(reader& peer, transfer_state state, std::uint64_t size = 0);

  caf::actor_system& system_;
  object_transfer_options options_;
  caf::actor pool_;
  std::mutex mutex_;
  std::list<reader> readers_; ///< Guarded by mutex_, but for a thread's own.
  bool stopping_ = false;
};

} // namespace rayd
