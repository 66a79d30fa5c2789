#include "object_transfer/object_server.hpp"

#include "base/log.hpp"
#include "object_transfer/program_manifest.hpp"
#include "transport/owned_fd.hpp"

#include <caf/after.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace rayd {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds pool_patience{5000};

// A peer that asks nothing for this long is let go; it dials again.
constexpr milliseconds idle_patience{600'000};

std::vector<program_files::file>
files_of(caf::actor_system& system, const caf::actor& pool, job_number job) {
  std::vector<program_files::file> files;
  caf::scoped_actor self{system};
  self->request(pool, pool_patience, read_program{job})
    .receive([&](const program_files& x) { files = x.files; },
             [](const caf::error&) {});
  return files;
}

/// The manifest of these files; "" when one of them cannot be read.
std::string describe(const std::vector<program_files::file>& files) {
  program_manifest manifest;
  for (const auto& [name, path] : files) {
    auto file = describe_file(name, path);
    if (!file) {
      RAYD_WARN("a program cannot be sent: {}", file.error().message);
      return {};
    }
    manifest.files.push_back(std::move(*file));
  }
  return manifest.files.empty() ? std::string{} : to_text(manifest);
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
         && answer(peer, question)) {
  }
  peer.channel.shutdown();
  std::lock_guard guard{mutex_};
  peer.done = true;
}

bool object_server::answer(reader& peer, const transfer_question& question) {
  if (question.mark == transfer_question::magic)
    return answer_object(peer, question);
  return question.mark == transfer_question::program_magic
         && answer_program(peer, question);
}

bool object_server::say(reader& peer, transfer_state state,
                        std::uint64_t size) {
  transfer_answer answer;
  answer.state = state;
  answer.size = size;
  return bool{
    peer.channel.write_all(&answer, sizeof(answer), options_.patience)};
}

bool object_server::answer_program(reader& peer,
                                   const transfer_question& question) {
  const auto files
    = files_of(system_, pool_, static_cast<job_number>(question.hi));
  if (question.lo == 0) {
    const auto text = describe(files);
    if (text.empty())
      return say(peer, transfer_state::absent);
    return say(peer, transfer_state::found, text.size())
           && peer.channel.write_all(text.data(), text.size(),
                                     options_.patience);
  }
  const auto number = question.lo - 1;
  const owned_fd file{
    number < files.size()
      ? ::open(files[number].path.c_str(), O_RDONLY | O_CLOEXEC)
      : -1};
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0)
    return say(peer, transfer_state::absent);
  auto left = static_cast<std::uint64_t>(about.st_size);
  bool good = say(peer, transfer_state::found, left);
  std::vector<char> block(transfer_chunk_bytes);
  while (good && left > 0) {
    const auto got = ::read(file.get(), block.data(), block.size());
    // Shorter than it was: nothing that follows could be told from the rest.
    if (got <= 0 || static_cast<std::uint64_t>(got) > left)
      return false;
    good = bool{peer.channel.write_all(
      block.data(), static_cast<std::size_t>(got), options_.patience)};
    left -= static_cast<std::uint64_t>(got);
  }
  return good;
}

/// Its place, once it is in the arena; nothing when *peer* went meanwhile. The
/// scheduler notices when *self* ends, so no late answer keeps the object.
std::optional<object_place> object_server::pin(caf::scoped_actor& self,
                                               reader& peer,
                                               const object_id& object) {
  std::optional<object_place> place;
  self->send(options_.scheduler, read_object{object});
  for (milliseconds waited{0}; waited < options_.restore_patience;
       waited += options_.busy_interval) {
    self->receive([&](const object_place& x) { place = x; },
                  caf::after(options_.busy_interval) >> [] {});
    if (place || !say(peer, transfer_state::busy))
      return place;
  }
  return object_place{object, false, {}, true};
}

bool object_server::answer_object(reader& peer,
                                  const transfer_question& question) {
  const object_id object{question.hi, question.lo};
  caf::scoped_actor self{system_};
  const auto place = pin(self, peer, object);
  if (!place)
    return false;
  if (!place->here)
    return say(peer, place->kept ? transfer_state::kept
                                 : transfer_state::absent);
  const auto view = options_.arena->view(place->where);
  const bool found = view && question.offset <= view->size();
  bool good = found ? say(peer, transfer_state::found, view->size())
                    : say(peer, transfer_state::absent);
  for (auto at = question.offset; good && found && at < view->size();) {
    const auto part
      = std::min<std::uint64_t>(transfer_chunk_bytes, view->size() - at);
    good = bool{
      peer.channel.write_all(view->data() + at, part, options_.patience)};
    at += part;
  }
  self->send(options_.scheduler, object_read{object});
  return good;
}

} // namespace rayd
