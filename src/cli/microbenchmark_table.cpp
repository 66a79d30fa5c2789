#include "cli/microbenchmark_row.hpp"

#include <array>

namespace rayd {

namespace {

using unit = figure_unit;
using limit = machine_limit;
using place = row_place;

// The goals are those for a machine of two cores whose limits are the nominal
// ones of microbenchmark_calibration.cpp.
const std::array<row_info, 18> rows{{
  {1, "", "single client tasks sync", unit::microseconds, 20, limit::wake_up,
   place::private_cluster, make_tasks_sync},
  {2, "", "single client tasks async", unit::per_second, 500e3, limit::redis,
   place::private_cluster, make_tasks_async},
  {3, "", "multi client tasks async", unit::per_second, 500e3, limit::redis,
   place::private_cluster, make_tasks_multi},
  {4, "", "1:1 actor calls sync", unit::microseconds, 15, limit::wake_up,
   place::private_cluster, make_calls_sync},
  {5, "", "1:1 actor calls async", unit::per_second, 800e3, limit::redis,
   place::private_cluster, make_calls_async},
  {6, "", "n:n actor calls async", unit::per_second, 600e3, limit::redis,
   place::private_cluster, make_calls_multi},
  {8, "", "put small", unit::per_second, 700e3, limit::memory_copy,
   place::private_cluster, make_put_small},
  {9, "", "get small", unit::per_second, 2e6, limit::memory_copy,
   place::private_cluster, make_get_small},
  {10, "cold", "put 1 GiB, first", unit::gigabytes_per_second, 6,
   limit::first_touch, place::private_cluster, make_put_large, true},
  {10, "", "put 1 GiB", unit::gigabytes_per_second, 14, limit::streaming_store,
   place::private_cluster, make_put_large},
  {11, "1 KiB", "get 1 KiB to a usable view", unit::microseconds, 1,
   limit::none, place::private_cluster, make_view_small},
  {11, "1 GiB", "get 1 GiB to a usable view", unit::microseconds, 1,
   limit::none, place::private_cluster, make_view_large},
  {4, "other node", "1:1 actor calls sync, other node", unit::microseconds, 300,
   limit::wake_up, place::two_nodes, make_calls_sync},
  {5, "other node", "1:1 actor calls async, other node", unit::per_second,
   300e3, limit::redis, place::two_nodes, make_calls_async},
  {16, "", "node to node 1 GiB, TLS", unit::gigabytes_per_second, 1.0,
   limit::tcp, place::two_nodes, make_fetch_large},
  {18, "first result", "start --head to first result", unit::milliseconds, 150,
   limit::none, place::commands, nullptr},
  {18, "node joins", "start --address", unit::milliseconds, 50, limit::none,
   place::commands, nullptr},
  {18, "stop", "stop of head and node", unit::milliseconds, 500, limit::none,
   place::commands, nullptr},
}};

} // namespace

std::span<const row_info> row_table() {
  return rows;
}

} // namespace rayd
