#include "catch.hpp"

#include "config/machine.hpp"
#include "temporary_folder.hpp"

using namespace rayd;

TEST_CASE("a quota of cgroup v2 limits CPUs, also an ancestor's",
          "[machine]") {
  temporary_folder folder;
  auto root = folder.path().string();
  folder.write("proc/self/cgroup", "0::/a/b\n");
  CHECK(usable_cpus(root + "/proc", root + "/cg", 8) == 8);
  folder.write("cg/a/b/cpu.max", "max 100000\n");
  CHECK(usable_cpus(root + "/proc", root + "/cg", 8) == 8);
  folder.write("cg/a/cpu.max", "250000 100000\n");
  CHECK(usable_cpus(root + "/proc", root + "/cg", 8) == 2);
  folder.write("cg/cpu.max", "50000 100000\n");
  CHECK(usable_cpus(root + "/proc", root + "/cg", 8) == 1);
}

TEST_CASE("a quota of cgroup v1 limits CPUs and memory", "[machine]") {
  temporary_folder folder;
  auto root = folder.path().string();
  folder.write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/y\n0::/\n");
  folder.write("cg/cpu/x/cpu.cfs_quota_us", "300000\n");
  folder.write("cg/cpu/x/cpu.cfs_period_us", "100000\n");
  folder.write("cg/memory/y/memory.limit_in_bytes", "1000\n");
  CHECK(usable_cpus(root + "/proc", root + "/cg", 8) == 3);
  CHECK(usable_memory(root + "/proc", root + "/cg", 5000) == 1000);
  CHECK(usable_memory(root + "/proc", root + "/cg", 500) == 500);
}

TEST_CASE("a limit of cgroup v2 limits memory", "[machine]") {
  temporary_folder folder;
  auto root = folder.path().string();
  folder.write("proc/self/cgroup", "0::/a\n");
  folder.write("cg/a/memory.max", "max\n");
  CHECK(usable_memory(root + "/proc", root + "/cg", 5000) == 5000);
  folder.write("cg/memory.max", "4000\n");
  CHECK(usable_memory(root + "/proc", root + "/cg", 5000) == 4000);
}

TEST_CASE("this machine has CPUs and memory", "[machine]") {
  CHECK(usable_cpus() >= 1);
  CHECK(usable_memory() > (1u << 20));
}
