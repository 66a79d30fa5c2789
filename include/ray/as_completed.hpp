#pragma once

#include <ray/detail/progress_view.hpp>
#include <ray/get.hpp>

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ray {

/// What as_completed() gives: refs in the order in which they finish. A range
/// to go through once; it forgets a ref when it has given it out. What it has
/// not given out when it ends goes on by itself.
template <class T>
class completed_range {
public:
  class iterator {
  public:
    using value_type = object_ref<T>;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    const object_ref<T>& operator*() const noexcept { return range_->now_; }
    const object_ref<T>* operator->() const noexcept { return &range_->now_; }

    /// Waits for the next one.
    iterator& operator++() {
      range_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }

    friend bool operator==(const iterator& at, std::default_sentinel_t) {
      return at.at_end();
    }

  private:
    friend class completed_range;
    explicit iterator(completed_range* range) noexcept : range_(range) {}

    bool at_end() const noexcept { return !range_->now_; }

    completed_range* range_;
  };

  completed_range(std::vector<object_ref<T>> refs,
                  std::unique_ptr<detail::progress_view> view)
    : refs_(std::move(refs)), view_(std::move(view)) {
    auto objects = detail::handles(refs_);
    for (const auto& object : objects)
      detail::require_object(object);
    arrivals_ = detail::current_runtime().watch(std::move(objects));
  }

  /// Waits for the first one.
  iterator begin() {
    if (!begun_)
      advance();
    begun_ = true;
    return iterator{this};
  }
  std::default_sentinel_t end() const noexcept { return {}; }

private:
  void advance() {
    now_ = {};
    if (given_ == refs_.size())
      return;
    now_ = std::move(refs_[arrivals_->next()]);
    ++given_;
    if (view_)
      view_->show(given_);
  }

  std::vector<object_ref<T>> refs_;
  std::unique_ptr<detail::progress_view> view_;
  std::unique_ptr<detail::arrivals> arrivals_;
  object_ref<T> now_;
  std::size_t given_ = 0;
  bool begun_ = false;
};

/// Each of *refs* once, as soon as its value or its failure is there, in the
/// order in which they finish. Nothing is copied or thrown before get():
///
///   for (const auto& ref : ray::as_completed(refs))
///     use(ray::get(ref));
///
/// @error object_lost  One of *refs* is empty.
template <class T>
completed_range<T> as_completed(std::vector<object_ref<T>> refs) {
  return {std::move(refs), nullptr};
}

/// as_completed() that says on standard error how far it is: by a bar when
/// that is a terminal, else by a line for each 10 %.
template <class T>
completed_range<T>
progress(std::string_view label, std::vector<object_ref<T>> refs) {
  auto view = detail::progress_view::make(label, refs.size());
  return {std::move(refs), std::move(view)};
}

} // namespace ray
