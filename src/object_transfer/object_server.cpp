#include "object_transfer/object_server.hpp"

#include "base/log.hpp"

#include <caf/after.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <optional>

namespace rayd {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds scheduler_patience{5000};

// A peer that asks nothing for this long is let go; it dials again.
constexpr milliseconds idle_patience{600'000};

std::optional<extent> pin(caf::scoped_actor& self, const caf::actor& scheduler,
                          const object_id& object) {
  std::optional<extent> where;
  self->send(scheduler, read_object{object});
  self->receive(
    [&](const object_place& x) {
      if (x.here)
        where = x.where;
    },
    caf::after(scheduler_patience) >> [] {});
  return where;
}

} // namespace

object_server::object_server(caf::actor_system& system,
                             const object_transfer_options& options)
  : system_(system), options_(options) {}

object_server::~object_server() {
  stop();
}

void object_server::serve(stream peer, const std::string& from) {
  std::lock_guard guard{mutex_};
  for (auto at = readers_.begin(); at != readers_.end();) {
    if (at->done) {
      at->thread.join();
      at = readers_.erase(at);
    } else {
      ++at;
    }
  }
  if (stopping_ || readers_.size() >= options_.readers_max) {
    RAYD_WARN("{} may not fetch objects now: {} others do", from,
              readers_.size());
    return;
  }
  auto& added = readers_.emplace_back();
  added.channel = std::move(peer);
  added.from = from;
  added.thread = std::thread{[this, &added] { run(added); }};
}

void object_server::stop() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
    for (auto& peer : readers_)
      peer.channel.shutdown();
  }
  for (auto& peer : readers_)
    peer.thread.join();
  readers_.clear();
}

void object_server::run(reader& peer) {
  transfer_question question;
  while (peer.channel.read_exactly(&question, sizeof(question), idle_patience)
         && question.mark == transfer_question::magic
         && answer(peer, question)) {
  }
  peer.channel.shutdown();
  std::lock_guard guard{mutex_};
  peer.done = true;
}

bool object_server::answer(reader& peer, const transfer_question& question) {
  const object_id object{question.hi, question.lo};
  caf::scoped_actor self{system_};
  const auto where = pin(self, options_.scheduler, object);
  transfer_answer answer;
  const auto view = where ? options_.arena->view(*where)
                          : result<std::span<const std::byte>>{failure{}};
  const bool found = view && question.offset <= view->size();
  answer.found = found ? 1 : 0;
  answer.size = found ? view->size() : 0;
  bool good
    = bool{peer.channel.write_all(&answer, sizeof(answer), options_.patience)};
  for (auto at = question.offset; good && found && at < view->size();) {
    const auto part
      = std::min<std::uint64_t>(transfer_chunk_bytes, view->size() - at);
    good = bool{
      peer.channel.write_all(view->data() + at, part, options_.patience)};
    at += part;
  }
  if (where)
    self->send(options_.scheduler, object_read{object});
  return good;
}

} // namespace rayd
