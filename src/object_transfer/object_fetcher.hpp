#pragma once

#include "object_transfer/object_transfer.hpp"
#include "object_transfer/transfer_frames.hpp"
#include "transport/dial.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

namespace rayd {

/// The fetching side: some threads, each with connections of its own to the
/// nodes that it fetched from.
class object_fetcher {
public:
  object_fetcher(caf::actor_system& system,
                 const object_transfer_options& options);
  ~object_fetcher();

  void fetch(fetch_object wanted);
  void fetch(fetch_program wanted);
  void learn(node_address where);
  void stop();

private:
  using connections = std::map<node_index, std::shared_ptr<stream>>;
  using order = std::variant<fetch_object, fetch_program>;

  void run();
  void push(order next);
  std::optional<order> next();
  void fetch_one(const fetch_object& wanted, connections& open);
  void fetch_one(const fetch_program& wanted, connections& open);

  /// What came of an object: how many bytes before it ended or failed, and
  /// whether the holder has it but no room to bring it back from its disk.
  struct part {
    std::size_t bytes = 0;
    bool kept = false;
  };

  /// Reads the object's bytes from *offset* on into *to*.
  part read_from(node_index holder, const object_id& object,
                 std::span<std::byte> to, std::size_t offset,
                 connections& open);
  std::optional<transfer_answer> ask(stream& channel,
                                     const transfer_question& question) const;
  std::shared_ptr<stream> connect(node_index holder, connections& open);

  caf::actor_system& system_;
  object_transfer_options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<order> wanted_;                   ///< Guarded by mutex_, as
  std::map<node_index, node_address> places_;  ///< these.
  std::vector<std::weak_ptr<stream>> streams_; ///< To be shut down by stop().
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace rayd
