#include "control_store/snapshot.hpp"

#include "control_store/json_lines.hpp"
#include "control_store/store_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace rayd {

namespace {

using namespace std::chrono_literals;

constexpr auto answer_patience = 10s;
constexpr std::size_t keys_at_once = 32;
constexpr std::size_t longest_list_bytes = 64u << 20;

/// Asks for the values of *keys* with *command*, some at a time, and gives
/// each to *use*, which says false when it has enough.
template <class Key, class Use>
result<bool> for_each_value(redis_link& link, const char* command,
                            const std::vector<Key>& keys, Use use) {
  for (std::size_t begin = 0; begin < keys.size(); begin += keys_at_once) {
    const auto end = std::min(begin + keys_at_once, keys.size());
    std::vector<std::string> commands;
    for (auto i = begin; i < end; ++i)
      if constexpr (std::is_same_v<Key, block_key>)
        commands.push_back(redis_command({command, keys[i].key}));
      else
        commands.push_back(redis_command({command, keys[i]}));
    auto values = link.call(commands, answer_patience);
    if (!values)
      return values.error();
    for (auto i = begin; i < end; ++i)
      if (!use(keys[i], *values->at(i - begin)))
        return false;
  }
  return true;
}

std::vector<std::string> with_prefix(const std::vector<std::string>& keys,
                                     std::string_view prefix) {
  std::vector<std::string> found;
  for (const auto& key : keys)
    if (key.starts_with(prefix))
      found.push_back(key);
  return found;
}

/// Newest first: their numbers go through all nodes.
std::vector<block_key> blocks_of(const std::vector<std::string>& keys,
                                 bool tasks) {
  std::vector<block_key> blocks;
  for (const auto& key : keys)
    if (auto block = parse_block_key(key); block && block->tasks == tasks)
      blocks.push_back(*std::move(block));
  std::sort(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) {
    return a.number != b.number ? a.number > b.number : a.home > b.home;
  });
  return blocks;
}

/// The records of one table, each id once: the first seen is the newest.
template <class Decode, class Use>
result<bool> read_table(redis_link& link, const std::vector<block_key>& blocks,
                        Decode decode, Use use, const line_sink& damaged) {
  std::unordered_set<object_id> seen;
  return for_each_value(
    link, "GET", blocks, [&](const block_key& block, const redisReply& value) {
      if (value.type == REDIS_REPLY_NIL)
        return true; // Removed by a limit since we asked for the keys.
      auto records = decode(text_of(value));
      if (!records)
        return damaged(damaged_line(block.key, records.error().message));
      for (auto at = records->rbegin(); at != records->rend(); ++at)
        if (seen.insert(at->id).second && !use(*at))
          return false;
      return true;
    });
}

bool ignore_damage(const std::string&) {
  return true;
}

/// What is to be read, and the steps of reading it; each says whether to go on.
class reader {
public:
  reader(redis_link& link, std::string kind, const line_sink& sink)
    : link_{link}, kind_{std::move(kind)}, sink_{sink} {}

  status run() {
    auto keys = all_keys(link_, answer_patience);
    if (!keys)
      return keys.error();
    keys_ = *std::move(keys);
    using step = result<bool> (reader::*)();
    for (step next :
         {&reader::nodes, &reader::jobs, &reader::actors, &reader::names,
          &reader::tasks, &reader::objects, &reader::dropped}) {
      auto more = (this->*next)();
      if (!more)
        return more.error();
      if (!*more)
        break;
    }
    return ok();
  }

private:
  bool wanted(const char* kind) const { return kind_.empty() || kind_ == kind; }

  result<bool> nodes() { return entities("node"); }
  result<bool> jobs() { return entities("job"); }
  result<bool> actors() { return entities("actor"); }

  result<bool> entities(const char* kind) {
    if (!wanted(kind))
      return true;
    const auto prefix = fmt::format("rayd:{}:", kind);
    auto keys = with_prefix(keys_, prefix);
    // n2 before n10.
    std::stable_sort(keys.begin(), keys.end(),
                     [](auto& a, auto& b) { return a.size() < b.size(); });
    return for_each_value(
      link_, "HGETALL", keys,
      [&](const std::string& key, const redisReply& hash) {
        return hash.elements == 0
               || sink_(entity_line(kind, key.substr(prefix.size()), hash));
      });
  }

  result<bool> names() {
    if (!wanted("actor_name"))
      return true;
    constexpr std::string_view prefix = "rayd:actor-name:";
    return for_each_value(
      link_, "GET", with_prefix(keys_, prefix),
      [&](const std::string& key, const redisReply& id) {
        return sink_(actor_name_line(key.substr(prefix.size()), text_of(id)));
      });
  }

  result<bool> tasks() {
    if (!wanted("task"))
      return true;
    return read_table(
      link_, blocks_of(keys_, true), decode_tasks,
      [&](const task_record& task) { return sink_(task_line(task)); }, sink_);
  }

  result<bool> objects() {
    if (!wanted("object"))
      return true;
    return read_table(
      link_, blocks_of(keys_, false), decode_objects,
      [&](const object_record& object) {
        return object.freed || sink_(object_line(object));
      },
      sink_);
  }

  result<bool> dropped() {
    if (!kind_.empty())
      return true;
    auto hash = link_.call({"HGETALL", "rayd:dropped"}, answer_patience);
    if (!hash)
      return hash.error();
    for (std::size_t i = 0; i + 1 < (*hash)->elements; i += 2)
      if (!sink_(dropped_line(text_of(*(*hash)->element[i]),
                              parse_number(text_of(*(*hash)->element[i + 1])))))
        return false;
    return true;
  }

  redis_link& link_;
  std::string kind_;
  const line_sink& sink_;
  std::vector<std::string> keys_;
};

} // namespace

status read_lines(redis_link& link, const std::string& kind,
                  const line_sink& sink) {
  for (const char* known :
       {"", "node", "job", "actor", "actor_name", "task", "object"})
    if (kind == known)
      return reader{link, kind, sink}.run();
  return failure{ray::errc::connection_failed,
                 fmt::format("the control store keeps no \"{}\": ask for node, "
                             "job, actor, actor_name, task or object",
                             kind)};
}

status read_tasks(redis_link& link, const task_sink& sink) {
  auto keys = all_keys(link, answer_patience);
  if (!keys)
    return keys.error();
  auto read = read_table(link, blocks_of(*keys, true), decode_tasks, sink,
                         ignore_damage);
  return read ? ok() : status{read.error()};
}

status read_objects(redis_link& link, const object_sink& sink) {
  auto keys = all_keys(link, answer_patience);
  if (!keys)
    return keys.error();
  auto read = read_table(
    link, blocks_of(*keys, false), decode_objects,
    [&](const object_record& object) { return object.freed || sink(object); },
    ignore_damage);
  return read ? ok() : status{read.error()};
}

result<std::uint64_t> read_dropped(redis_link& link, std::string_view table) {
  auto count = link.call({"HGET", "rayd:dropped", table}, answer_patience);
  if (!count)
    return count.error();
  return (*count)->type == REDIS_REPLY_NIL ? 0 : parse_number(text_of(**count));
}

result<std::string> list_lines(const redis_place& place,
                               const std::string& kind, std::uint64_t limit) {
  auto link = redis_link::open(place, redis_link::clock::now() + 2s,
                               [] { return true; });
  if (!link)
    return link.error();
  std::string text;
  std::uint64_t lines = 0;
  auto done = read_lines(*link, kind, [&](const std::string& line) {
    if (text.size() + line.size() + 1 > longest_list_bytes)
      return false;
    text += line;
    text += '\n';
    return ++lines != limit;
  });
  if (!done)
    return done.error();
  return text;
}

} // namespace rayd
