#pragma once

#include "base/ids.hpp"
#include "base/resources.hpp"

#include <cstdint>
#include <string>
#include <vector>

// Placement groups: what nodes and the global scheduler tell each other. A
// group's id is an object's, whose value (void) is there once the group is
// placed. The head reserves all bundles or none: it orders the nodes to
// reserve, and commits when all have said yes. Each try has a number; an order
// of an older one has no effect, a copy none either.

namespace rayd {

/// Node to head, from the group's home: make it, or remove it.
struct group_request {
  node_index node = 0; ///< Its home.
  object_id group;
  job_number job = 0; ///< Ends with it.
  std::vector<resource_set> bundles;
  std::uint8_t strategy = 0; ///< ray::strategy.
  std::string name;          ///< For people.
  bool remove = false;
};

struct placed_bundle {
  std::uint32_t index = 0;
  resource_set resources;

  friend bool operator==(const placed_bundle&, const placed_bundle&) = default;
};

/// Head to a node.
struct bundle_order {
  enum action : std::uint8_t {
    reserve, ///< Take these bundles; answered by bundle_answer.
    commit,  ///< Work may run in them.
    undo,    ///< Give back what exactly this try reserved.
    free,    ///< Give back all of tries up to this one, end what runs there.
    claim,   ///< Reserve: what gets free goes to it before to later tasks.
  };

  std::uint64_t epoch = 0;
  object_id group;
  job_number job = 0;
  std::uint64_t attempt = 0;
  std::uint8_t what = reserve;
  std::vector<placed_bundle> bundles; ///< Of reserve and claim.
};

/// Node to head, to reserve; to claim once all is there or never can be.
struct bundle_answer {
  node_index node = 0;
  object_id group;
  std::uint64_t attempt = 0;
  bool reserved = false;
};

/// Head to the group's home.
struct group_news {
  enum state : std::uint8_t {
    waits,  ///< It fits no nodes that are there: the driver is told.
    placed, ///< All bundles are committed.
    failed, ///< It never can be placed, or was removed before it was.
  };

  std::uint64_t epoch = 0;
  object_id group;
  std::uint8_t now = waits;
  std::string text;
};

} // namespace rayd
