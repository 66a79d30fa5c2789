// ray::metrics: what programs count and measure.

#include "driver/metric_registry.hpp"

#include "wire/metric_rules.hpp"

#include <ray/errors.hpp>
#include <ray/metrics.hpp>

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace ray::metrics {

namespace {

using rayd::metric_kind;

detail::cell& make(metric_kind kind, std::string_view name,
                   std::string_view help,
                   std::vector<double> boundaries = {}) {
  rayd::metric_series what;
  what.kind = kind;
  what.name = name;
  what.help = help;
  what.boundaries = std::move(boundaries);
  return rayd::process_metrics().get(std::move(what));
}

detail::cell& with_tags(const detail::cell& of, const tags& more) {
  auto what = of.what();
  for (const auto& [key, value] : more)
    what.tags[key] = value;
  return of.owner().get(std::move(what));
}

[[noreturn]] void refuse(const detail::cell& by, double value,
                         const char* must) {
  const auto& what = by.what();
  throw wrong_type(fmt::format("ray::metrics::{} \"{}\" was given {}, but it "
                               "takes {}",
                               rayd::to_string(what.kind), what.name, value,
                               must));
}

constexpr const char* finite = "finite numbers only";

} // namespace

counter::counter(std::string_view name, std::string_view help)
  : series_(&make(metric_kind::counter, name, help)) {}

counter counter::tagged(const tags& more) const {
  return counter{with_tags(*series_, more)};
}

void counter::add(double amount) const {
  if (!std::isfinite(amount) || amount < 0)
    refuse(*series_, amount, "finite numbers from 0 on: it only grows");
  series_->add(amount);
}

gauge::gauge(std::string_view name, std::string_view help)
  : series_(&make(metric_kind::gauge, name, help)) {}

gauge gauge::tagged(const tags& more) const {
  return gauge{with_tags(*series_, more)};
}

void gauge::set(double value) const {
  if (!std::isfinite(value))
    refuse(*series_, value, finite);
  series_->set(value);
}

histogram::histogram(std::string_view name, std::string_view help,
                     std::vector<double> boundaries)
  : series_(&make(metric_kind::histogram, name, help, std::move(boundaries))) {
}

histogram histogram::tagged(const tags& more) const {
  return histogram{with_tags(*series_, more)};
}

void histogram::observe(double value) const {
  if (!std::isfinite(value))
    refuse(*series_, value, finite);
  series_->observe(value);
}

} // namespace ray::metrics
