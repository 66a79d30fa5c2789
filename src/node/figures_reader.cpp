#include "node/figures_reader.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <utility>

namespace rayd {

namespace {

constexpr std::int64_t least_us = 100'000;
constexpr std::uint64_t sector_bytes = 512;

std::string text_of(const char* file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

/// The first line: cpu user nice system idle iowait irq softirq steal ...
void count_cpus(const std::string& text, std::uint64_t& used,
                std::uint64_t& total) {
  std::istringstream fields{text};
  std::string name;
  std::array<std::uint64_t, 8> ticks{};
  if (!(fields >> name) || name != "cpu")
    return;
  for (auto& one : ticks)
    fields >> one;
  // Guest time, which follows, is part of user time.
  for (const auto one : ticks)
    total += one;
  used = total - ticks[3] - ticks[4];
}

/// Lines "NAME: in-bytes 7 more, out-bytes ..."; the loopback is no network.
void count_network(const std::string& text, std::uint64_t& in,
                   std::uint64_t& out) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos)
      continue;
    const auto first = line.find_first_not_of(' ');
    if (line.substr(first, colon - first) == "lo")
      continue;
    std::istringstream fields{line.substr(colon + 1)};
    std::array<std::uint64_t, 9> numbers{};
    for (auto& one : numbers)
      if (!(fields >> one))
        one = 0;
    in += numbers[0];
    out += numbers[8];
  }
}

/// Whole disks: partitions and mappings would count their bytes twice.
bool is_disk(const std::string& name) {
  const auto begins = [&](const char* start) {
    return name.rfind(start, 0) == 0;
  };
  const bool digit_last = name.back() >= '0' && name.back() <= '9';
  if (begins("nvme") || begins("mmcblk"))
    return name.find('p') == std::string::npos;
  return (begins("sd") || begins("vd") || begins("xvd") || begins("hd"))
         && !digit_last;
}

/// Lines "major minor NAME reads merged SECTORS ms writes merged SECTORS".
void count_disks(const std::string& text, std::uint64_t& read,
                 std::uint64_t& written) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields{line};
    std::uint64_t skip = 0, in = 0, out = 0;
    std::string name;
    if (fields >> skip >> skip >> name >> skip >> skip >> in >> skip >> skip
          >> skip >> out
        && is_disk(name)) {
      read += in * sector_bytes;
      written += out * sector_bytes;
    }
  }
}

/// The value of a line "NAME:  123 kB", in bytes.
std::uint64_t memory_line(const std::string& text, const std::string& name) {
  const auto at = ("\n" + text).find("\n" + name + ":");
  if (at == std::string::npos)
    return 0;
  std::uint64_t kib = 0;
  std::istringstream{text.substr(at + name.size() + 1)} >> kib;
  return kib * 1024;
}

std::uint64_t grown(std::uint64_t before, std::uint64_t now) {
  return now > before ? now - before : 0;
}

} // namespace

machine_texts read_machine_texts() {
  return {text_of("/proc/stat"), text_of("/proc/meminfo"),
          text_of("/proc/net/dev"), text_of("/proc/diskstats")};
}

figures_reader::counts figures_reader::count(const machine_texts& texts) {
  counts now;
  count_cpus(texts.stat, now.cpu_used, now.cpu_total);
  count_network(texts.network, now.network_in, now.network_out);
  count_disks(texts.disks, now.disk_read, now.disk_write);
  return now;
}

std::optional<node_figures> figures_reader::read(std::int64_t now_us,
                                                 const machine_texts& texts) {
  const auto passed_us = now_us - before_us_;
  if (begun_ && passed_us < least_us)
    return std::nullopt;
  const auto now = count(texts);
  const auto before = std::exchange(before_, now);
  before_us_ = now_us;
  if (!std::exchange(begun_, true))
    return std::nullopt;
  const auto rate = [&](std::uint64_t from, std::uint64_t to) {
    return static_cast<std::uint64_t>(static_cast<double>(grown(from, to)) * 1e6
                                      / static_cast<double>(passed_us));
  };
  node_figures figures;
  const auto ticks = grown(before.cpu_total, now.cpu_total);
  const auto used = std::min(grown(before.cpu_used, now.cpu_used), ticks);
  figures.cpu = ticks == 0 ? 0
                           : static_cast<std::uint32_t>(used * 10'000 / ticks);
  figures.memory_total = memory_line(texts.memory, "MemTotal");
  figures.memory_used
    = grown(memory_line(texts.memory, "MemAvailable"), figures.memory_total);
  figures.network_in = rate(before.network_in, now.network_in);
  figures.network_out = rate(before.network_out, now.network_out);
  figures.disk_read = rate(before.disk_read, now.disk_read);
  figures.disk_write = rate(before.disk_write, now.disk_write);
  return figures;
}

} // namespace rayd
