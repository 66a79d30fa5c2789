#include "wire/metric_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace rayd {

namespace {

/// All families of dashboard/metrics_text.cpp, whose test compares.
constexpr std::array<std::string_view, 23> own_names{
  "ray_tasks",
  "ray_tasks_finished_total",
  "ray_actors",
  "ray_resources",
  "ray_running_jobs",
  "ray_cluster_nodes",
  "ray_head_uptime_seconds",
  "ray_metrics_dropped_total",
  "ray_metrics_series",
  "ray_object_store_memory",
  "ray_object_store_available_memory",
  "ray_object_store_spilled_bytes",
  "ray_node_cpu_utilization",
  "ray_node_mem_used",
  "ray_node_mem_total",
  "ray_node_network_receive_speed",
  "ray_node_network_send_speed",
  "ray_node_disk_io_read_speed",
  "ray_node_disk_io_write_speed",
  "ray_node_workers",
  "ray_node_tasks_running",
  "ray_node_tasks_waiting",
  "ray_node_heartbeat_age_seconds",
};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name(std::string_view text) {
  return !text.empty() && is_letter(text.front())
         && std::all_of(text.begin(), text.end(), [](char c) {
              return is_letter(c) || (c >= '0' && c <= '9');
            });
}

/// Well-formed UTF-8 without a NUL, as the text format wants it.
bool is_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t more = first < 0x80   ? 0
                             : first < 0xc2 ? 9
                             : first < 0xe0 ? 1
                             : first < 0xf0 ? 2
                             : first < 0xf5 ? 3
                                            : 9;
    if (first == 0 || i + more >= text.size())
      return false;
    for (std::size_t k = 1; k <= more; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80)
        return false;
    const auto second = more > 0 ? static_cast<unsigned char>(text[i + 1]) : 0;
    // Too long a form, half of a pair, beyond the last character.
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)
        || (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
      return false;
    i += more + 1;
  }
  return true;
}

std::string name_fault(metric_kind kind, std::string_view name) {
  if (!is_name(name) || name.size() > metric_name_max)
    return fmt::format("is no name of a metric: it is made of 1 to {} letters, "
                       "digits and _, and begins with no digit",
                       metric_name_max);
  for (const std::string_view end : {"_total", "_count", "_sum", "_bucket"})
    if (name.ends_with(end)
        && (kind != metric_kind::counter || end == "_total"))
      return fmt::format("ends in {}, which means something else to "
                         "Prometheus: choose another name for a {}",
                         end, to_string(kind));
  if (is_own_metric(exposed_name(kind, name)))
    return fmt::format("would be {}, which is rayd's own: choose another name",
                       exposed_name(kind, name));
  return {};
}

std::string tags_fault(const metric_series& series) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : series.tags) {
    if (!is_name(key) || key.starts_with("__") || key == "le"
        || key == "quantile")
      return fmt::format("has the tag \"{}\": names of tags are made of "
                         "letters, digits and _, begin with no digit and not "
                         "with __, and are neither le nor quantile",
                         is_text(key) ? key : "?");
    if (key.size() > metric_tag_max || value.size() > metric_tag_max
        || !is_text(value))
      return fmt::format("has a tag {} whose value is no UTF-8 text of at most "
                         "{} bytes",
                         key.substr(0, metric_tag_max), metric_tag_max);
    bytes += key.size() + value.size();
  }
  return bytes <= metric_tags_max
           ? std::string{}
           : fmt::format("has tags of {} bytes, but may have {}", bytes,
                         metric_tags_max);
}

std::string values_fault(const metric_series& series) {
  if (series.kind != metric_kind::histogram)
    return {};
  const auto& ends = series.boundaries;
  const bool good
    = !ends.empty() && ends.size() <= metric_boundaries_max
      && std::all_of(ends.begin(), ends.end(),
                     [](double end) { return std::isfinite(end); })
      && std::adjacent_find(ends.begin(), ends.end(), std::greater_equal<>{})
           == ends.end();
  return good ? std::string{}
              : fmt::format("has boundaries that are not 1 to {} numbers, each "
                            "larger than the one before",
                            metric_boundaries_max);
}

/// At most, in JSON, where control characters become \u001f.
std::size_t escaped_size(std::string_view text) {
  std::size_t size = 0;
  for (const char c : text)
    size += static_cast<unsigned char>(c) < 0x20 ? 6 : 2;
  return size;
}

} // namespace

std::string metric_fault(const metric_series& series) {
  if (auto fault = name_fault(series.kind, series.name); !fault.empty())
    return fault;
  if (series.help.size() > metric_help_max || !is_text(series.help))
    return fmt::format("has a help that is no UTF-8 text of at most {} bytes",
                       metric_help_max);
  if (auto fault = tags_fault(series); !fault.empty())
    return fault;
  return values_fault(series);
}

std::string exposed_name(metric_kind kind, std::string_view name) {
  return fmt::format("ray_{}{}", name,
                     kind == metric_kind::counter ? "_total" : "");
}

std::string series_key(const metric_series& series) {
  auto key = series.name;
  // No name of a tag and no text holds a NUL.
  for (const auto& [tag, value] : series.tags) {
    key += '\0';
    key += tag;
    key += '\0';
    key += value;
  }
  return key;
}

std::size_t series_weight(const metric_series& series) {
  std::size_t bytes = 64 + series.name.size();
  for (const auto& [tag, value] : series.tags)
    bytes += 8 + tag.size() + escaped_size(value);
  const auto ends = series.boundaries.size();
  return bytes * (ends == 0 ? 1 : ends + 3) + escaped_size(series.help);
}

const char* to_string(metric_kind kind) noexcept {
  switch (kind) {
    case metric_kind::counter: return "counter";
    case metric_kind::gauge: return "gauge";
    case metric_kind::histogram: return "histogram";
  }
  return "counter";
}

bool is_own_metric(std::string_view exposed) {
  // A histogram takes three names beside its own; none of ours ends so.
  return std::find(own_names.begin(), own_names.end(), exposed)
         != own_names.end();
}

} // namespace rayd
