#pragma once

#include "local_scheduler/reference_set.hpp"
#include "local_scheduler/types.hpp"
#include "wire/task.hpp"

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace rayd {

/// What the directory tells the rest of the machine.
class directory_listener {
public:
  virtual ~directory_listener() = default;

  /// An object that the task waits for (see object_directory::await) is there.
  virtual void dependency_ready(const object_id& task) = 0;

  /// An object that the task waits for cannot be brought here (its encoded
  /// failure says why: the store is full).
  virtual void dependency_refused(const object_id& task,
                                  const std::string& failure)
    = 0;

  /// Run the task that made it again. False: it cannot be made again.
  virtual bool rebuild(const object_id& id) = 0;

  /// Adds what tasks were given that workers here have not ended, and what
  /// the next one needs together.
  virtual void add_in_use(std::unordered_set<object_id>& ids) const = 0;

  /// Nobody refers to this object (or actor) of this home any more, and its
  /// entry is gone.
  virtual void unreferenced(const object_id& id) = 0;

  /// Every node that the process's new references need to be known at has
  /// acknowledged them.
  virtual void retains_settled(process_id process) = 0;
};

/// What the object directory of a node remembers of one object.
struct object_entry {
  enum class state : std::uint8_t { pending, ready, lost };

  /// Someone who waits: a task (its id), a process or a node.
  struct waiters {
    struct task {
      object_id id;
      bool here = false; ///< Stored values must be in this node's store.
    };
    struct process {
      process_id id = 0;
      bool here = false; ///< As for a task.
    };
    std::vector<task> tasks;
    std::vector<process> processes;
    std::vector<node_index> nodes;
  };

  object_value value;
  reference_set references;
  std::unique_ptr<waiters> waiting;
  std::vector<node_index> copies; ///< Of a stored value, on other nodes.
  state now = state::pending;
  bool local = false;    ///< Stored and in this node's store,
  bool spilled = false;  ///< but there not in the arena, on disk.
  bool fetching = false; ///< A copy is on its way here.
  bool asked = false;    ///< Borrowed: the home was asked for it.
  bool doomed = false;   ///< Borrowed: freed by its home, still read here.
  bool retained = false; ///< Borrowed: the home counts this node.
  bool named_home = false; ///< A task or put of this home makes it.
  std::uint16_t reading = 0; ///< Transfers that read it in the arena.
  std::uint64_t used = 0;    ///< Its turn among the last uses, see departures.

  bool in_arena() const noexcept { return local && !spilled; }
};

} // namespace rayd
