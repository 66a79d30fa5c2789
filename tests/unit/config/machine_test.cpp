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

TEST_CASE("each device of NVIDIA's driver is a GPU, also behind a gap",
          "[machine]") {
  temporary_folder folder;
  const auto dev = folder.path().string();
  CHECK(usable_gpus(dev + "/none", nullptr).empty());
  for (const char* name : {"nvidia0", "nvidia2", "nvidia11", "nvidiactl",
                           "nvidia-uvm", "nvidia", "sda1"})
    folder.write(name, "");
  CHECK(usable_gpus(dev, nullptr) == std::vector<std::string>{"0", "1", "2"});
  CHECK(usable_gpus(dev, "").empty());
  CHECK(usable_gpus(dev, "5") == std::vector<std::string>{"5"});
}

TEST_CASE("CUDA_VISIBLE_DEVICES names GPUs, each once", "[machine]") {
  using names = std::vector<std::string>;
  CHECK(usable_gpus("", "2, 7,2") == names{"2", "7"});
  CHECK(usable_gpus("", "GPU-7,-1,3") == names{"GPU-7"});
  CHECK(*gpu_names(1, "2,7") == names{"2"});
  CHECK(*gpu_names(1.5, "2,7") == names{"2", "7"});
  CHECK(gpu_names(0, "")->empty());
  CHECK(*gpu_names(3, nullptr) == names{"0", "1", "2"});
}

TEST_CASE("more GPUs than CUDA_VISIBLE_DEVICES names are refused",
          "[machine]") {
  const auto more = gpu_names(3, "2,7,2");
  REQUIRE_FALSE(more);
  CHECK(more.error().message
        == "CUDA_VISIBLE_DEVICES=\"2,7,2\" names 2 GPUs, and 3 are asked for: "
           "ask for fewer, or change the variable");
  CHECK_FALSE(gpu_names(1, ""));
}

TEST_CASE("this machine has CPUs and memory", "[machine]") {
  CHECK(usable_cpus() >= 1);
  CHECK(usable_memory() > (1u << 20));
}
