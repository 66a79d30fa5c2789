#pragma once

#include "wire/lane_records.hpp"

#include <string>

namespace rayd::simulation {

/// "task_done 000001...", for traces.
std::string describe(const lane_record& record);

} // namespace rayd::simulation
