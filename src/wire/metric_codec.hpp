#pragma once

#include "wire/metric_records.hpp"

#include "wire/schema/lane.capnp.h"

// How metric_records.hpp becomes Cap'n Proto and back, for the lane's codec.

namespace rayd {

void write_metrics(schema::Metrics::Builder to, const metric_report& report);

/// @throws std::invalid_argument  A kind is impossible.
metric_report read_metrics(schema::Metrics::Reader from);

} // namespace rayd
