// watch: objects in the order in which they come.

#include "driver/client.hpp"

#include "driver/arrival_queue.hpp"

#include <utility>

namespace rayd {

using ray::detail::no_deadline;
using ray::detail::object_handle;

/// Its links stay in the objects' lists until they come or it ends.
class client::arrivals_of final : public ray::detail::arrivals {
public:
  arrivals_of(std::shared_ptr<client> process,
              std::vector<object_handle> objects)
    : process_(std::move(process)),
      objects_(std::move(objects)),
      links_(objects_.size()) {
    std::vector<object_id> wants;
    for (std::size_t i = 0; i < objects_.size(); ++i)
      watch(i, wants);
    if (!wants.empty())
      process_->out_.add(want_objects{std::move(wants)}, push::now);
  }

  ~arrivals_of() override {
    for (std::size_t i = 0; i < objects_.size(); ++i)
      if (objects_[i])
        unlink(i);
  }

  std::size_t next() override {
    auto place = queue_.pop();
    if (!place)
      place = wait();
    // Its link is in no list any more.
    objects_[*place] = {};
    return *place;
  }

private:
  object_state& state_of(std::size_t i) const {
    return static_cast<object_state&>(*objects_[i].get());
  }

  void watch(std::size_t i, std::vector<object_id>& wants) {
    auto& state = state_of(i);
    const auto guard = process_->table_.lock_for(state.id());
    if (state.phase() != object_phase::pending) {
      queue_.push(i);
      return;
    }
    auto& link = links_[i];
    link.queue = &queue_;
    link.place = i;
    link.next = std::exchange(state.waiting, &link);
    if (!state.announced && !state.wanted) {
      state.wanted = true;
      wants.push_back(state.id());
    }
  }

  void unlink(std::size_t i) {
    auto& state = state_of(i);
    // Also when it was taken off: who did may still look at it.
    const auto guard = process_->table_.lock_for(state.id());
    for (auto** at = &state.waiting; *at != nullptr; at = &(*at)->next)
      if (*at == &links_[i]) {
        *at = (*at)->next;
        return;
      }
  }

  std::size_t wait() {
    if (process_->worker_ != nullptr)
      process_->worker_->before_wait();
    process_->out_.flush(no_deadline);
    std::optional<blocked_waits::entry> told;
    if (const auto& task = process_->frame().task)
      told.emplace(process_->waits_, task, objects_, [] { return 1u; });
    std::optional<std::size_t> place;
    for (;;) {
      const auto seen = queue_.signal().peek();
      place = queue_.pop();
      if (place || process_->ended_.load(std::memory_order_acquire))
        break;
      queue_.signal().wait(seen, std::nullopt);
    }
    told.reset();
    if (process_->worker_ != nullptr)
      process_->worker_->after_wait();
    if (!place)
      process_->throw_ended();
    return *place;
  }

  std::shared_ptr<client> process_;
  std::vector<object_handle> objects_; ///< Empty: given out.
  std::vector<wait_link> links_;
  arrival_queue queue_;
};

std::unique_ptr<ray::detail::arrivals>
client::watch(std::vector<object_handle> objects) {
  require_open();
  require_patience(no_deadline);
  return std::make_unique<arrivals_of>(shared_from_this(), std::move(objects));
}

} // namespace rayd
