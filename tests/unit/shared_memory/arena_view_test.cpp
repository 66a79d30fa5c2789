#include "shared_memory/arena_view.hpp"

#include "catch.hpp"
#include "child_process.hpp"
#include "shared_memory/segment.hpp"
#include "shared_memory/stream_copy.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

using namespace rayd;

namespace {

constexpr std::uint64_t MiB = 1ull << 20;

std::shared_ptr<segment> make(std::uint64_t capacity) {
  segment_options options;
  options.capacity = capacity;
  auto made = segment::create(options);
  REQUIRE(made);
  REQUIRE((*made)->reserve(capacity));
  return *made;
}

std::unique_ptr<arena_view> view_of(const segment& arena) {
  auto view = arena_view::open(::dup(arena.readonly_fd()),
                               ::dup(arena.writable_fd()));
  REQUIRE(view);
  return std::move(*view);
}

/// Bytes of the arena in this process's mappings that no other one maps, and
/// all that it maps.
struct mapped_bytes {
  std::uint64_t own = 0;
  std::uint64_t all = 0;
};

mapped_bytes arena_mapped() {
  std::ifstream in("/proc/self/smaps");
  mapped_bytes sum;
  bool of_arena = false;
  for (std::string line; std::getline(in, line);) {
    if (line.find('-') < line.find(' '))
      of_arena = line.find("rayd-arena") != std::string::npos;
    if (!of_arena)
      continue;
    auto value = [&] {
      return std::stoull(line.substr(line.find(':') + 1)) * 1024;
    };
    if (line.starts_with("Private_"))
      sum.own += value();
    else if (line.starts_with("Rss:"))
      sum.all += value();
  }
  return sum;
}

} // namespace

TEST_CASE("what one view fills another one sees", "[arena_view]") {
  auto arena = make(8 * MiB);
  auto writer = view_of(*arena);
  auto reader = view_of(*arena);
  auto out = writer->fill({4096, 11});
  REQUIRE(out);
  std::memcpy(out->data(), "hello world", 11);
  auto in = reader->view({4096, 11});
  REQUIRE(in);
  CHECK(std::memcmp(in->data(), "hello world", 11) == 0);
  auto whole = reader->view({0, reader->capacity()});
  REQUIRE(whole);
  CHECK(whole->size() == 8 * MiB);
  auto empty = reader->view({64, 0});
  REQUIRE(empty);
  CHECK(empty->data() != nullptr);
}

TEST_CASE("extents outside the arena are refused", "[arena_view]") {
  auto arena = make(MiB);
  auto view = view_of(*arena);
  for (extent bad : {extent{MiB, 1}, extent{0, MiB + 1}, extent{64, ~0ull},
                     extent{~0ull, 64}, extent{~0ull - 63, 64}}) {
    auto in = view->view(bad);
    REQUIRE_FALSE(in);
    CHECK(in.error().code == ray::errc::object_lost);
    CHECK_FALSE(view->fill(bad));
  }
}

TEST_CASE("without a writable descriptor nothing is filled", "[arena_view]") {
  auto arena = make(MiB);
  auto reader = arena_view::open(::dup(arena->readonly_fd()), -1);
  REQUIRE(reader);
  CHECK((*reader)->view({0, MiB}));
  CHECK_FALSE((*reader)->fill({0, 64}));
}

TEST_CASE("a descriptor that is no arena is refused", "[arena_view]") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  CHECK_FALSE(arena_view::open(ends[0], ends[1]));
  CHECK_FALSE(arena_view::open(-1, -1));
}

TEST_CASE("copy_in copies every size and alignment", "[stream_copy]") {
  std::mt19937_64 random(7);
  std::vector<std::byte> from(streaming_from * 3);
  for (auto& x : from)
    x = std::byte(random());
  std::vector<std::byte> to(from.size() + 256);
  for (int round = 0; round < 200; ++round) {
    auto size = random() % 2 ? streaming_from + random() % streaming_from
                             : random() % (streaming_from + 2);
    auto in = random() % 100;
    auto out = 64 + random() % 100;
    std::fill(to.begin(), to.end(), std::byte(0xee));
    copy_in(to.data() + out, from.data() + in, size);
    REQUIRE(std::equal(to.begin() + long(out), to.begin() + long(out + size),
                       from.begin() + long(in)));
    REQUIRE(to[out - 1] == std::byte(0xee));
    REQUIRE(to[out + size] == std::byte(0xee));
  }
  copy_in(nullptr, nullptr, 0);
}

TEST_CASE("copy_in with two threads copies all", "[stream_copy]") {
  std::vector<std::uint64_t> from((two_threads_from + 4096) / 8 + 1);
  for (std::size_t i = 0; i < from.size(); ++i)
    from[i] = i * 0x9e3779b97f4a7c15ull;
  std::vector<std::uint64_t> to(from.size());
  copy_in(reinterpret_cast<std::byte*>(to.data()), from.data(),
          from.size() * 8, 2);
  CHECK(to == from);
}

TEST_CASE("a child views 256 MiB in the parent's pages, without a copy",
          "[arena_view]") {
  constexpr auto size = 256 * MiB;
  auto arena = make(size);
  auto parent = view_of(*arena);
  auto bytes = parent->fill({0, size});
  REQUIRE(bytes);
  std::memset(bytes->data(), 1, size);
  // A page counts as private in a process while no other one maps it: here
  // the parent does, in its writable mapping.
  auto code = in_child([&] {
    auto view = arena_view::open(::dup(arena->readonly_fd()), -1);
    if (!view)
      return 1;
    auto in = (*view)->view({0, size});
    if (!in)
      return 2;
    std::uint64_t sum = 0;
    for (std::uint64_t at = 0; at < size; at += 4096)
      sum += std::uint64_t((*in)[at]);
    if (sum != size / 4096)
      return 3;
    auto mapped = arena_mapped();
    return mapped.all >= size && mapped.own == 0 ? 0 : 4;
  });
  CHECK(code == 0);
  // And the other way: what the parent writes now, the same view shows.
  (*bytes)[12345] = std::byte(9);
  CHECK((*parent->view({12345, 1}))[0] == std::byte(9));
}
