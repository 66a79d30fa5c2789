#include "node/figures_reader.hpp"

#include "catch.hpp"

using namespace rayd;

namespace {

machine_texts texts(int used, int idle, int in, int sectors) {
  const auto text = [](int number) { return std::to_string(number); };
  machine_texts made;
  // user nice system idle iowait irq softirq steal guest guest_nice
  made.stat = "cpu  " + text(used) + " 0 0 " + text(idle)
              + " 0 0 0 0 99999 0\ncpu0 1 2 3\n";
  made.memory = "MemTotal:       1000 kB\nMemFree:          10 kB\n"
                "MemAvailable:    400 kB\n";
  made.network
    = "Inter-|   Receive   |  Transmit\n"
      "    lo: 999999 1 0 0 0 0 0 0 999999 1 0 0 0 0 0 0\n"
      "  eth0: " + text(in) + " 1 0 0 0 0 0 0 " + text(2 * in)
      + " 1 0 0 0 0 0 0\n";
  made.disks = "   8 0 sda 1 0 " + text(sectors) + " 0 1 0 "
               + text(2 * sectors) + " 0 0 0 0\n"
               "   8 1 sda1 1 0 77777 0 1 0 77777 0 0 0 0\n"
               " 259 1 nvme0n1p1 1 0 77777 0 1 0 77777 0 0 0 0\n";
  return made;
}

} // namespace

TEST_CASE("figures are what the machine did since the last look",
          "[figures]") {
  figures_reader reader;
  CHECK_FALSE(reader.read(0, texts(100, 900, 1000, 10)));
  const auto now = reader.read(2'000'000, texts(150, 1050, 5000, 110));
  REQUIRE(now);
  CHECK(now->cpu == 2500);
  CHECK(now->memory_total == 1000 * 1024);
  CHECK(now->memory_used == 600 * 1024);
  CHECK(now->network_in == 2000);
  CHECK(now->network_out == 4000);
  CHECK(now->disk_read == 100 * 512 / 2);
  CHECK(now->disk_write == 200 * 512 / 2);
  CHECK_FALSE(reader.read(2'050'000, texts(1, 1, 1, 1))); // Too soon.
}

TEST_CASE("counts that ran backwards and texts that are none give 0",
          "[figures]") {
  figures_reader reader;
  reader.read(0, texts(500, 900, 1000, 10));
  const auto back = reader.read(1'000'000, texts(100, 100, 10, 1));
  REQUIRE(back);
  CHECK(back->cpu == 0);
  CHECK(back->network_in == 0);
  const auto none = reader.read(2'000'000, {"nonsense", "", "a: b", "1 2"});
  REQUIRE(none);
  CHECK(*none == node_figures{});
}

TEST_CASE("this machine has figures", "[figures]") {
  figures_reader reader;
  reader.read(0, read_machine_texts());
  const auto now = reader.read(1'000'000, read_machine_texts());
  REQUIRE(now);
  CHECK(now->memory_total > 0);
  CHECK(now->memory_used <= now->memory_total);
  CHECK(now->cpu <= 10'000);
}
