#include "object_transfer/object_fetcher.hpp"

#include "base/log.hpp"
#include "object_transfer/program_fetch.hpp"
#include "wire/failure_record.hpp"
#include "wire/store_messages.hpp"

#include <caf/actor_cast.hpp>
#include <caf/after.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>

namespace rayd {

using std::chrono::milliseconds;

namespace {

// The store's answer: it may zero pages of the whole object first.
constexpr milliseconds store_patience{60'000};

// The home may have to hash a large file before it answers.
constexpr milliseconds program_patience{30'000};

/// Space in this node's store, or the sentence why there is none.
struct space {
  std::optional<extent> where;
  std::string refusal;
};

space make_space(caf::scoped_actor& self, const caf::actor& store,
                 const fetch_object& wanted) {
  space out;
  out.refusal = "the object store did not answer";
  self->send(store,
             create_object{1, node_client, wanted.object, wanted.size});
  self->receive([&](const object_created& x) { out.where = x.where; },
                [&](const object_refused& x) { out.refusal = x.message; },
                caf::after(store_patience) >> [] {});
  return out;
}

} // namespace

object_fetcher::object_fetcher(caf::actor_system& system,
                               const object_transfer_options& options)
  : system_(system), options_(options) {
  for (std::size_t i = 0; i < options_.fetchers; ++i)
    threads_.emplace_back([this] { run(); });
}

object_fetcher::~object_fetcher() {
  stop();
}

void object_fetcher::fetch(fetch_object wanted) {
  push(std::move(wanted));
}

void object_fetcher::fetch(fetch_program wanted) {
  push(std::move(wanted));
}

void object_fetcher::push(order next) {
  {
    std::lock_guard guard{mutex_};
    wanted_.push_back(std::move(next));
  }
  changed_.notify_one();
}

void object_fetcher::learn(node_address where) {
  std::lock_guard guard{mutex_};
  places_[where.node] = std::move(where);
}

void object_fetcher::stop() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
    for (auto& weak : streams_)
      if (const auto open = weak.lock())
        open->shutdown();
  }
  changed_.notify_all();
  for (auto& thread : std::exchange(threads_, {}))
    thread.join();
}

std::optional<object_fetcher::order> object_fetcher::next() {
  std::unique_lock guard{mutex_};
  changed_.wait(guard, [&] { return stopping_ || !wanted_.empty(); });
  if (stopping_)
    return std::nullopt;
  auto wanted = std::move(wanted_.front());
  wanted_.pop_front();
  return wanted;
}

void object_fetcher::run() {
  connections open;
  while (const auto wanted = next())
    std::visit([&](const auto& x) { fetch_one(x, open); }, *wanted);
}

void object_fetcher::fetch_one(const fetch_program& wanted,
                               connections& open) {
  const auto asker = caf::actor_cast<caf::actor>(wanted.asker);
  const auto channel = connect(wanted.home, open);
  if (!channel) {
    caf::anon_send(asker,
                   program_not_fetched{
                     wanted.job, fmt::format("the program of {} is not on "
                                             "this node, and {} cannot be "
                                             "reached for it",
                                             job_name(wanted.job),
                                             node_name(wanted.home))});
    return;
  }
  auto got = fetch_program_files(wanted, *channel, program_patience);
  if (got) {
    caf::anon_send(asker, std::move(*got));
    return;
  }
  channel->shutdown();
  open.erase(wanted.home);
  RAYD_WARN("{}", got.error().message);
  caf::anon_send(asker, program_not_fetched{wanted.job, got.error().message});
}

void object_fetcher::fetch_one(const fetch_object& wanted, connections& open) {
  caf::scoped_actor self{system_};
  const auto room = make_space(self, options_.store, wanted);
  const auto refuse = [&](const std::string& why) {
    caf::anon_send(
      options_.scheduler,
      object_not_stored{wanted.object,
                        encode_failure(ray::errc::object_store_full, why)});
  };
  if (!room.where) {
    refuse(room.refusal);
    return;
  }
  const auto bytes = options_.arena->fill(*room.where);
  if (!bytes) {
    self->send(options_.store, abort_object{node_client, wanted.object});
    refuse(bytes.error().message);
    return;
  }
  std::size_t done = 0;
  node_index kept_by = 0;
  for (const auto holder : wanted.holders) {
    if (done == wanted.size && wanted.size > 0)
      break;
    const auto got = read_from(holder, wanted.object, bytes->subspan(done),
                               done, open);
    done += got.bytes;
    kept_by = got.kept ? holder : kept_by;
  }
  if (done < wanted.size) {
    self->send(options_.store, abort_object{node_client, wanted.object});
    // Not lost, so nobody may make it again or give it up.
    if (kept_by != 0)
      refuse(fmt::format("object {} is on the disk of node {}, whose store "
                         "has no room to bring it back",
                         to_string(wanted.object), node_name(kept_by)));
    else
      caf::anon_send(options_.scheduler,
                     object_not_fetched{wanted.object, wanted.holders});
    return;
  }
  self->send(options_.store,
             seal_object{node_client, wanted.object, *room.where, false});
  caf::anon_send(options_.scheduler,
                 object_fetched{wanted.object, *room.where});
}

std::shared_ptr<stream> object_fetcher::connect(node_index holder,
                                                connections& open) {
  if (const auto at = open.find(holder); at != open.end())
    return at->second;
  node_address place;
  {
    std::lock_guard guard{mutex_};
    const auto at = places_.find(holder);
    if (at == places_.end() || stopping_)
      return nullptr;
    place = at->second;
  }
  hello greeting;
  greeting.cluster_id = options_.cluster_id;
  greeting.role = peer_role::node;
  greeting.use = link_use::bulk;
  auto made = dial_tcp(place.host, place.port, options_.tls_key, greeting,
                       options_.patience);
  if (!made) {
    RAYD_WARN("objects of {} cannot be fetched: {}", node_name(holder),
              made.error().message);
    return nullptr;
  }
  auto channel = std::make_shared<stream>(std::move(made->channel));
  std::lock_guard guard{mutex_};
  if (stopping_)
    return nullptr;
  std::erase_if(streams_, [](const auto& weak) { return weak.expired(); });
  streams_.push_back(channel);
  open[holder] = channel;
  return channel;
}

/// Waits while the holder says that it is busy, but not for ever.
std::optional<transfer_answer>
object_fetcher::ask(stream& channel, const transfer_question& question) const {
  using clock = std::chrono::steady_clock;
  const auto until = clock::now() + options_.restore_patience
                     + options_.patience;
  if (!channel.write_all(&question, sizeof(question), options_.patience))
    return std::nullopt;
  transfer_answer answer;
  do {
    if (clock::now() > until
        || !channel.read_exactly(&answer, sizeof(answer), options_.patience)
        || answer.mark != transfer_answer::magic)
      return std::nullopt;
  } while (answer.state == transfer_state::busy);
  return answer;
}

object_fetcher::part
object_fetcher::read_from(node_index holder, const object_id& object,
                          std::span<std::byte> to, std::size_t offset,
                          connections& open) {
  const auto channel = connect(holder, open);
  if (!channel)
    return {};
  const auto answer = ask(*channel, {transfer_question::magic, 0, object.hi,
                                     object.lo, offset});
  if (answer && answer->state != transfer_state::found)
    return {0, answer->state == transfer_state::kept};
  std::size_t done = 0;
  if (answer && answer->size == offset + to.size())
    while (done < to.size()) {
      const auto size = std::min(transfer_chunk_bytes, to.size() - done);
      if (!channel->read_exactly(to.data() + done, size, options_.patience))
        break;
      done += size;
    }
  // What else comes on this connection is not to be trusted any more.
  if (done < to.size()) {
    channel->shutdown();
    open.erase(holder);
  }
  return {done, false};
}

} // namespace rayd
