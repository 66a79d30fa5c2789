#pragma once

#include "fake_node_actor.hpp"

#include "driver/attach.hpp"
#include "shared_memory/segment.hpp"
#include "transport/caf_system.hpp"
#include "transport/gate.hpp"
#include "transport/hand_over.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include <stdlib.h>

// A node that speaks the real protocol over a real Unix socket and does what
// the test says: it records what clients send and answers when told.

namespace rayd {

/// Gives other processes and threads time to do what they must not do.
inline void pause(std::chrono::milliseconds time) {
  std::mutex lock;
  std::unique_lock guard{lock};
  std::condition_variable never;
  never.wait_for(guard, time, [] { return false; });
}

/// A folder of its own, removed at the end.
struct scratch_folder {
  std::string path;

  scratch_folder() {
    char name[] = "/tmp/rayd-test-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~scratch_folder() { std::filesystem::remove_all(path); }
};

/// The node with its gate and an arena of 64 MiB.
struct fake_node {
  std::shared_ptr<fake_node_log> log = std::make_shared<fake_node_log>();
  scratch_folder folder;
  std::string socket = folder.path + "/node/node.sock";
  std::shared_ptr<segment> arena = *segment::create({64u << 20, "", 1u << 20});
  std::uint64_t arena_used = 0;
  caf_system system;
  caf::actor actor = system->spawn<fake_node_actor>(log);
  std::unique_ptr<gate> door;

  fake_node() {
    gate_options options;
    options.unix_path = socket;
    gate_callbacks callbacks;
    callbacks.decide = [this](const hello&, const peer_info&) -> gate_answer {
      welcome in;
      in.node = 1;
      in.descriptors = {arena->readonly_fd(), arena->writable_fd()};
      return in;
    };
    callbacks.accept = [this](accepted peer) {
      hand_over_accept(system, std::move(peer.messages),
                       caf::actor_cast<caf::strong_actor_ptr>(actor));
    };
    door = std::move(*gate::open(options, callbacks));
  }

  ~fake_node() { die(); }

  /// As if the process were killed: the root actor is gone.
  void die() {
    if (!actor)
      return;
    door->stop();
    caf::actor_cast<fake_node_actor*>(actor)->stop();
    actor = nullptr;
  }

  void send(std::vector<lane_record> records) {
    caf::actor_cast<fake_node_actor*>(actor)->send(std::move(records));
  }

  std::shared_ptr<client> attach_driver() {
    attach_request request;
    request.socket = socket;
    request.text = describe_driver("a test");
    auto made = attach(request);
    return made ? *made : nullptr;
  }

  /// Gives space in the arena to whoever asks, without taking any back.
  bool give_space(lane_record& record) {
    if (const auto* x = std::get_if<create_object_room>(&record)) {
      send({object_room{x->request, place(x->size), {}}});
      return true;
    }
    if (const auto* x = std::get_if<want_spare_room>(&record)) {
      send({spare_room{place(x->at_least)}});
      return true;
    }
    return false;
  }

  extent place(std::uint64_t size) {
    const extent where{arena_used, size};
    arena_used += arena_footprint(size);
    if (!arena->reserve(arena_used))
      return {};
    return where;
  }
};

/// A task that a test's driver submits.
inline ray::detail::submission a_task(std::string arguments = "args") {
  ray::detail::submission work;
  work.function = {11, 22};
  work.function_name = "a_function";
  work.arguments = std::move(arguments);
  return work;
}

inline object_value inline_value(std::string bytes) {
  return {object_value::kind::inline_bytes, std::move(bytes), {}, {}};
}

inline std::string text_of(const ray::detail::stored_value& value) {
  return {reinterpret_cast<const char*>(value.bytes.data()),
          value.bytes.size()};
}

} // namespace rayd
