#include "local_scheduler/worker_setting.hpp"

namespace rayd {

std::map<std::string, std::string>
variables_of(const worker_setting& setting, const machine_options& options) {
  auto all = setting.env;
  if (options.sets_threads)
    all.emplace("OMP_NUM_THREADS", std::to_string(setting.threads));
  all.emplace("CUDA_VISIBLE_DEVICES",
              gpu_book{options.gpus}.names(setting.gpus));
  if (setting.shared)
    all.emplace("RAYD_SHARED", "1");
  return all;
}

} // namespace rayd
