#include "control_store/store_session.hpp"

#include "control_store/store_files.hpp"
#include "control_store/store_keys.hpp"

#include <fmt/format.h>

#include <sys/random.h>

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

namespace rayd {

namespace {

using std::chrono::milliseconds;

/// For one answer of a Redis that is connected and loaded.
constexpr milliseconds answer_patience{5'000};

/// Bytes of a task record in a block, for blocks that we have not counted.
constexpr std::size_t typical_record_bytes = 120;

failure refused(std::string sentence) {
  return {ray::errc::connection_failed, std::move(sentence)};
}

std::string fresh_cluster_name() {
  std::uint64_t bits = 0;
  // 8 bytes are always given whole.
  [[maybe_unused]] auto got = ::getrandom(&bits, sizeof bits, 0);
  return fmt::format("{:016x}", bits);
}

block_ledger::bounds task_bounds(const store_limits& limits) {
  return {limits.block_records, limits.block_bytes, limits.task_records,
          limits.task_bytes, limits.record_age};
}

block_ledger::bounds object_bounds(const store_limits& limits) {
  return {limits.block_records, limits.block_bytes, limits.object_records,
          limits.object_bytes, limits.record_age};
}

bool over(std::string_view state) {
  return state == "dead" || state == "succeeded" || state == "failed"
         || state == "stopped";
}

std::string set(std::string_view key, std::uint64_t value) {
  return redis_command({"SET", key, fmt::format_int(value).str()});
}

} // namespace

std::string number_reserve::extension() const {
  return set(key, end + step);
}

store_session::store_session(const control_store_options& options)
  : tasks{"tasks", task_bounds(options.limits)},
    objects{"objects", object_bounds(options.limits)},
    ended{options.limits.ended_entities},
    options_{options} {
  std::error_code error;
  place_.folder = std::filesystem::absolute(control_folder(options.session_dir),
                                            error);
  place_.address = options.address;
  place_.password = options.password;
}

status store_session::open(const std::function<bool()>& wanted) {
  if (epoch_ == 0)
    if (auto done = write_place(place_); !done)
      return done;
  if (auto done = connect(wanted); !done)
    return done;
  auto done = epoch_ == 0 ? take_over() : check_again();
  if (!done)
    lose();
  return done;
}

status store_session::connect(const std::function<bool()>& wanted) {
  const auto deadline = clock::now() + options_.patience;
  const bool ours = place_.address.empty();
  const bool starting = ours && !process_.running();
  if (starting) {
    // A killed head's Redis may be writing the end of the same log.
    while (somebody_listens(place_)) {
      if (clock::now() >= deadline || !wanted())
        return refused(fmt::format("a Redis still runs in {}: stop the cluster "
                                   "that it belongs to",
                                   place_.folder));
      std::this_thread::sleep_for(milliseconds{5});
    }
    auto started = redis_process::start(place_.folder, place_.password);
    if (!started)
      return started.error();
    process_ = *std::move(started);
  }
  auto link = redis_link::open(place_, deadline, [&] {
    return wanted() && (!ours || process_.running());
  });
  if (link) {
    link_ = *std::move(link);
    return ok();
  }
  if (ours && !process_.running() && !starting)
    return connect(wanted); // It was dying when we looked.
  if (ours && !process_.running())
    return refused(fmt::format("the control store's Redis in {} ended ({})",
                               place_.folder, process_.epitaph()));
  return link.error();
}

store_session::answers
store_session::ask(const std::vector<std::string>& commands) {
  auto got = link_->call(commands, answer_patience);
  if (got)
    for (const auto& answer : *got)
      if (answer->type == REDIS_REPLY_ERROR)
        return refused(fmt::format("the control store's Redis refuses a "
                                   "command: {}",
                                   text_of(*answer)));
  return got;
}

status store_session::take_over() {
  auto got
    = ask({redis_command({"GET", "rayd:cluster"}), redis_command({"DBSIZE"})});
  if (!got)
    return got.error();
  const auto mark = std::string{text_of(*got->at(0))};
  const auto keys = got->at(1)->integer;
  if (mark.empty() && keys > 0)
    return refused(fmt::format("the Redis given as control store holds {} keys "
                               "of something else: give an empty one",
                               keys));
  if (mark.empty() && options_.must_exist)
    return refused(fmt::format("the control store of cluster {} is empty: its "
                               "files are gone or another Redis answers",
                               options_.cluster));
  if (!mark.empty() && !options_.cluster.empty() && mark != options_.cluster)
    return refused(fmt::format("the control store belongs to cluster {}, not "
                               "to {}: give an empty Redis, or end the other "
                               "head",
                               mark, options_.cluster));
  was_empty_ = mark.empty();
  cluster_ = !mark.empty()              ? mark
             : options_.cluster.empty() ? fresh_cluster_name()
                                        : options_.cluster;
  auto marked = ask({redis_command({"SET", "rayd:cluster", cluster_}),
                     redis_command({"INCR", "rayd:epoch"})});
  if (!marked)
    return marked.error();
  if (!was_empty_)
    if (auto done = load(); !done)
      return done;
  auto reserved = ask({nodes.extension(), jobs.extension()});
  if (!reserved)
    return reserved.error();
  nodes.end += number_reserve::step;
  jobs.end += number_reserve::step;
  epoch_ = static_cast<std::uint64_t>(marked->at(1)->integer);
  return ok();
}

status store_session::check_again() {
  auto got = ask({redis_command({"GET", "rayd:cluster"}),
                  redis_command({"GET", "rayd:epoch"})});
  if (!got)
    return got.error();
  const auto mark = text_of(*got->at(0));
  if (mark.empty())
    return refused(fmt::format("the control store of cluster {} came back "
                               "empty: put its files back or start the cluster "
                               "again",
                               cluster_));
  if (mark != cluster_)
    return refused(fmt::format("the control store of cluster {} came back as "
                               "that of cluster {}",
                               cluster_, mark));
  if (const auto epoch = parse_number(text_of(*got->at(1))); epoch > epoch_)
    return refused(fmt::format("another head (epoch {}) took over the control "
                               "store from this one (epoch {})",
                               epoch, epoch_));
  // Redis answers up to 2 s before its log has a write (reliability F12), so
  // what we were told is said again.
  auto again = ask({set("rayd:epoch", epoch_), set(nodes.key, nodes.end),
                    set(jobs.key, jobs.end)});
  if (!again)
    return again.error();
  return ok();
}

status store_session::load() {
  auto keys = all_keys(*link_, answer_patience);
  if (!keys)
    return keys.error();
  auto got
    = ask({redis_command({"GET", nodes.key}), redis_command({"GET", jobs.key}),
           redis_command({"HGETALL", "rayd:dropped"})});
  if (!got)
    return got.error();
  for (auto [reserve, at] : {std::pair{&nodes, 0}, std::pair{&jobs, 1}}) {
    const auto used = parse_number(text_of(*got->at(static_cast<size_t>(at))));
    reserve->next = reserve->end = std::max(1u, static_cast<uint32_t>(used));
  }
  const auto& dropped = *got->at(2);
  for (std::size_t i = 0; i + 1 < dropped.elements; i += 2) {
    const auto table = text_of(*dropped.element[i]);
    const auto count = parse_number(text_of(*dropped.element[i + 1]));
    if (table == "tasks")
      tasks.dropped_before(count);
    else if (table == "objects")
      objects.dropped_before(count);
    else
      ended.dropped_before(std::string{table}, count);
  }
  return adopt_keys(*keys);
}

status store_session::adopt_keys(const std::vector<std::string>& keys) {
  std::vector<block_key> blocks;
  std::vector<std::string> entities;
  for (const auto& key : keys)
    if (auto block = parse_block_key(key))
      blocks.push_back(*block);
    else if (is_entity_key(key))
      entities.push_back(key);
  std::sort(blocks.begin(), blocks.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
  std::vector<std::string> questions;
  for (const auto& block : blocks)
    questions.push_back(redis_command({"STRLEN", block.key}));
  for (const auto& entity : entities)
    questions.push_back(redis_command({"HGET", entity, "state"}));
  auto got = ask(questions);
  if (!got)
    return got.error();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto bytes = static_cast<std::size_t>(got->at(i)->integer);
    auto& ledger = blocks[i].tasks ? tasks : objects;
    ledger.adopt(blocks[i].home, blocks[i].number,
                 bytes / typical_record_bytes + 1, bytes, clock::now());
  }
  for (std::size_t i = 0; i < entities.size(); ++i)
    if (over(text_of(*got->at(blocks.size() + i))))
      ended.put(entities[i]);
  return ok();
}

void store_session::close() {
  lose();
  process_.stop(milliseconds{2'000});
  process_ = redis_process{};
}

} // namespace rayd
