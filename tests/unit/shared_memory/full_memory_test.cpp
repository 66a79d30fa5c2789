// A lack of memory is a typed failure and never SIGBUS or a killed process:
// in a small tmpfs, and in a small cgroup.
#include "catch.hpp"
#include "child_process.hpp"
#include "shared_memory/arena_view.hpp"
#include "shared_memory/memory_headroom.hpp"
#include "shared_memory/segment.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

using namespace rayd;

namespace {

constexpr std::uint64_t MiB = 1ull << 20;
constexpr int skipped = 77;

/// A folder that goes with the test.
struct temporary_folder {
  temporary_folder() { path = ::mkdtemp(path.data()); }
  ~temporary_folder() { std::filesystem::remove_all(path); }
  std::string path = "/tmp/rayd-test-XXXXXX";
};

/// 0 when a segment of 64 MiB in *directory* gives what there is, refuses the
/// rest, and all that it gave can be written.
int exhaust(const std::string& directory) {
  segment_options options;
  options.capacity = 64 * MiB;
  options.directory = directory;
  auto made = segment::create(options);
  if (!made)
    return 1;
  auto& arena = **made;
  std::uint64_t end = 0;
  status last = ok();
  while (last && end < arena.capacity()) {
    last = arena.reserve(end + MiB);
    if (last)
      end += MiB;
  }
  if (last || last.error().code != ray::errc::object_store_full)
    return 2;
  if (end < 8 * MiB || end > 16 * MiB)
    return 3;
  auto view = arena_view::open(::dup(arena.readonly_fd()),
                               ::dup(arena.writable_fd()));
  if (!view)
    return 4;
  auto bytes = (*view)->fill({0, end});
  if (!bytes)
    return 5;
  std::memset(bytes->data(), 0x5a, bytes->size()); // SIGBUS would be here.
  return arena.reserve(end) && !arena.reserve(end + MiB) ? 0 : 6;
}

int exhaust_small_tmpfs(const std::string& mount_point) {
  if (::unshare(CLONE_NEWNS) != 0
      || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
      || ::mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=16m") != 0)
    return skipped;
  return exhaust(mount_point);
}

void write_file(const std::string& file, const std::string& text) {
  std::filesystem::create_directories(
    std::filesystem::path(file).parent_path());
  std::ofstream(file) << text;
}

} // namespace

TEST_CASE("a full tmpfs is object_store_full and not SIGBUS", "[segment]") {
  temporary_folder folder;
  auto code = in_child([&] { return exhaust_small_tmpfs(folder.path); });
  if (code == skipped)
    WARN("skipped: mounting a tmpfs needs root");
  else
    CHECK(code == 0);
}

TEST_CASE("a full cgroup is object_store_full and kills nobody",
          "[segment]") {
  auto group = "/sys/fs/cgroup/memory/rayd-test-"
               + std::to_string(::getpid());
  if (::mkdir(group.c_str(), 0700) != 0) {
    WARN("skipped: no cgroup (version 1) can be made here");
    return;
  }
  auto code = in_child([&] {
    std::ofstream(group + "/memory.limit_in_bytes") << 96 * MiB << std::flush;
    std::ofstream(group + "/tasks") << ::getpid() << std::flush;
    if (memory_headroom() > 96 * MiB)
      return skipped;
    segment_options options;
    options.capacity = 512 * MiB;
    auto made = segment::create(options);
    if (!made || !(*made)->reserve(16 * MiB))
      return 1;
    auto much = (*made)->reserve(512 * MiB);
    return !much && much.error().code == ray::errc::object_store_full ? 0 : 2;
  });
  ::rmdir(group.c_str());
  if (code == skipped)
    WARN("skipped: this process cannot enter a cgroup");
  else
    CHECK(code == 0);
}

TEST_CASE("the headroom is the least of machine and cgroups", "[segment]") {
  temporary_folder folder;
  auto proc = folder.path + "/proc";
  auto cgroups = folder.path + "/cgroup";
  CHECK(memory_headroom(proc, cgroups) == ~0ull);
  write_file(proc + "/meminfo",
             "MemTotal: 2000 kB\nMemAvailable:  1000 kB\n");
  CHECK(memory_headroom(proc, cgroups) == 1'024'000);

  SECTION("version 2, an ancestor limits") {
    write_file(proc + "/self/cgroup", "0::/a/b\n");
    write_file(cgroups + "/a/memory.max", "500000\n");
    write_file(cgroups + "/a/memory.current", "300000\n");
    write_file(cgroups + "/a/memory.stat",
               "anon 1\ninactive_file 20000\nactive_file 5000\n");
    write_file(cgroups + "/a/b/memory.max", "max\n");
    write_file(cgroups + "/a/b/memory.current", "100\n");
    CHECK(memory_headroom(proc, cgroups) == 225'000);
  }
  SECTION("version 1, over its limit") {
    write_file(proc + "/self/cgroup", "4:cpu,memory:/x\n3:cpuset:/\n");
    write_file(cgroups + "/memory/x/memory.limit_in_bytes", "1000\n");
    write_file(cgroups + "/memory/x/memory.usage_in_bytes", "2000\n");
    CHECK(memory_headroom(proc, cgroups) == 0);
  }
}
