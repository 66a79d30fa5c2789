#pragma once

#include "base/result.hpp"
#include "wire/task.hpp"
#include "wire/lane_records.hpp"

#include "wire/schema/lane.capnp.h"

#include <capnp/message.h>

#include <string>
#include <string_view>
#include <vector>

// How the structs of task.hpp become Cap'n Proto and back, for the codecs of
// this room only (it includes the generated header, which is slow to compile).

namespace rayd {

/// The message's segments as one flat array (capnp's stream framing).
std::string to_bytes(capnp::MessageBuilder& message);

inline capnp::Data::Reader as_data(std::string_view bytes) {
  return {reinterpret_cast<const capnp::byte*>(bytes.data()), bytes.size()};
}

inline std::string to_string(capnp::Data::Reader data) {
  return {reinterpret_cast<const char*>(data.begin()), data.size()};
}

template <class Sequence>
unsigned list_size(const Sequence& sequence) {
  return static_cast<unsigned>(sequence.size());
}

void write_id(schema::ObjectId::Builder to, const object_id& id);
void write_ids(schema::Ids::Builder to, const std::vector<object_id>& ids);
void write_numbers(capnp::List<std::uint32_t>::Builder to,
                   const std::vector<std::uint32_t>& numbers);
void write_spec(schema::TaskSpec::Builder to, const task_spec& spec);
void write_value(schema::Value::Builder to, const object_value& value);
void write_hint(schema::Hint::Builder to, const object_hint& hint);

object_id read_id(schema::ObjectId::Reader from);
std::vector<object_id> read_ids(schema::Ids::Reader from);
std::vector<std::uint32_t>
read_numbers(capnp::List<std::uint32_t>::Reader from);

// These throw std::invalid_argument when an enumeration is out of range.
task_spec read_spec(schema::TaskSpec::Reader from);
object_value read_value(schema::Value::Reader from);
object_hint read_hint(schema::Hint::Reader from);

} // namespace rayd
