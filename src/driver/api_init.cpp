#include <ray/detail/runtime.hpp>
#include <ray/detail/worker_main.hpp>
#include <ray/errors.hpp>
#include <ray/session.hpp>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

// init, the session and shutdown. Options, --ray-* arguments and environment
// are merged here; what to do with an address is connect()'s business.

namespace ray {

namespace {

template <class Number>
Number to_number(std::string_view source, std::string_view text) {
  Number value{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(),
                                      value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()
      || text.empty() || value < 0)
    throw wrong_type(std::string{source} + " is \"" + std::string{text}
                     + "\", but must be a number that is not negative");
  return value;
}

void fill(std::string& field, std::string_view value) {
  if (field.empty())
    field = value;
}

/// Takes one --ray-NAME=VALUE; what the program set as an option stays.
void take_argument(std::string_view argument, init_options& options) {
  const std::size_t equals = argument.find('=');
  const auto name = argument.substr(0, equals);
  if (equals == std::string_view::npos)
    throw wrong_type("the argument " + std::string{name}
                     + " has no value: write " + std::string{name} + "=VALUE");
  const auto value = argument.substr(equals + 1);
  if (name == "--ray-address")
    fill(options.address, value);
  else if (name == "--ray-redis-password")
    fill(options.redis_password, value);
  else if (name == "--ray-redis-password-file")
    fill(options.redis_password_file, value);
  else if (name == "--ray-config")
    fill(options.config, value);
  else if (name == "--ray-job-name")
    fill(options.job_name, value);
  else if (name == "--ray-num-cpus")
    options.num_cpus
      = options.num_cpus.value_or(to_number<double>(name, value));
  else if (name == "--ray-num-gpus")
    options.num_gpus
      = options.num_gpus.value_or(to_number<double>(name, value));
  else if (name == "--ray-object-store-memory")
    options.object_store_memory = options.object_store_memory.value_or(
      to_number<std::uint64_t>(name, value));
  else
    throw wrong_type("there is no argument " + std::string{name}
                     + "; there are --ray-address, --ray-num-cpus, "
                       "--ray-num-gpus, --ray-object-store-memory, "
                       "--ray-redis-password, --ray-redis-password-file, "
                       "--ray-config and --ray-job-name");
}

void take_arguments(int& argc, char** argv, init_options& options) {
  int kept = 0;
  bool ended = false;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    ended = ended || argument == "--";
    if (!ended && i > 0 && argument.starts_with("--ray-"))
      take_argument(argument, options);
    else
      argv[kept++] = argv[i];
  }
  if (kept < argc)
    argv[kept] = nullptr;
  argc = kept;
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

void take_environment(init_options& options) {
  fill(options.address, environment("RAY_ADDRESS"));
  fill(options.job_name, environment("RAY_JOB_NAME"));
  if (options.redis_password.empty() && options.redis_password_file.empty()) {
    options.redis_password = environment("RAY_REDIS_PASSWORD");
    options.redis_password_file = environment("RAY_REDIS_PASSWORD_FILE");
  }
  const auto cpus = environment("RAY_NUM_CPUS");
  if (!options.num_cpus && !cpus.empty())
    options.num_cpus = to_number<double>("RAY_NUM_CPUS", cpus);
}

/// A worker runs the program's static initialisers and never its main; should
/// init be reached all the same, it becomes the worker's main.
void serve_in_worker(int argc, char** argv) {
  if (detail::is_worker_role(argc, argv) || detail::is_worker_process())
    detail::worker_main();
}

} // namespace

session init(int& argc, char** argv, init_options options) {
  serve_in_worker(argc, argv);
  if (is_initialized())
    throw connection_failed("this process has a session already: call "
                            "ray::shutdown first");
  take_arguments(argc, argv, options);
  take_environment(options);
  auto process = detail::connect(options);
  session made;
  made.runtime_ = process.get();
  detail::set_runtime(std::move(process));
  return made;
}

session::session(session&& other) noexcept
  : runtime_(std::exchange(other.runtime_, nullptr)) {}

session& session::operator=(session&& other) noexcept {
  std::swap(runtime_, other.runtime_);
  return *this;
}

session::~session() {
  if (runtime_ != nullptr && detail::runtime_or_null() == runtime_)
    shutdown();
}

caf::actor_system& session::system() const {
  if (runtime_ == nullptr || detail::runtime_or_null() != runtime_)
    throw connection_failed("this session has ended: call ray::init again");
  return runtime_->system();
}

void shutdown() {
  if (auto* ending = detail::runtime_or_null()) {
    detail::set_runtime(nullptr);
    ending->end();
  }
}

} // namespace ray
