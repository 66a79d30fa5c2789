#pragma once

#include "local_scheduler/departures.hpp"
#include "local_scheduler/effects.hpp"
#include "local_scheduler/object_entry.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

// The object directory of one node: a pure state machine. For each object
// whose home is here it is the authority: the value or where its copies lie,
// and who refers to it. For objects of other homes ("borrowed") it remembers
// what it was told, asks the home when it must, and tells the home that this
// node uses it as long as a process or a task here does. It promises: whoever
// waits is told once when the value is there or fails; an object that nobody
// refers to is freed on every node that holds it; a copy lost with its node
// is made again by its task when someone needs it, or fails as object_lost.
// It does not run tasks: the listener does.

namespace rayd {

class object_directory {
public:
  using entry = object_entry;
  using state = entry::state;
  using waiters = entry::waiters;

  object_directory(node_index self, effects& out, directory_listener& listener)
    : self_(self), out_(out), listener_(listener) {}

  bool is_home(const object_id& id) const noexcept {
    return id.home() == self_;
  }

  const entry* find(const object_id& id) const;
  std::size_t size() const noexcept { return entries_.size(); }

  /// All objects that it knows, sorted; for tests.
  std::vector<object_id> ids() const;

  /// Whether node_gone() was called for it, or it died before this node came.
  bool is_dead(node_index node) const;

  /// See machine_faults.
  void ignore_views() noexcept { ignores_views_ = true; }

  /// See machine_options.
  void know_elders(std::vector<node_index> elders) {
    elders_ = std::move(elders);
  }

  // -- values -----------------------------------------------------------------

  /// A task or put of this home will make it.
  void expect(const object_id& id);

  /// The value is there. A stored one lies in this node's store when *holder*
  /// is this node, else there. @returns false if it was ready already; then
  /// the new value is dropped.
  bool ready(const object_id& id, object_value value, node_index holder);

  /// A stored result of another home lies here until that home frees it.
  void keep_copy(const object_id& id, const object_value& value);

  // -- waiting ----------------------------------------------------------------

  /// True when *id* is there for *task*; else dependency_ready comes later.
  /// *here*: a stored value must be in this node's store first.
  bool await(const object_id& id, const object_id& task, bool here);
  void forget_waiting_task(const object_id& id, const object_id& task);

  /// object_ready goes to the process, once, when it is there. *announce*: a
  /// stored value on another node is said to be not_here instead of fetched.
  void want(process_id process, const object_id& id);
  void announce(process_id process, const object_id& id);

  /// object_ready for what *process* waits for, up to *bytes* of values; the
  /// rest stays for the next call.
  void send_ready(process_id process, std::size_t bytes);

  /// Whether send_ready has something for *process*.
  bool has_ready(process_id process) const;

  /// Processes for which send_ready has something new, in order; cleared.
  std::vector<process_id> take_notified();

  // -- references -------------------------------------------------------------

  /// A new reference to a borrowed object is told to its home; until that has
  /// acknowledged it, *process* is unsettled: its results must wait, and what
  /// it drops stays.
  void hold(process_id process, const std::vector<object_id>& ids);
  void drop(process_id process, const std::vector<object_id>& ids);
  bool unsettled(process_id process) const;
  void pin(const object_id& id);
  void unpin(const object_id& id);

  // -- other nodes ------------------------------------------------------------

  void on_record(node_index from, const node_retains& retains);
  void on_record(node_index from, const node_releases& releases);
  void on_record(node_index from, const locate_object& locate);
  void on_record(node_index from, const object_located& located);
  void on_record(node_index from, const copy_added& added);
  void on_record(node_index from, const free_copies& freed);
  void on_record(node_index from, const copy_leaves& leaves);
  void on_record(node_index from, const copy_judged& judged);
  void on_record(node_index from, const ack_retain& ack);

  /// What this node knows, for a task that goes to another one.
  object_hint hint(const object_id& id) const;
  void take_hint(const object_hint& hint);

  /// Registers this node at the homes of *ids*; *then* runs when all of them
  /// have acknowledged (at once when there is nothing to ask).
  void retain_for(const std::vector<object_id>& ids, node_index except,
                  std::function<void()> then);

  void fetched(const object_id& id, extent where);

  /// None of *nodes* could give it; others are tried, then the home is asked.
  void fetch_failed(const object_id& id, const std::vector<node_index>& nodes);

  /// This node's store has no room for it.
  void fetch_refused(const object_id& id, const std::string& failure);

  /// For object_transfer: the place of a copy that lies here, pinned until
  /// read_done; nothing when it does not.
  std::optional<extent> read(const object_id& id);
  void read_done(const object_id& id);

  /// Whether read() has to be tried again after the object comes back from
  /// disk (fetched) or does not.
  bool comes_back(const object_id& id);

  // -- space in the arena (object_departures.cpp) -----------------------------

  /// The store wants so many bytes of objects to leave; replaces the last wish.
  void want_space(std::uint64_t serial, std::uint64_t bytes);
  void on_record(process_id from, const places_given_back& given);
  void on_record(process_id from, const places_kept& kept);
  void spilled(const object_id& id, bool good);

  /// Its file cannot be read, or is damaged: the copy here is gone.
  void restore_failed(const object_id& id);

  /// Goes on with what the store wants; call at the end of each turn, and
  /// each 10 ms while makes_space().
  void make_space(time_us now);
  bool makes_space() const noexcept {
    return out_of_arena_.wanted.has_value();
  }

  void process_gone(process_id process);
  void node_gone(node_index node);
  void job_gone(job_number job);

  /// Frees what nobody refers to since the last call. Call at the end of each
  /// event; freeing one value may free what it contains.
  void sweep();

private:
  /// A node_retains that its home has not acknowledged.
  struct open_ask {
    process_id process = 0; ///< Who must wait, or 0.
    node_index home = 0;
    std::function<void()> then;
  };
  using ids_by_node = std::map<node_index, std::vector<object_id>>;

  entry* look_up(const object_id& id);
  entry& make(const object_id& id);
  waiters& waiting_of(entry& e);
  void wake(const object_id& id, entry& e);
  void need_value(const object_id& id, entry& e);
  void fetch(const object_id& id, entry& e);
  void lost(const object_id& id, entry& e);
  void forget_copies(const object_id& id, entry& e,
                     const std::vector<node_index>& nodes);
  void fail(const object_id& id, entry& e, ray::errc code, std::string why);
  void notify(process_id process, const object_id& id);
  void send_retains(const ids_by_node& homes, process_id process,
                    std::function<void()> then);
  void acknowledged(std::uint64_t serial);
  void tell_located(node_index node, const object_id& id, const entry& e);
  void touch(const object_id& id) { touched_.push_back(id); }
  void sweep_home(const object_id& id, entry& e);
  void sweep_borrowed(const object_id& id, entry& e);
  void drop_nested(entry& e);
  void node_gone(node_index node, const object_id& id, entry& e);
  void record(const object_id& id, const entry& e, bool freed);
  void drop_here(const object_id& id, entry& e);
  void use(const object_id& id, entry& e);
  void find_candidates(time_us now);
  bool may_leave(const object_id& id, const entry& e) const;
  std::uint64_t on_their_way(time_us now);
  void begin_departure(const object_id& id, const entry& e, time_us now,
                       std::map<process_id, std::vector<object_id>>& questions);
  void recalled(const object_id& id);
  void evict(const object_id& id, entry& e);
  void forget_process(process_id process);
  void departed(const object_id& id);

  template <class Predicate>
  std::vector<object_id> ids_where(Predicate predicate) const;

  node_index self_;
  effects& out_;
  directory_listener& listener_;
  std::unordered_map<object_id, entry> entries_;
  std::vector<object_id> touched_; ///< May be without references now.
  std::vector<object_id> freed_here_;   ///< To be told in one go, by sweep.
  ids_by_node freed_there_, released_;  ///< Likewise.
  std::unordered_map<process_id, std::deque<object_id>> to_send_;
  std::vector<process_id> notified_;
  std::map<std::uint64_t, open_ask> asks_; ///< By serial of the retain.
  std::vector<node_index> dead_;
  std::optional<std::vector<node_index>> elders_;
  std::unordered_map<process_id, std::uint32_t> unsettled_;
  std::unordered_map<process_id, std::vector<object_id>> late_drops_;
  std::uint64_t last_serial_ = 0;
  departures out_of_arena_;
  bool ignores_views_ = false;
};

} // namespace rayd
