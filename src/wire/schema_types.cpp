#include "wire/schema_types.hpp"

#include <capnp/serialize.h>

#include <cstring>
#include <stdexcept>

namespace rayd {

std::string to_bytes(capnp::MessageBuilder& message) {
  const auto segments = message.getSegmentsForOutput();
  const std::size_t size
    = capnp::computeSerializedSizeInWords(segments) * sizeof(capnp::word);
  // The framing of capnp::writeMessage, without its copy into a word array:
  // segment count - 1, sizes in words, padded to a word, then the segments.
  std::string bytes;
  bytes.reserve(size);
  const auto add32 = [&](std::size_t value) {
    const auto word = static_cast<std::uint32_t>(value);
    bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
  };
  add32(segments.size() - 1);
  for (const auto& segment : segments)
    add32(segment.size());
  if (segments.size() % 2 == 0)
    add32(0);
  for (const auto& segment : segments) {
    const auto part = segment.asBytes();
    bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
  return bytes;
}

void write_id(schema::ObjectId::Builder to, const object_id& id) {
  to.setHi(id.hi);
  to.setLo(id.lo);
}

void write_ids(schema::Ids::Builder to, const std::vector<object_id>& ids) {
  if (ids.empty())
    return;
  auto words = to.initWords(list_size(ids) * 2);
  for (unsigned i = 0; i < list_size(ids); ++i) {
    words.set(2 * i, ids[i].hi);
    words.set(2 * i + 1, ids[i].lo);
  }
}

void write_numbers(capnp::List<std::uint32_t>::Builder to,
                   const std::vector<std::uint32_t>& numbers) {
  for (unsigned i = 0; i < to.size(); ++i)
    to.set(i, numbers[i]);
}

namespace {

void write_resources(schema::TaskSpec::Builder to, const resource_set& set) {
  unsigned others = 0;
  for (const auto& [name, units] : set) {
    if (name == "CPU")
      to.setCpu(units);
    else
      ++others;
  }
  if (others == 0)
    return;
  auto list = to.initResources(others);
  unsigned next = 0;
  for (const auto& [name, units] : set) {
    if (name == "CPU")
      continue;
    list[next].setName(name);
    list[next++].setUnits(units);
  }
}

void write_texts(capnp::List<schema::Text2>::Builder to,
                 const std::map<std::string, std::string>& texts) {
  unsigned i = 0;
  for (const auto& [key, value] : texts) {
    auto entry = to[i++];
    entry.setKey(key);
    entry.setValue(value);
  }
}

std::map<std::string, std::string>
read_texts(capnp::List<schema::Text2>::Reader from) {
  std::map<std::string, std::string> texts;
  for (auto entry : from)
    texts.emplace(entry.getKey(), entry.getValue());
  return texts;
}

void write_wishes(schema::TaskWishes::Builder to, const task_wishes& wishes) {
  to.setWhere(static_cast<std::uint8_t>(wishes.where));
  to.setPlace(wishes.place);
  to.setBundle(wishes.bundle);
  write_texts(to.initLabels(list_size(wishes.labels)), wishes.labels);
  write_texts(to.initEnv(list_size(wishes.env)), wishes.env);
  to.setPriority(wishes.priority);
  to.setTimeoutMs(wishes.timeout_ms);
  to.setRetryExceptions(wishes.retry_exceptions);
  to.setMaxRestarts(wishes.max_restarts);
  to.setMaxTaskRetries(wishes.max_task_retries);
  to.setMaxConcurrency(wishes.max_concurrency);
  to.setMaxPendingCalls(wishes.max_pending_calls);
  to.setDetached(wishes.detached);
  to.setGetIfExists(wishes.get_if_exists);
  to.setDurable(wishes.durable);
  to.setShared(wishes.shared);
}

task_wishes read_wishes(schema::TaskWishes::Reader from) {
  using placing = task_wishes::placing;
  if (from.getWhere() > static_cast<std::uint8_t>(placing::in_bundle))
    throw std::invalid_argument{"unknown way to place a task"};
  task_wishes wishes;
  wishes.where = static_cast<placing>(from.getWhere());
  wishes.place = from.getPlace();
  wishes.bundle = from.getBundle();
  wishes.labels = read_texts(from.getLabels());
  wishes.env = read_texts(from.getEnv());
  wishes.priority = from.getPriority();
  wishes.timeout_ms = from.getTimeoutMs();
  wishes.retry_exceptions = from.getRetryExceptions();
  wishes.max_restarts = from.getMaxRestarts();
  wishes.max_task_retries = from.getMaxTaskRetries();
  wishes.max_concurrency = from.getMaxConcurrency();
  wishes.max_pending_calls = from.getMaxPendingCalls();
  wishes.detached = from.getDetached();
  wishes.get_if_exists = from.getGetIfExists();
  wishes.durable = from.getDurable();
  wishes.shared = from.getShared();
  return wishes;
}

} // namespace

void write_spec(schema::TaskSpec::Builder to, const task_spec& spec) {
  write_id(to.initId(), spec.id);
  write_id(to.initParent(), spec.parent);
  to.setJob(spec.job);
  to.setDepth(spec.depth);
  to.setKind(static_cast<std::uint8_t>(spec.kind));
  to.setFunctionModule(spec.function.module);
  to.setFunctionOffset(spec.function.offset);
  to.setFunctionName(spec.function_name);
  if (!spec.name.empty())
    to.setName(spec.name);
  write_resources(to, spec.demand);
  to.setMaxRetries(spec.max_retries);
  to.setArguments(as_data(spec.arguments));
  if (!spec.dependencies.empty())
    write_ids(to.initDependencies(), spec.dependencies);
  if (!spec.nested.empty())
    write_ids(to.initNested(), spec.nested);
  if (spec.actor)
    write_id(to.initActor(), spec.actor);
  if (!spec.interface.empty())
    to.setInterface(spec.interface);
  to.setKeepsCpu(spec.keeps_cpu);
  if (spec.wishes)
    write_wishes(to.initWishes(), *spec.wishes);
  if (!spec.snapshot.empty())
    to.setSnapshot(as_data(spec.snapshot));
}

void write_value(schema::Value::Builder to, const object_value& value) {
  to.setKind(static_cast<std::uint8_t>(value.what));
  if (!value.bytes.empty())
    to.setBytes(as_data(value.bytes));
  to.setOffset(value.where.offset);
  to.setSize(value.where.size);
  if (!value.nested.empty())
    write_ids(to.initNested(), value.nested);
}

void write_hint(schema::Hint::Builder to, const object_hint& hint) {
  write_id(to.initObject(), hint.object);
  write_value(to.initValue(), hint.value);
  write_numbers(to.initNodes(list_size(hint.nodes)), hint.nodes);
  to.setKnown(hint.known);
}

object_id read_id(schema::ObjectId::Reader from) {
  return {from.getHi(), from.getLo()};
}

std::vector<object_id> read_ids(schema::Ids::Reader from) {
  const auto words = from.getWords();
  std::vector<object_id> ids;
  ids.reserve(words.size() / 2);
  for (unsigned i = 0; i + 1 < words.size(); i += 2)
    ids.push_back({words[i], words[i + 1]});
  return ids;
}

std::vector<std::uint32_t>
read_numbers(capnp::List<std::uint32_t>::Reader from) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(from.size());
  for (auto number : from)
    numbers.push_back(number);
  return numbers;
}

task_spec read_spec(schema::TaskSpec::Reader from) {
  if (from.getKind() > static_cast<std::uint8_t>(task_kind::actor_call))
    throw std::invalid_argument{"unknown task kind"};
  task_spec spec;
  spec.id = read_id(from.getId());
  spec.parent = read_id(from.getParent());
  spec.job = from.getJob();
  spec.depth = from.getDepth();
  spec.kind = static_cast<task_kind>(from.getKind());
  spec.function = {from.getFunctionModule(), from.getFunctionOffset()};
  spec.function_name = from.getFunctionName();
  if (from.hasName())
    spec.name = from.getName();
  if (from.getCpu() != 0)
    spec.demand.set_units("CPU", from.getCpu());
  if (from.hasResources() && from.getResources().size() > 256)
    throw std::invalid_argument{"too many resources"};
  if (from.hasResources())
    for (auto resource : from.getResources())
      spec.demand.set_units(resource.getName().cStr(), resource.getUnits());
  spec.max_retries = from.getMaxRetries();
  spec.arguments = to_string(from.getArguments());
  if (from.hasDependencies())
    spec.dependencies = read_ids(from.getDependencies());
  if (from.hasNested())
    spec.nested = read_ids(from.getNested());
  if (from.hasActor())
    spec.actor = read_id(from.getActor());
  if (from.hasInterface())
    spec.interface = from.getInterface();
  spec.keeps_cpu = from.getKeepsCpu();
  if (from.hasWishes())
    spec.wishes
      = std::make_shared<const task_wishes>(read_wishes(from.getWishes()));
  if (from.hasSnapshot())
    spec.snapshot = to_string(from.getSnapshot());
  return spec;
}

object_value read_value(schema::Value::Reader from) {
  if (from.getKind() > static_cast<std::uint8_t>(object_value::kind::failed))
    throw std::invalid_argument{"unknown value kind"};
  object_value value;
  value.what = static_cast<object_value::kind>(from.getKind());
  if (from.hasBytes())
    value.bytes = to_string(from.getBytes());
  value.where = {from.getOffset(), from.getSize()};
  if (from.hasNested())
    value.nested = read_ids(from.getNested());
  return value;
}

object_hint read_hint(schema::Hint::Reader from) {
  object_hint hint;
  hint.object = read_id(from.getObject());
  hint.value = read_value(from.getValue());
  hint.nodes = read_numbers(from.getNodes());
  hint.known = from.getKnown();
  return hint;
}

} // namespace rayd
