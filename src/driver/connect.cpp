// Which cluster an address means, and how this program gets there.

#include "config/launch.hpp"
#include "config/session.hpp"
#include "driver/attach.hpp"
#include "driver/inline_runtime.hpp"
#include "driver/private_node.hpp"

#include <ray/errors.hpp>
#include <ray/options.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace rayd {

namespace {

/// Throws *why* as the error that its code stands for.
[[noreturn]] void throw_as_error(const failure& why) {
  if (why.code == ray::errc::wrong_type)
    throw ray::wrong_type(why.message);
  throw ray::connection_failed(why.message);
}

template <class Value>
Value value_or_throw(result<Value>&& from) {
  if (!from)
    throw_as_error(from.error());
  return *std::move(from);
}

/// What the program wants of its own node, as the flags of `rayd start`.
option_sources sources_of(const ray::init_options& options) {
  option_sources sources;
  sources.environment = process_environment;
  sources.config_file = options.config;
  const auto flag = [&](const char* key, std::string text) {
    sources.flags.emplace_back(key, std::move(text));
  };
  if (options.num_cpus)
    flag("num-cpus", fmt::format("{}", *options.num_cpus));
  if (options.num_gpus)
    flag("num-gpus", fmt::format("{}", *options.num_gpus));
  if (options.object_store_memory)
    flag("object-store-memory",
         fmt::format("{}", *options.object_store_memory));
  std::string resources;
  for (const auto& [name, amount] : options.resources)
    resources += fmt::format("{}{}={}", resources.empty() ? "" : ",", name,
                             amount);
  if (!resources.empty())
    flag("resources", resources);
  return sources;
}

/// A program that sizes its private cluster runs unchanged on another one,
/// whose size is what it is; so this is told and not refused.
void note_private_options(const ray::init_options& options) {
  const auto note = [&](bool used, const char* name) {
    if (used)
      fmt::print(stderr,
                 "ray::init: {} is for a private cluster and has no effect at "
                 "the address {}\n",
                 name, options.address);
  };
  // RAY_NUM_CPUS may stand in the environment of programs of both kinds.
  const char* cpus = std::getenv("RAY_NUM_CPUS");
  note(options.num_cpus && (cpus == nullptr || *cpus == '\0'), "num_cpus");
  note(options.num_gpus.has_value(), "num_gpus");
  note(!options.resources.empty(), "resources");
  note(options.object_store_memory.has_value(), "object_store_memory");
}

/// Sessions whose programs may leave by exit() without ending them.
void end_at_exit(const std::shared_ptr<client>& session) {
  static auto* lock = new std::mutex;
  static auto* current = new std::weak_ptr<client>;
  {
    const std::lock_guard guard{*lock};
    *current = session;
  }
  static const bool registered = std::atexit([] {
    std::shared_ptr<client> open;
    {
      const std::lock_guard guard{*lock};
      open = current->lock();
    }
    if (open)
      open->end();
  }) == 0;
  (void)registered;
}

std::shared_ptr<client> attach_driver(const std::string& socket,
                                      const ray::init_options& options,
                                      std::unique_ptr<private_node> node) {
  attach_request request;
  request.socket = socket;
  request.text = describe_driver(options.job_name, options.log_to_driver);
  // Without the node, ending the client would be enough.
  auto attached = value_or_throw(attach(request));
  if (options.log_to_driver)
    attached->set_shows_lines();
  if (node)
    attached->also_at_end(
      [own = std::shared_ptr<private_node>{std::move(node)}] {
        own->stop();
      });
  end_at_exit(attached);
  return attached;
}

std::shared_ptr<client> start_private(const ray::init_options& options) {
  auto settings = value_or_throw(resolve_private(sources_of(options)));
  auto node = value_or_throw(private_node::start(settings));
  const auto socket = node->socket();
  return attach_driver(socket, options, std::move(node));
}

std::shared_ptr<client> join_auto(const ray::init_options& options) {
  note_private_options(options);
  const auto base = default_session_base();
  const auto found = find_auto(base);
  if (!found)
    throw ray::connection_failed(fmt::format(
      "no node of this user runs on this machine (sessions are looked for in "
      "{}): start one with rayd start --head, or leave the address away for "
      "a private cluster",
      base));
  return attach_driver(found->socket_path(), options, nullptr);
}

/// A secret for a head elsewhere, as flags.
void add_secret(option_sources& sources, const ray::init_options& options) {
  if (!options.redis_password.empty())
    sources.flags.emplace_back("redis-password", options.redis_password);
  else if (!options.redis_password_file.empty())
    sources.flags.emplace_back("redis-password-file",
                               options.redis_password_file);
}

std::shared_ptr<client> join_head(const ray::init_options& options) {
  constexpr std::uint16_t default_port = 6379;
  const auto head = parse_endpoint(options.address, default_port);
  if (!head)
    throw ray::connection_failed(fmt::format(
      "the address {}; write \"auto\", \"local\" or HOST:PORT",
      head.error().message));
  note_private_options(options);
  if (const auto local = find_local_head(default_session_base(), *head))
    return attach_driver(local->socket_path(), options, nullptr);
  option_sources sources;
  sources.environment = process_environment;
  sources.config_file = options.config;
  sources.flags = {{"address", to_string(*head)}, {"num-cpus", "0"}};
  add_secret(sources, options);
  auto settings = value_or_throw(resolve(sources));
  settings.memory = 0;
  follow_this_process(settings);
  if (settings.password.empty())
    throw ray::connection_failed(fmt::format(
      "no head of this user answers at {} on this machine, and for one "
      "elsewhere its secret is needed: copy the file that rayd start --head "
      "named there and give it with RAY_REDIS_PASSWORD_FILE or "
      "ray::init_options::redis_password_file",
      to_string(*head)));
  auto node = value_or_throw(private_node::start(settings));
  const auto socket = node->socket();
  auto joined = attach_driver(socket, options, std::move(node));
  joined->set_node_ends_with_us();
  return joined;
}

} // namespace

} // namespace rayd

namespace ray::detail {

std::shared_ptr<runtime> connect(const init_options& options) {
  if (options.address.empty() || options.address == "local")
    return rayd::start_private(options);
  if (options.address == "auto")
    return rayd::join_auto(options);
  if (options.address == "inline")
    return std::make_shared<rayd::inline_runtime>();
  return rayd::join_head(options);
}

} // namespace ray::detail
