#include "cli/microbenchmark_row.hpp"

#include <ray/ray.hpp>

#include <algorithm>
#include <stdexcept>

namespace rayd {

namespace {

constexpr std::size_t small_bytes = 1024;
constexpr std::size_t large_bytes = std::size_t{1} << 30;
constexpr double large_gigabytes = static_cast<double>(large_bytes) / 1e9;

using bytes = ray::array<unsigned char>;

bytes make_bytes(std::size_t size) {
  return bytes::make(size, [](std::span<unsigned char> room) {
    std::fill(room.begin(), room.end(), static_cast<unsigned char>(7));
  });
}

/// A view is usable when its first and last byte can be read.
void require_content(const bytes& view, std::size_t size) {
  if (view.size() != size || view[0] != 7 || view[size - 1] != 7)
    throw std::runtime_error("an object came back with other bytes");
}

/// Row 8: puts of 1 KiB; a batch of them is alive at once.
class put_small final : public benchmark_row {
public:
  explicit put_small(std::chrono::microseconds delay) : delay_(delay) {}

  row_step step() override {
    row_clock time;
    std::vector<ray::object_ref<std::string>> refs;
    refs.reserve(row_batch);
    for (int i = 0; i < row_batch; ++i) {
      refs.push_back(ray::put(text_));
      work_for(delay_);
    }
    refs.clear();
    return {row_batch, time.seconds()};
  }

private:
  std::chrono::microseconds delay_;
  std::string text_ = std::string(small_bytes, 'x');
};

/// Row 9: gets of one ready object of 1 KiB, each a copy.
class get_small final : public benchmark_row {
public:
  explicit get_small(std::chrono::microseconds delay) : delay_(delay) {}

  row_step step() override {
    row_clock time;
    for (int i = 0; i < row_batch; ++i) {
      if (ray::get(ref_).size() != small_bytes)
        throw std::runtime_error("an object came back with another size");
      work_for(delay_);
    }
    return {row_batch, time.seconds()};
  }

private:
  std::chrono::microseconds delay_;
  ray::object_ref<std::string> ref_ = ray::put(std::string(small_bytes, 'x'));
};

/// Row 10: puts of 1 GiB from ordinary memory.
class put_large final : public benchmark_row {
public:
  explicit put_large(std::chrono::microseconds delay) : delay_(delay) {}

  row_step step() override {
    row_clock time;
    auto ref = ray::put(source_);
    work_for(delay_);
    return {large_gigabytes, time.seconds()};
  }

private:
  std::chrono::microseconds delay_;
  std::vector<unsigned char> source_ = std::vector<unsigned char>(large_bytes,
                                                                  7);
};

/// Row 11: from a ref to bytes that can be read.
class get_view final : public benchmark_row {
public:
  get_view(std::size_t size, std::chrono::microseconds delay)
    : size_(size), delay_(delay), ref_(ray::put(make_bytes(size))) {}

  row_step step() override {
    row_clock time;
    const auto view = ray::get(ref_);
    require_content(view, size_);
    work_for(delay_);
    return {1, time.seconds()};
  }

private:
  std::size_t size_;
  std::chrono::microseconds delay_;
  ray::object_ref<bytes> ref_;
};

/// Puts objects on the node where it lives.
class object_source {
public:
  ray::object_ref<bytes> make(std::uint64_t size) {
    return ray::put(make_bytes(size));
  }
};

/// Row 16: a new object of 1 GiB from the other node into this one's store.
class fetch_large final : public benchmark_row {
public:
  explicit fetch_large(const row_setting& setting)
    : delay_(setting.delay),
      source_(ray::spawn<object_source>(
        ray::with{.resources = {{other_node_resource, 1}}})) {}

  row_step step() override {
    const auto ref = ray::get(
      source_.call<&object_source::make>(std::uint64_t{large_bytes}));
    row_clock time;
    const auto view = ray::get(ref);
    require_content(view, large_bytes);
    work_for(delay_);
    return {large_gigabytes, time.seconds()};
  }

private:
  std::chrono::microseconds delay_;
  ray::actor<object_source> source_;
};

} // namespace

std::unique_ptr<benchmark_row> make_put_small(const row_setting& setting) {
  return std::make_unique<put_small>(setting.delay);
}

std::unique_ptr<benchmark_row> make_get_small(const row_setting& setting) {
  return std::make_unique<get_small>(setting.delay);
}

std::unique_ptr<benchmark_row> make_put_large(const row_setting& setting) {
  return std::make_unique<put_large>(setting.delay);
}

std::unique_ptr<benchmark_row> make_view_small(const row_setting& setting) {
  return std::make_unique<get_view>(small_bytes, setting.delay);
}

std::unique_ptr<benchmark_row> make_view_large(const row_setting& setting) {
  return std::make_unique<get_view>(large_bytes, setting.delay);
}

std::unique_ptr<benchmark_row> make_fetch_large(const row_setting& setting) {
  return std::make_unique<fetch_large>(setting);
}

} // namespace rayd
