#pragma once

#include "base/ids.hpp"
#include "wire/object_id_inspect.hpp"

#include <caf/meta/type_name.hpp>

#include <cstdint>

// What the object store and the local scheduler of a node say to each other
// when the store is (nearly) full: who may leave the arena is known by the
// scheduler, what is free and what is on disk by the store.

namespace rayd {

/// Store -> scheduler: objects of so many bytes should leave the arena, now.
/// A later one replaces an earlier one. Space comes by spill_object,
/// free_place and free_objects; no_more_space says that none will.
struct space_wanted {
  std::uint64_t serial = 0;
  std::uint64_t bytes = 0;

  template <class Inspector>
  friend auto inspect(Inspector& f, space_wanted& x) {
    return f(caf::meta::type_name("space_wanted"), x.serial, x.bytes);
  }
};

/// Scheduler -> store: nothing (more) can leave just now.
struct no_more_space {
  std::uint64_t serial = 0; ///< Of the wish.
  bool later = false;       ///< Something can when tasks end that run now.

  template <class Inspector>
  friend auto inspect(Inspector& f, no_more_space& x) {
    return f(caf::meta::type_name("no_more_space"), x.serial, x.later);
  }
};

/// Scheduler -> store: write the object to disk; it stays in the arena. Answer:
/// object_spilled, unless it is freed before.
struct spill_object {
  object_id object;

  template <class Inspector>
  friend auto inspect(Inspector& f, spill_object& x) {
    return f(caf::meta::type_name("spill_object"), x.object);
  }
};

struct object_spilled {
  object_id object;
  bool good = false; ///< Else there is no file.

  template <class Inspector>
  friend auto inspect(Inspector& f, object_spilled& x) {
    return f(caf::meta::type_name("object_spilled"), x.object, x.good);
  }
};

/// Scheduler -> store, after object_spilled: its place in the arena is free.
struct free_place {
  object_id object;

  template <class Inspector>
  friend auto inspect(Inspector& f, free_place& x) {
    return f(caf::meta::type_name("free_place"), x.object);
  }
};

/// Scheduler -> store, after object_spilled: it stays in the arena.
struct drop_file {
  object_id object;

  template <class Inspector>
  friend auto inspect(Inspector& f, drop_file& x) {
    return f(caf::meta::type_name("drop_file"), x.object);
  }
};

/// Scheduler -> store: back into the arena. Answer: object_fetched,
/// object_not_restored, or object_not_stored (no room).
struct restore_object {
  object_id object;
  std::uint64_t size = 0;

  template <class Inspector>
  friend auto inspect(Inspector& f, restore_object& x) {
    return f(caf::meta::type_name("restore_object"), x.object, x.size);
  }
};

/// Store -> scheduler: its file is gone or damaged, and so is the object.
struct object_not_restored {
  object_id object;

  template <class Inspector>
  friend auto inspect(Inspector& f, object_not_restored& x) {
    return f(caf::meta::type_name("object_not_restored"), x.object);
  }
};

} // namespace rayd
