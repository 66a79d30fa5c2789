#pragma once

#include "driver/attach.hpp"
#include "shared_memory/segment.hpp"
#include "transport/basp_lane.hpp"
#include "transport/caf_system.hpp"
#include "transport/gate.hpp"
#include "transport/hand_over.hpp"
#include "transport/task_path_actor.hpp"
#include "wire/lane_codec.hpp"
#include "wire/tags.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <stdlib.h>

// A node that speaks the real protocol over a real Unix socket and does what
// the test says: it records what clients send and answers when told.

namespace rayd {

using namespace std::chrono_literals;

/// What the test and the fake node's thread share.
struct fake_node_log {
  std::mutex lock;
  std::condition_variable changed;
  std::deque<lane_record> records; ///< As they came; take() removes them.
  std::vector<nlohmann::json> attached;
  std::atomic<std::size_t> batches{0};
  std::atomic<bool> consume{true}; ///< Gives credit back.
  std::size_t lane_window = lane::default_window;

  /// On the node's thread, for every record; true: not recorded.
  std::function<bool(lane_record&)> handle;

  /// The next record, which must be a *Record*; else an empty one after 10 s.
  template <class Record>
  Record take() {
    std::unique_lock guard{lock};
    if (!changed.wait_for(guard, 10s, [&] { return !records.empty(); }))
      return {};
    auto first = std::move(records.front());
    records.pop_front();
    auto* wanted = std::get_if<Record>(&first);
    return wanted != nullptr ? std::move(*wanted) : Record{};
  }

  /// The next record of that kind; others before it are dropped.
  template <class Record>
  Record take_next() {
    std::unique_lock guard{lock};
    for (;;) {
      if (!changed.wait_for(guard, 10s, [&] { return !records.empty(); }))
        return {};
      auto first = std::move(records.front());
      records.pop_front();
      if (auto* wanted = std::get_if<Record>(&first))
        return std::move(*wanted);
    }
  }

  bool wait_for(std::size_t count) {
    std::unique_lock guard{lock};
    return changed.wait_for(guard, 10s,
                            [&] { return records.size() >= count; });
  }
};

class fake_node_actor final : public task_path_actor {
public:
  fake_node_actor(caf::actor_config& config,
                  std::shared_ptr<fake_node_log> log)
    : task_path_actor(config), log_(std::move(log)) {}

  /// From any thread.
  void send(std::vector<lane_record> records) {
    const std::lock_guard guard{log_->lock};
    for (auto& record : records)
      to_send_.push_back(std::move(record));
    ring();
  }

protected:
  void on_message(caf::atom_value tag, std::string& bytes,
                  const caf::strong_actor_ptr& from) override {
    if (tag == attach_atom::value) {
      lane_ = std::make_unique<basp_lane>(caf::strong_actor_ptr{ctrl()}, from,
                                          log_->lane_window);
      const nlohmann::json welcome{{"process", 5u},
                                   {"node", 1u},
                                   {"job", 7u},
                                   {"lane_window", log_->lane_window},
                                   {"session_dir", "/tmp"}};
      send_bytes(from, welcome_atom::value, welcome.dump());
      const std::lock_guard guard{log_->lock};
      log_->attached.push_back(nlohmann::json::parse(bytes));
      log_->changed.notify_all();
    } else if (lane_) {
      lane_->deliver(tag, bytes);
    }
  }

  bool on_turn_end() override {
    if (!lane_)
      return false;
    while (log_->consume) {
      auto batch = lane_->receive();
      if (!batch)
        break;
      ++log_->batches;
      auto records = decode_batch(*batch);
      for (auto& record : *records)
        if (const auto* query = std::get_if<client_query>(&record))
          send({query_answer{query->request, R"({"nodes":[]})", {}}});
        else if (!log_->handle || !log_->handle(record)) {
          const std::lock_guard guard{log_->lock};
          log_->records.push_back(std::move(record));
          log_->changed.notify_all();
        }
      lane_->consumed(batch->size());
    }
    if (!unsent_.empty() && lane_->send(unsent_) != lane_outcome::sent)
      return false; // Credit wakes this thread again.
    std::vector<lane_record> records;
    {
      const std::lock_guard guard{log_->lock};
      records.swap(to_send_);
    }
    if (!records.empty()) {
      unsent_ = encode_batch(records);
      lane_->send(unsent_);
    }
    return false;
  }

  void on_stop() override {
    lane_.reset();
    log_->handle = nullptr;
  }

private:
  std::shared_ptr<fake_node_log> log_;
  std::unique_ptr<basp_lane> lane_;
  std::vector<lane_record> to_send_;
  std::string unsent_;
};

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
