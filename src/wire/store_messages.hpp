#pragma once

#include "base/extent.hpp"
#include "base/ids.hpp"
#include "wire/object_id_inspect.hpp"
#include "wire/store_terms.hpp"

#include <caf/meta/type_name.hpp>

#include <cstdint>
#include <string>
#include <vector>

// What a node's object store takes and answers. All of it stays in the node's
// process. Answers are sent to the sender of the question, as messages of
// their own, and carry what the asker needs to find its question again.
// Messages of one sender are handled in order.

namespace rayd {

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, extent& x) {
  return f(caf::meta::type_name("extent"), x.offset, x.size);
}

/// Local scheduler, object_transfer -> object store: space for an object of
/// *size* bytes that *client* fills and then seals. Asked twice, the same
/// space is answered. Two clients may create one object; the first seal wins.
/// Answer: object_created or object_refused.
struct create_object {
  std::uint64_t request = 0; ///< Chosen by the sender, comes back.
  client_number client = 0;
  object_id object;
  std::uint64_t size = 0;

  template <class Inspector>
  friend auto inspect(Inspector& f, create_object& x) {
    return f(caf::meta::type_name("create_object"), x.request, x.client,
             x.object, x.size);
  }
};

/// Object store -> asker: the space is backed by memory; fill it.
struct object_created {
  std::uint64_t request = 0;
  client_number client = 0;
  object_id object;
  extent where; ///< size is the object's own.

  template <class Inspector>
  friend auto inspect(Inspector& f, object_created& x) {
    return f(caf::meta::type_name("object_created"), x.request, x.client,
             x.object, x.where);
  }
};

/// Object store -> asker: a create_object (then with its request) or seal
/// (request 0) was refused; nothing is held for it.
struct object_refused {
  std::uint64_t request = 0;
  client_number client = 0;
  object_id object;
  store_refusal code = store_refusal::full;
  std::string message;

  template <class Inspector>
  friend auto inspect(Inspector& f, object_refused& x) {
    return f(caf::meta::type_name("object_refused"), x.request, x.client,
             x.object, x.code, x.message);
  }
};

/// Local scheduler -> object store: an extent ahead of need, which *client*
/// fills with objects from its front, each at a multiple of arena_alignment
/// and taking arena_footprint(size) bytes. At least *at_least* bytes, rounded
/// up to whole steps (1 MiB). Answer: room_given or room_refused.
struct give_room {
  client_number client = 0;
  std::uint64_t at_least = 0;

  template <class Inspector>
  friend auto inspect(Inspector& f, give_room& x) {
    return f(caf::meta::type_name("give_room"), x.client, x.at_least);
  }
};

/// Object store -> asker.
struct room_given {
  client_number client = 0;
  extent where;

  template <class Inspector>
  friend auto inspect(Inspector& f, room_given& x) {
    return f(caf::meta::type_name("room_given"), x.client, x.where);
  }
};

/// Object store -> asker.
struct room_refused {
  client_number client = 0;
  std::uint64_t at_least = 0;
  store_refusal code = store_refusal::full;
  std::string message;

  template <class Inspector>
  friend auto inspect(Inspector& f, room_refused& x) {
    return f(caf::meta::type_name("room_refused"), x.client, x.at_least,
             x.code, x.message);
  }
};

/// Local scheduler -> object store: *client* will not fill these bytes of its
/// rooms any more (the rest of an old room). Bytes that are not its room are
/// ignored.
struct return_room {
  client_number client = 0;
  extent where;

  template <class Inspector>
  friend auto inspect(Inspector& f, return_room& x) {
    return f(caf::meta::type_name("return_room"), x.client, x.where);
  }
};

/// Local scheduler, object_transfer -> object store: *object* is complete and
/// never changes again. Answered only when refused (object_refused with
/// request 0): its space is free again, unless it is of no own space or
/// creation at all.
struct seal_object {
  client_number client = 0;
  object_id object;
  extent where;         ///< As created; or where in the room it was written.
  bool in_room = false; ///< Without create_object, in a room of the client.

  template <class Inspector>
  friend auto inspect(Inspector& f, seal_object& x) {
    return f(caf::meta::type_name("seal_object"), x.client, x.object, x.where,
             x.in_room);
  }
};

/// The same for many, in order: what the local scheduler sends once per turn,
/// so that a small put does not cost a message.
struct seal_objects {
  std::vector<seal_object> seals;

  template <class Inspector>
  friend auto inspect(Inspector& f, seal_objects& x) {
    return f(caf::meta::type_name("seal_objects"), x.seals);
  }
};

/// Local scheduler, object_transfer -> object store: the creation is given up.
/// Without one, or after its seal, nothing happens. No answer.
struct abort_object {
  client_number client = 0;
  object_id object;

  template <class Inspector>
  friend auto inspect(Inspector& f, abort_object& x) {
    return f(caf::meta::type_name("abort_object"), x.client, x.object);
  }
};

/// Local scheduler -> object store: nobody refers to these sealed objects nor
/// views them. Unknown ones are ignored. No answer.
struct free_objects {
  std::vector<object_id> objects;

  template <class Inspector>
  friend auto inspect(Inspector& f, free_objects& x) {
    return f(caf::meta::type_name("free_objects"), x.objects);
  }
};

/// Local scheduler -> object store: the process ended (not only its socket:
/// it must not be able to write any more). All it had not sealed is free
/// again; what is still on its way from it is refused. No answer.
struct client_gone {
  client_number client = 0;

  template <class Inspector>
  friend auto inspect(Inspector& f, client_gone& x) {
    return f(caf::meta::type_name("client_gone"), x.client);
  }
};

/// Anyone in the node -> object store. Answer: store_usage.
struct ask_store_usage {
  template <class Inspector>
  friend auto inspect(Inspector& f, ask_store_usage&) {
    return f(caf::meta::type_name("ask_store_usage"));
  }
};

/// Bytes, but for two. used + reserved + free == capacity.
struct store_usage {
  std::uint64_t capacity = 0;
  std::uint64_t used = 0;         ///< Sealed objects.
  std::uint64_t reserved = 0;     ///< Rooms and unsealed creations.
  std::uint64_t free = 0;
  std::uint64_t largest_free = 0; ///< The largest object that has space now.
  std::uint64_t backed = 0;       ///< Taken from the system so far.
  std::uint64_t objects = 0;      ///< Sealed.
  std::uint64_t clients = 0;      ///< That hold rooms or creations.
  std::uint64_t spilled = 0;      ///< Bytes of objects on disk.

  template <class Inspector>
  friend auto inspect(Inspector& f, store_usage& x) {
    return f(caf::meta::type_name("store_usage"), x.capacity, x.used,
             x.reserved, x.free, x.largest_free, x.backed, x.objects,
             x.clients, x.spilled);
  }
};

} // namespace rayd
