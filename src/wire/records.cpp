#include "wire/records.hpp"

#include <wire/schema/records.capnp.h>

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <fmt/format.h>
#include <kj/exception.h>

#include <cstring>
#include <map>
#include <unordered_map>

namespace rayd {

namespace {

constexpr std::size_t max_text_bytes = 4096;

/// Gives each distinct value a number from 1, in the order of first use; 0 is
/// the empty value.
template <class Map>
std::uint32_t number_of(Map& known, const typename Map::key_type& value) {
  if (value.empty())
    return 0;
  const auto next = static_cast<std::uint32_t>(known.size() + 1);
  return known.try_emplace(value, next).first->second;
}

std::string_view shortened(std::string_view text) {
  return text.substr(0, max_text_bytes);
}

std::string flattened(capnp::MessageBuilder& message) {
  const auto words = capnp::messageToFlatArray(message);
  const auto bytes = words.asBytes();
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

using text_numbers = std::unordered_map<std::string_view, std::uint32_t>;
using demand_numbers = std::map<resource_set, std::uint32_t>;

void write(schema::MirroredTask::Builder out, const task_record& task,
           text_numbers& texts, demand_numbers& demands) {
  out.setIdHi(task.id.hi);
  out.setIdLo(task.id.lo);
  out.setParentHi(task.parent.hi);
  out.setParentLo(task.parent.lo);
  out.setJob(task.job);
  out.setHome(task.home);
  out.setNode(task.node);
  out.setWorker(task.worker_pid);
  out.setAttempt(task.attempt);
  out.setKind(static_cast<std::uint8_t>(task.kind));
  out.setState(static_cast<std::uint8_t>(task.state));
  out.setPlacedBy(static_cast<std::uint8_t>(task.placed));
  out.setError(task.error ? static_cast<std::uint8_t>(*task.error) : 0);
  out.setSubmittedUs(task.submitted_us);
  out.setStartedUs(task.started_us);
  out.setFinishedUs(task.finished_us);
  out.setName(number_of(texts, shortened(task.name)));
  out.setFunction(number_of(texts, shortened(task.function_name)));
  out.setErrorMessage(number_of(texts, shortened(task.error_message)));
  out.setErrorChain(number_of(texts, shortened(task.error_chain)));
  out.setDemand(number_of(demands, task.demand));
}

void write_tables(schema::TaskBlock::Builder block, const text_numbers& texts,
                  const demand_numbers& demands) {
  auto out_texts = block.initTexts(static_cast<unsigned>(texts.size()));
  for (const auto& [text, number] : texts)
    out_texts.set(number - 1, {std::string{text}.c_str(), text.size()});
  auto out_demands = block.initDemands(static_cast<unsigned>(demands.size()));
  for (const auto& [demand, number] : demands) {
    const auto count = std::distance(demand.begin(), demand.end());
    auto parts
      = out_demands[number - 1].initParts(static_cast<unsigned>(count));
    unsigned at = 0;
    for (const auto& [name, units] : demand) {
      parts[at].setName(name.c_str());
      parts[at++].setUnits(units);
    }
  }
}

failure damaged(std::string_view what) {
  return {ray::errc::connection_failed,
          fmt::format("a block of the control store's records is damaged "
                      "({}); it is left out",
                      what)};
}

/// Reads each message of *blocks* in turn with *read*, which gives the reason
/// why the message is wrong, or nothing.
template <class Block, class Read>
status for_each_message(std::string_view blocks, Read read) {
  if (blocks.size() % sizeof(capnp::word) != 0)
    return damaged(fmt::format("{} bytes are no whole words", blocks.size()));
  const auto count = blocks.size() / sizeof(capnp::word);
  // Cap'n Proto wants aligned words, and a string may stand anywhere.
  auto words = kj::heapArray<capnp::word>(count);
  if (count > 0)
    std::memcpy(words.begin(), blocks.data(), blocks.size());
  capnp::ReaderOptions limits;
  limits.nestingLimit = 8;
  kj::ArrayPtr<const capnp::word> rest = words;
  std::string_view wrong;
  auto thrown = kj::runCatchingExceptions([&] {
    while (rest.size() > 0 && wrong.empty()) {
      // Twice what is there: texts and demands are looked at by many records.
      limits.traversalLimitInWords = 2 * rest.size() + 64;
      capnp::FlatArrayMessageReader reader{rest, limits};
      wrong = read(reader.getRoot<Block>());
      const auto* end = reader.getEnd();
      rest = kj::arrayPtr(end, rest.end());
    }
  });
  KJ_IF_MAYBE (exception, thrown)
    return damaged(exception->getDescription().cStr());
  if (!wrong.empty())
    return damaged(wrong);
  return ok();
}

/// The entry that a record's *number* stands for (0: the empty one); false
/// when there is none.
template <class Table, class Value>
bool look_up(const Table& table, std::uint32_t number, Value& value) {
  if (number > table.size())
    return false;
  if (number > 0)
    value = table[number - 1];
  return true;
}

std::string_view
read(schema::MirroredTask::Reader in, const std::vector<std::string>& texts,
     const std::vector<resource_set>& demands, task_record& task) {
  if (in.getState() > static_cast<std::uint8_t>(task_state::cancelled))
    return "unknown task state";
  if (in.getKind() > static_cast<std::uint8_t>(task_kind::actor_call))
    return "unknown task kind";
  if (in.getPlacedBy() > static_cast<std::uint8_t>(placed_by::global))
    return "unknown placement";
  if (in.getError() > static_cast<std::uint8_t>(ray::errc::name_taken))
    return "unknown error code";
  task.id = {in.getIdHi(), in.getIdLo()};
  task.parent = {in.getParentHi(), in.getParentLo()};
  task.job = in.getJob();
  task.kind = static_cast<task_kind>(in.getKind());
  task.home = in.getHome();
  task.state = static_cast<task_state>(in.getState());
  task.placed = static_cast<placed_by>(in.getPlacedBy());
  task.attempt = in.getAttempt();
  task.node = in.getNode();
  task.worker_pid = in.getWorker();
  task.submitted_us = in.getSubmittedUs();
  task.started_us = in.getStartedUs();
  task.finished_us = in.getFinishedUs();
  if (in.getError() != 0)
    task.error = static_cast<ray::errc>(in.getError());
  if (!look_up(texts, in.getName(), task.name)
      || !look_up(texts, in.getFunction(), task.function_name)
      || !look_up(texts, in.getErrorMessage(), task.error_message)
      || !look_up(texts, in.getErrorChain(), task.error_chain))
    return "no such text";
  if (!look_up(demands, in.getDemand(), task.demand))
    return "no such demand";
  return {};
}

std::vector<std::string> read_texts(schema::TaskBlock::Reader block) {
  std::vector<std::string> texts;
  for (auto text : block.getTexts())
    texts.emplace_back(text.begin(), std::min(text.size(), max_text_bytes));
  return texts;
}

std::vector<resource_set> read_demands(schema::TaskBlock::Reader block) {
  std::vector<resource_set> demands;
  for (auto demand : block.getDemands()) {
    auto& set = demands.emplace_back();
    for (auto part : demand.getParts()) {
      const auto name = part.getName();
      set.set_units({name.begin(), name.size()}, part.getUnits());
    }
  }
  return demands;
}

} // namespace

std::string encode_block(std::span<const task_record> records) {
  if (records.empty())
    return {};
  capnp::MallocMessageBuilder message{
    static_cast<unsigned>(records.size() * 16 + 128)};
  auto block = message.initRoot<schema::TaskBlock>();
  auto out = block.initTasks(static_cast<unsigned>(records.size()));
  text_numbers texts;
  demand_numbers demands;
  for (unsigned i = 0; i < records.size(); ++i)
    write(out[i], records[i], texts, demands);
  write_tables(block, texts, demands);
  return flattened(message);
}

std::string encode_block(std::span<const object_record> records) {
  if (records.empty())
    return {};
  std::size_t holder_count = 0;
  for (const auto& object : records)
    holder_count += object.nodes.size();
  capnp::MallocMessageBuilder message;
  auto block = message.initRoot<schema::ObjectBlock>();
  auto out = block.initObjects(static_cast<unsigned>(records.size()));
  auto holders = block.initHolders(static_cast<unsigned>(holder_count));
  unsigned at = 0;
  for (unsigned i = 0; i < records.size(); ++i) {
    const auto& object = records[i];
    auto entry = out[i];
    entry.setIdHi(object.id.hi);
    entry.setIdLo(object.id.lo);
    entry.setSize(object.size_bytes);
    entry.setHome(object.home);
    entry.setFreed(object.freed);
    entry.setHolderCount(static_cast<std::uint32_t>(object.nodes.size()));
    for (auto node : object.nodes)
      holders.set(at++, node);
  }
  return flattened(message);
}

result<std::vector<task_record>> decode_tasks(std::string_view blocks) {
  std::vector<task_record> records;
  auto done = for_each_message<schema::TaskBlock>(
    blocks, [&](schema::TaskBlock::Reader block) -> std::string_view {
      const auto texts = read_texts(block);
      const auto demands = read_demands(block);
      for (auto task : block.getTasks()) {
        auto wrong = read(task, texts, demands, records.emplace_back());
        if (!wrong.empty())
          return wrong;
      }
      return {};
    });
  if (!done)
    return done.error();
  return records;
}

result<std::vector<object_record>> decode_objects(std::string_view blocks) {
  std::vector<object_record> records;
  auto done = for_each_message<schema::ObjectBlock>(
    blocks, [&](schema::ObjectBlock::Reader block) -> std::string_view {
      const auto holders = block.getHolders();
      unsigned at = 0;
      for (auto in : block.getObjects()) {
        auto& object = records.emplace_back();
        object.id = {in.getIdHi(), in.getIdLo()};
        object.size_bytes = in.getSize();
        object.home = in.getHome();
        object.freed = in.getFreed();
        if (in.getHolderCount() > holders.size() - at)
          return "more holders than there are";
        for (const auto end = at + in.getHolderCount(); at < end; ++at)
          object.nodes.push_back(holders[at]);
      }
      return {};
    });
  if (!done)
    return done.error();
  return records;
}

result<std::size_t> count_tasks(std::string_view blocks) {
  std::size_t count = 0;
  auto done = for_each_message<schema::TaskBlock>(
    blocks, [&](schema::TaskBlock::Reader block) -> std::string_view {
      count += block.getTasks().size();
      return {};
    });
  if (!done)
    return done.error();
  return count;
}

result<std::size_t> count_objects(std::string_view blocks) {
  std::size_t count = 0;
  auto done = for_each_message<schema::ObjectBlock>(
    blocks, [&](schema::ObjectBlock::Reader block) -> std::string_view {
      count += block.getObjects().size();
      return {};
    });
  if (!done)
    return done.error();
  return count;
}

const char* to_string(task_state state) noexcept {
  switch (state) {
    case task_state::waiting_for_args: return "waiting_for_args";
    case task_state::waiting_for_resources: return "waiting_for_resources";
    case task_state::running: return "running";
    case task_state::blocked: return "blocked";
    case task_state::finished: return "finished";
    case task_state::failed: return "failed";
    case task_state::cancelled: return "cancelled";
  }
  return "unknown";
}

const char* to_string(placed_by placed) noexcept {
  switch (placed) {
    case placed_by::nobody: return "nobody";
    case placed_by::local: return "local";
    case placed_by::global: return "global";
  }
  return "unknown";
}

const char* to_string(task_kind kind) noexcept {
  switch (kind) {
    case task_kind::task: return "task";
    case task_kind::actor_creation: return "actor_creation";
    case task_kind::actor_call: return "actor_call";
  }
  return "unknown";
}

} // namespace rayd
