#include "object_store/spill_disk.hpp"

#include <utility>

namespace rayd {

spill_disk::spill_disk(std::string path, std::shared_ptr<arena_view> arena,
                       std::function<void(const job&)> done)
  : path_(std::move(path)),
    arena_(std::move(arena)),
    done_(std::move(done)),
    thread_([this] { run(); }) {}

spill_disk::~spill_disk() {
  {
    const std::lock_guard guard{lock_};
    stopping_ = true;
  }
  more_.notify_all();
  thread_.join();
}

void spill_disk::add(job x) {
  const std::lock_guard guard{lock_};
  jobs_.push_back(std::move(x));
  more_.notify_one();
}

void spill_disk::run() {
  std::unique_lock guard{lock_};
  for (;;) {
    more_.wait(guard, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_)
      return;
    auto next = std::move(jobs_.front());
    jobs_.pop_front();
    guard.unlock();
    handle(next);
    if (next.what != job::kind::remove)
      done_(next);
    guard.lock();
  }
}

void spill_disk::handle(job& x) {
  if (x.what == job::kind::remove) {
    if (folder_)
      folder_->remove(x.number);
    return;
  }
  if (!folder_) {
    auto opened = spill_folder::open(path_);
    if (!opened) {
      x.failure = opened.error().message;
      return;
    }
    folder_ = std::move(*opened);
  }
  status done = ok();
  if (x.what == job::kind::write) {
    const auto bytes = arena_->view(x.where);
    done = bytes ? folder_->write(x.number, x.object, *bytes)
                 : status{bytes.error()};
  } else {
    const auto bytes = arena_->fill(x.where);
    done = bytes ? folder_->read(x.number, x.object, *bytes)
                 : status{bytes.error()};
  }
  if (!done)
    x.failure = done.error().message;
}

} // namespace rayd
