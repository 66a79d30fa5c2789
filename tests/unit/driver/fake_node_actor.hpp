#pragma once

#include "transport/basp_lane.hpp"
#include "transport/task_path_actor.hpp"
#include "wire/lane_codec.hpp"
#include "wire/tags.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// The root actor of the fake node: takes one client, records what it sends,
// and sends what the test wants.

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

  /// The next record, which must be a *Record* (or lane_record: any); else an
  /// empty one, at the latest after 10 s.
  template <class Record>
  Record take() {
    std::unique_lock guard{lock};
    if (!changed.wait_for(guard, 10s, [&] { return !records.empty(); }))
      return {};
    auto first = std::move(records.front());
    records.pop_front();
    if constexpr (std::is_same_v<Record, lane_record>) {
      return first;
    } else {
      auto* wanted = std::get_if<Record>(&first);
      return wanted != nullptr ? std::move(*wanted) : Record{};
    }
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
      {
        const std::lock_guard guard{log_->lock};
        log_->attached.push_back(nlohmann::json::parse(bytes));
        log_->changed.notify_all();
      }
      send_bytes(from, welcome_atom::value, welcome.dump());
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

} // namespace rayd
