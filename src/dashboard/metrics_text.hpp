#pragma once

#include <string>
#include <string_view>

namespace rayd {

/// The state of the cluster in Prometheus' text format, names as in Ray.
/// @param status  The answer to {"what": "status"}; what it lacks is left out.
std::string metrics_text(std::string_view status);

} // namespace rayd
