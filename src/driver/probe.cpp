#include "driver/probe.hpp"

#include <ray/task.hpp>

namespace rayd {

namespace {

int rayd_probe(int number) {
  return number + 1;
}

using probe = ray::detail::task_function<&rayd_probe>;

} // namespace

function_key probe_function() {
  ray::detail::keep(probe::listed);
  const auto key = probe::entry.key();
  return {key.module, key.offset};
}

std::string probe_arguments() {
  ray::detail::submission work;
  ray::detail::pack_arguments(work, 1);
  return std::move(work.arguments);
}

} // namespace rayd
