#include "wire/metric_codec.hpp"

#include <stdexcept>

namespace rayd {

namespace {

void write_series(schema::MetricSeries::Builder to, const metric_series& x) {
  to.setKind(static_cast<std::uint8_t>(x.kind));
  to.setName(x.name);
  to.setHelp(x.help);
  auto tags = to.initTags(static_cast<unsigned>(x.tags.size()));
  unsigned next = 0;
  for (const auto& [key, value] : x.tags) {
    tags[next].setKey(key);
    tags[next++].setValue(value);
  }
  to.setValue(x.value);
  auto boundaries
    = to.initBoundaries(static_cast<unsigned>(x.boundaries.size()));
  for (unsigned i = 0; i < boundaries.size(); ++i)
    boundaries.set(i, x.boundaries[i]);
  auto buckets = to.initBuckets(static_cast<unsigned>(x.buckets.size()));
  for (unsigned i = 0; i < buckets.size(); ++i)
    buckets.set(i, x.buckets[i]);
  to.setGone(x.gone);
}

metric_series read_series(schema::MetricSeries::Reader from) {
  if (from.getKind() > 2)
    throw std::invalid_argument{"unknown kind of a metric"};
  metric_series x;
  x.kind = static_cast<metric_kind>(from.getKind());
  x.name = from.getName();
  x.help = from.getHelp();
  for (auto tag : from.getTags())
    x.tags.emplace(tag.getKey(), tag.getValue());
  x.value = from.getValue();
  for (const auto boundary : from.getBoundaries())
    x.boundaries.push_back(boundary);
  for (const auto count : from.getBuckets())
    x.buckets.push_back(count);
  x.gone = from.getGone();
  return x;
}

} // namespace

void write_metrics(schema::Metrics::Builder to, const metric_report& report) {
  auto list = to.initSeries(static_cast<unsigned>(report.series.size()));
  for (unsigned i = 0; i < list.size(); ++i)
    write_series(list[i], report.series[i]);
  to.setDropped(report.dropped);
}

metric_report read_metrics(schema::Metrics::Reader from) {
  metric_report report;
  for (auto one : from.getSeries())
    report.series.push_back(read_series(one));
  report.dropped = from.getDropped();
  return report;
}

} // namespace rayd
