#include <ray/actor.hpp>
#include <ray/detail/arguments.hpp>
#include <ray/errors.hpp>
#include <ray/get.hpp>

#include <algorithm>
#include <string>

namespace ray::detail {

void malformed(const char* why) {
  throw wrong_type(std::string{"the bytes are no value of the wanted type: "}
                   + why + "; do both sides run the same program?");
}

void inspect_refused() {
  throw wrong_type("an inspect function or one of its callbacks returned an "
                   "error; see what it checks");
}

void encoder::changed_while_encoding() {
  throw wrong_type("a value grew while it was encoded; do not change it in "
                   "another thread, and let inspect visit the same fields "
                   "each time");
}

void encoder::too_deep() {
  throw wrong_type("a value is nested more than " + std::to_string(max_depth)
                   + " deep; send it as a flat container");
}

object_handle decoder::reference() {
  object_id id;
  raw(&id, sizeof(id));
  return id ? current_runtime().retain(id) : object_handle{};
}

void require_object(const object_handle& object) {
  if (!object)
    throw object_lost("an object_ref is empty: assign it a result of remote, "
                      "call or put first");
}

void require_actor(const object_handle& actor) {
  if (!actor)
    throw no_such_actor("an actor handle is empty: assign it a result of "
                        "spawn or get_actor first");
}

void* require_instance(const invocation& call) {
  if (call.instance == nullptr || *call.instance == nullptr)
    throw actor_died("the actor of this call was not constructed or has "
                     "ended; spawn another one");
  return call.instance->get();
}

void write_dependency(encoder& to, submission& work,
                      const object_handle& object) {
  to.value(static_cast<unsigned char>(1));
  const object_id id = object.id();
  // An object that is given twice is one dependency.
  auto& known = work.dependencies;
  const auto at = std::find_if(known.begin(), known.end(),
                               [&](const object_handle& other) {
                                 return other.id() == id;
                               });
  to.value(static_cast<std::uint32_t>(at - known.begin()));
  to.raw(&id, sizeof(id));
  if (at == known.end())
    known.push_back(object);
}

bool argument_reader::next_is_value() {
  unsigned char kind = 0;
  from_.value(kind);
  if (kind > 1)
    malformed("an argument is neither value nor dependency");
  return kind == 0;
}

const stored_value& argument_reader::dependency(object_handle& object,
                                                bool retained) {
  std::uint32_t place = 0;
  object_id id;
  from_.value(place);
  from_.raw(&id, sizeof(id));
  if (place >= call_.dependencies.size())
    malformed("an argument names a dependency that is not there");
  if (retained && id)
    object = current_runtime().retain(id);
  return call_.dependencies[place];
}

void require_dependencies(const invocation& call) {
  for (const auto& value : call.dependencies)
    if (value.what == stored_value::kind::failure)
      throw_failure(value.bytes);
    else if (value.what == stored_value::kind::missing)
      throw object_lost("a task was started before its arguments were there; "
                        "please report this");
}

} // namespace ray::detail
