#include "shared_memory/segment.hpp"

#include "catch.hpp"
#include "child_process.hpp"
#include "shared_memory/prefault.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>

using namespace rayd;

namespace {

constexpr std::uint64_t MiB = 1ull << 20;

std::shared_ptr<segment> make(std::uint64_t capacity) {
  segment_options options;
  options.capacity = capacity;
  auto made = segment::create(options);
  REQUIRE(made);
  return *made;
}

} // namespace

TEST_CASE("nobody can change the size of a sealed segment", "[segment]") {
  auto arena = make(64 * MiB);
  REQUIRE(arena->size_is_sealed());
  CHECK(::ftruncate(arena->writable_fd(), 4096) == -1);
  CHECK(errno == EPERM);
  CHECK(::ftruncate(arena->writable_fd(), 128 * MiB) == -1);
  CHECK(errno == EPERM);
  struct stat about {};
  REQUIRE(::fstat(arena->readonly_fd(), &about) == 0);
  CHECK(std::uint64_t(about.st_size) == arena->capacity());
}

TEST_CASE("the kernel maps the read-only descriptor only for reading",
          "[segment]") {
  auto arena = make(MiB);
  auto map = [&](int protection) {
    return ::mmap(nullptr, MiB, protection, MAP_SHARED, arena->readonly_fd(),
                  0);
  };
  CHECK(map(PROT_READ | PROT_WRITE) == MAP_FAILED);
  CHECK(errno == EACCES);
  auto readable = map(PROT_READ);
  REQUIRE(readable != MAP_FAILED);
  CHECK(::mprotect(readable, MiB, PROT_READ | PROT_WRITE) == -1);
  CHECK(errno == EACCES);
  ::munmap(readable, MiB);
}

TEST_CASE("space is taken in steps that cover what is asked for",
          "[segment]") {
  auto arena = make(200 * MiB);
  CHECK(arena->reserved() == 0);
  REQUIRE(arena->reserve(1));
  CHECK(arena->reserved() == 64 * MiB);
  REQUIRE(arena->reserve(64 * MiB));
  CHECK(arena->reserved() == 64 * MiB);
  REQUIRE(arena->reserve(150 * MiB));
  CHECK(arena->reserved() == 150 * MiB);
  REQUIRE(arena->reserve(151 * MiB));
  CHECK(arena->reserved() == 200 * MiB);
  auto beyond = arena->reserve(200 * MiB + 1);
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().code == ray::errc::object_store_full);
  struct stat about {};
  REQUIRE(::fstat(arena->writable_fd(), &about) == 0);
  CHECK(std::uint64_t(about.st_blocks) * 512 == 200 * MiB);
}

TEST_CASE("a capacity that cannot be is refused", "[segment]") {
  for (auto capacity : {std::uint64_t(0), std::uint64_t(4095),
                        ~std::uint64_t(0)}) {
    segment_options options;
    options.capacity = capacity;
    auto made = segment::create(options);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ray::errc::object_store_full);
  }
}

TEST_CASE("a limit of the file size is refused, not signalled", "[segment]") {
  auto code = in_child([] {
    struct rlimit limit {MiB, MiB};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    segment_options options;
    options.capacity = 64 * MiB;
    auto made = segment::create(options);
    return !made && made.error().code == ray::errc::object_store_full ? 0 : 1;
  });
  CHECK(code == 0);
}

TEST_CASE("a directory that is no memory file system is refused by name",
          "[segment]") {
  for (std::string directory : {"/proc", "/no/such/folder"}) {
    segment_options options;
    options.capacity = MiB;
    options.directory = directory;
    auto made = segment::create(options);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ray::errc::connection_failed);
    CHECK(made.error().message.find(directory) != std::string::npos);
  }
}

TEST_CASE("a directory on a tmpfs holds an arena without a name",
          "[segment]") {
  segment_options options;
  options.capacity = MiB;
  options.directory = "/dev/shm";
  auto before = std::distance(std::filesystem::directory_iterator("/dev/shm"),
                              std::filesystem::directory_iterator());
  auto made = segment::create(options);
  if (!made) {
    WARN("skipped: " << made.error().message);
    return;
  }
  CHECK((*made)->reserve(MiB));
  CHECK_FALSE((*made)->size_is_sealed());
  auto after = std::distance(std::filesystem::directory_iterator("/dev/shm"),
                             std::filesystem::directory_iterator());
  CHECK(after == before);
}

namespace {

/// Waits until *ahead* made [0, bytes) ready, at most 5 s.
bool reaches(const prefault& ahead, std::uint64_t bytes) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  // Not by spinning: the thread that it waits for has idle priority, and
  // would get no core while others are busy.
  while (ahead.ready_up_to() < bytes
         && std::chrono::steady_clock::now() < deadline)
    ::poll(nullptr, 0, 1);
  return ahead.ready_up_to() == bytes;
}

} // namespace

TEST_CASE("prefault keeps the asked-for bytes ready beyond what is used",
          "[prefault]") {
  auto arena = make(64 * MiB);
  prefault ahead(arena, 8 * MiB);
  CHECK(reaches(ahead, 8 * MiB));
  ahead.used_up_to(4 * MiB);
  CHECK(reaches(ahead, 12 * MiB));
  ahead.used_up_to(62 * MiB);
  CHECK(reaches(ahead, 64 * MiB));
  CHECK(arena->reserved() == 64 * MiB);
  ahead.stop();
}

TEST_CASE("prefault without a figure waits for the first use", "[prefault]") {
  auto arena = make(64 * MiB);
  prefault ahead(arena, 0);
  CHECK(ahead.ready_up_to() == 0);
  REQUIRE(arena->reserve(2 * MiB));
  ahead.used_up_to(2 * MiB);
  CHECK(reaches(ahead, 4 * MiB));
}

TEST_CASE("touching bytes in use keeps their content", "[segment]") {
  auto arena = make(MiB);
  REQUIRE(arena->reserve(MiB));
  REQUIRE(::pwrite(arena->writable_fd(), "content", 7, 4096) == 7);
  arena->touch({0, MiB});
  char read[7] = {};
  REQUIRE(::pread(arena->readonly_fd(), read, 7, 4096) == 7);
  CHECK(std::string(read, 7) == "content");
}

TEST_CASE("prefault rests when the system has no more", "[prefault]") {
  segment_options options;
  options.capacity = 1ull << 50; // No machine has it.
  options.reserve_step = 1ull << 40;
  auto arena = segment::create(options);
  REQUIRE(arena);
  CHECK_FALSE((*arena)->reserve(1ull << 49));
  CHECK((*arena)->reserved() == 0);
  prefault ahead(*arena, 4 * MiB);
  CHECK(reaches(ahead, 4 * MiB));
}
