#pragma once

#include "control_store/redis_link.hpp"
#include "wire/records.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rayd {

/// Takes one JSON line without its end; false: that was enough.
using line_sink = std::function<bool(const std::string& line)>;

/// Reads the store through *link* and gives one line for each thing of *kind*
/// (node, job, actor, actor_name, task, object; empty: all), as in dump.hpp. Of
/// a task or object only its newest record. Objects that were freed are left
/// out. A block that cannot be read gives a line of kind "damaged".
/// @error connection_failed  Redis went away meanwhile, or *kind* is unknown.
status read_lines(redis_link& link, const std::string& kind,
                  const line_sink& sink);

/// Take one record; false: that was enough.
using task_sink = std::function<bool(const task_record& task)>;
using object_sink = std::function<bool(const object_record& object)>;

/// The newest record of each task, as it stands in the store, newest first;
/// of each object that was not freed. Blocks that cannot be read are left out.
/// @error connection_failed  Redis went away meanwhile.
status read_tasks(redis_link& link, const task_sink& sink);
status read_objects(redis_link& link, const object_sink& sink);

/// How many records of "tasks" or "objects" a limit has removed.
/// @error connection_failed  Redis went away meanwhile.
result<std::uint64_t> read_dropped(redis_link& link, std::string_view table);

/// read_lines over a connection of its own, as one text of at most *limit*
/// lines (0: no such limit) and 64 MiB.
result<std::string> list_lines(const redis_place& place,
                               const std::string& kind, std::uint64_t limit);

} // namespace rayd
