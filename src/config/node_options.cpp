#include "config/node_options.hpp"

#include "config/config_file.hpp"
#include "config/effective_options.hpp"
#include "config/machine.hpp"
#include "config/nearest.hpp"
#include "config/option_text.hpp"
#include "config/option_table.hpp"
#include "config/process.hpp"
#include "config/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sys/stat.h>

namespace rayd {

namespace {

failure wrong(std::string sentence) {
  return failure{ray::errc::wrong_type, std::move(sentence)};
}

/// Higher wins.
enum class source_rank { file = 1, environment = 2, flag = 3 };

/// A value that somebody gave, and how messages call that place.
struct given_value {
  std::string text;
  source_rank rank = source_rank::file;
  std::string where;
};

using given_values = std::map<std::string, given_value>;

void give(given_values& values, const std::string& key, given_value value) {
  auto& slot = values[key];
  if (slot.where.empty() || value.rank >= slot.rank)
    slot = std::move(value);
}

status check_section(const config_text& file, const config_line& line) {
  if (line.section == "rayd")
    return ok();
  auto at = fmt::format("{}:{}: ", file.file, line.line);
  if (line.section == "global")
    return wrong(fmt::format("{}key \"{}\" stands before any section: write "
                             "[rayd] above it",
                             at, line.key));
  if (line.section == "cluster")
    return wrong(fmt::format("{}section [cluster] is for rayd up: use [rayd]",
                             at));
  auto hint = did_you_mean(line.section, {"rayd", "cluster"});
  return wrong(fmt::format("{}unknown section [{}]{}", at, line.section,
                           hint.empty() ? ": the section is [rayd]" : hint));
}

status collect_file(const std::string& name, given_values& values) {
  auto file = read_config(name);
  if (!file)
    return file.error();
  for (auto& line : file->lines) {
    if (auto section = check_section(*file, line); !section)
      return section.error();
    if (line.key.empty())
      continue;
    auto where = fmt::format("{}:{}: {}", file->file, line.line, line.key);
    const auto* row = find_option(line.key);
    if (row == nullptr)
      return wrong(fmt::format("{}:{}: unknown key \"{}\"{}", file->file,
                               line.line, line.key,
                               did_you_mean(line.key, option_keys())));
    auto text = option_text(*row, line.value);
    if (!text)
      return wrong(fmt::format("{} {}", where, text.error().message));
    struct stat info {};
    if (row->type == option_type::secret
        && (::stat(name.c_str(), &info) != 0 || (info.st_mode & 077) != 0))
      return wrong(fmt::format("{} needs a file that only you can read: run "
                               "chmod 600 {}",
                               where, name));
    give(values, line.key, {*text, source_rank::file, where});
  }
  return ok();
}

result<given_values> collect(const option_sources& sources) {
  given_values values;
  if (!sources.config_file.empty())
    if (auto read = collect_file(sources.config_file, values); !read)
      return read.error();
  for (auto& row : option_table()) {
    if (row.environment.empty() || !sources.environment)
      continue;
    std::string name{row.environment};
    auto text = sources.environment(name);
    if (text && !text->empty())
      give(values, std::string{row.key},
           {*text, source_rank::environment, name});
  }
  for (auto& [key, text] : sources.flags) {
    if (find_option(key) == nullptr)
      return wrong(fmt::format("unknown flag --{}{}", key,
                               did_you_mean(key, option_keys(), "--")));
    give(values, key, {text, source_rank::flag, "--" + key});
  }
  return values;
}

/// Of two keys that say the same thing in two ways, the one of the higher
/// source counts; both of one source contradict each other.
status settle(given_values& values, const std::string& one,
              const std::string& other, std::string_view advice) {
  auto a = values.find(one);
  auto b = values.find(other);
  if (a == values.end() || b == values.end())
    return ok();
  if (a->second.rank == b->second.rank)
    return wrong(fmt::format("{} and {} contradict each other: {}",
                             a->second.where, b->second.where, advice));
  values.erase(a->second.rank < b->second.rank ? a : b);
  return ok();
}

bool has_role(const given_values& values) {
  return values.count("head") != 0 || values.count("address") != 0;
}

status settle_all(given_values& values) {
  auto head = values.find("head");
  if (head != values.end() && head->second.text == "false")
    values.erase(head);
  if (auto done = settle(values, "head", "address",
                         "--head founds a cluster, --address joins one");
      !done)
    return done;
  if (auto done = settle(values, "redis-password", "redis-password-file",
                         "give the secret once");
      !done)
    return done;
  auto is_head = values.count("head") != 0;
  if (!has_role(values))
    return ok();
  for (auto& row : option_table()) {
    auto value = values.find(std::string{row.key});
    // Files and environments may serve both roles; a flag is meant.
    if (value == values.end() || value->second.rank != source_rank::flag)
      continue;
    if (is_head && row.role == option_role::node && row.works)
      return wrong(fmt::format("--{} is not for the head: its port is --port",
                               row.key));
    if (!is_head && row.role == option_role::head && row.works)
      return wrong(fmt::format("--{} is for the head only{}", row.key,
                               row.key == "port"
                                 ? ": a node's own port is --node-port"
                                 : ""));
  }
  return ok();
}

status apply_all(const given_values& values, node_options& options) {
  for (auto& row : option_table()) {
    auto value = values.find(std::string{row.key});
    if (value == values.end())
      continue;
    if (!row.works)
      return wrong(fmt::format("{} does not work yet: leave it out",
                               value->second.where));
    if (auto applied = row.apply(options, value->second.text); !applied)
      return wrong(fmt::format("{}: {}", value->second.where,
                               applied.error().message));
  }
  return ok();
}

secret_origin origin_of(source_rank rank) {
  switch (rank) {
    case source_rank::file: return secret_origin::config;
    case source_rank::environment: return secret_origin::environment;
    case source_rank::flag: return secret_origin::flag;
  }
  return secret_origin::none;
}

status load_secret(const given_values& values, node_options& options) {
  if (auto direct = values.find("redis-password"); direct != values.end()) {
    options.password_origin = origin_of(direct->second.rank);
    return ok();
  }
  auto file = values.find("redis-password-file");
  if (file == values.end())
    return ok();
  auto read = read_secret(options.password_file);
  if (!read)
    return wrong(fmt::format("{}: {}", file->second.where,
                             read.error().message));
  options.password = *read;
  options.password_origin = secret_origin::file;
  if (options.password_file == "-") {
    options.password_file.clear();
    options.password_origin = secret_origin::input;
  }
  return ok();
}

/// What depends on the machine and on other options.
status complete(const given_values& values, node_options& options) {
  constexpr std::uint64_t mib = std::uint64_t{1} << 20;
  auto memory = usable_memory();
  if (values.count("num-cpus") == 0)
    options.num_cpus = usable_cpus();
  const auto gpus = values.find("num-gpus");
  if (gpus == values.end())
    options.num_gpus = static_cast<double>(usable_gpus().size());
  else if (const auto named = gpu_names(options.num_gpus); !named)
    return wrong(fmt::format("{}: {}", gpus->second.where,
                             named.error().message));
  auto store = values.find("object-store-memory");
  if (store == values.end())
    options.object_store_memory = std::max(16 * mib,
                                           memory / 10 * 3 / mib * mib);
  else if (options.object_store_memory > memory
           && options.object_store_dir.empty())
    return wrong(fmt::format("{}: {} is more than the {} of memory that this "
                             "machine or its cgroup has",
                             store->second.where,
                             format_size(options.object_store_memory),
                             format_size(memory)));
  if (values.count("memory") == 0)
    options.memory = memory - std::min(memory, options.object_store_memory);
  if (values.count("include-dashboard") == 0 && options.private_cluster)
    options.include_dashboard = false;
  if (values.count("object-store-prefault") == 0)
    options.object_store_prefault = options.private_cluster ? 0 : 256 * mib;
  options.object_store_prefault = std::min(options.object_store_prefault,
                                           options.object_store_memory);
  if (options.session_base.empty())
    options.session_base = default_session_base();
  if (options.session_base.empty())
    return wrong("neither HOME nor XDG_STATE_HOME is set: give --session-dir");
  return ok();
}

/// Options of settled values.
result<node_options> evaluate(const given_values& values) {
  node_options options;
  if (auto done = apply_all(values, options); !done)
    return done.error();
  if (auto done = load_secret(values, options); !done)
    return done.error();
  if (auto done = complete(values, options); !done)
    return done.error();
  return options;
}

void name_source(const given_value& given, effective_value& shown) {
  shown.where = given.where;
  switch (given.rank) {
    case source_rank::flag: shown.source = "command line"; return;
    case source_rank::environment: shown.source = "environment"; return;
    case source_rank::file:
      shown.source = "file";
      // "FILE:LINE: KEY" without what the row says already.
      shown.where.resize(given.where.size() - shown.row->key.size() - 2);
      return;
  }
}

} // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* text = std::getenv(name.c_str());
  return text == nullptr ? std::nullopt : std::optional<std::string>{text};
}

result<node_options> resolve(const option_sources& sources) {
  auto values = collect(sources);
  if (!values)
    return values.error();
  if (auto done = settle_all(*values); !done)
    return done.error();
  if (!has_role(*values))
    return wrong("neither --head nor --address is given: --head founds a "
                 "cluster, --address=HOST:PORT joins one");
  return evaluate(*values);
}

result<effective_options> explain(const option_sources& sources) {
  auto values = collect(sources);
  if (!values)
    return values.error();
  if (auto done = settle_all(*values); !done)
    return done.error();
  // Standard input is left to `rayd start`.
  auto file = values->find("redis-password-file");
  auto from_input = file != values->end() && file->second.text == "-";
  auto read = *values;
  if (from_input)
    read.erase("redis-password-file");
  auto options = evaluate(read);
  if (!options)
    return options.error();
  effective_options effective{*options, has_role(*values), {}};
  if (from_input)
    effective.options.password_origin = secret_origin::input;
  if (values->count("head") == 0)
    effective.options.role = node_role::node;
  for (auto& row : option_table()) {
    if (row.show == nullptr)
      continue;
    effective_value shown{&row, row.show(effective.options), "default", ""};
    if (auto given = values->find(std::string{row.key});
        given != values->end())
      name_source(given->second, shown);
    effective.values.push_back(std::move(shown));
  }
  return effective;
}

result<node_options> resolve_private(option_sources sources) {
  auto values = collect(sources);
  if (!values)
    return values.error();
  // A private cluster has no port and nobody joins it, so a file made for a
  // cluster may be used as it is; its secret is always a random one.
  for (auto key : {"address", "host", "port", "node-port", "redis-password",
                   "redis-password-file", "block"})
    values->erase(key);
  (*values)["head"] = {"true", source_rank::flag, "--head"};
  node_options options;
  options.private_cluster = true;
  follow_this_process(options);
  options.follows_parent = false;
  if (auto done = apply_all(*values, options); !done)
    return done.error();
  if (auto done = complete(*values, options); !done)
    return done.error();
  return options;
}

void follow_this_process(node_options& options) {
  auto self = own_identity();
  options.follows_parent = true;
  options.parent_pid = self.pid;
  options.parent_start_time = self.start_time;
}

std::string_view to_string(node_role role) noexcept {
  return role == node_role::head ? "head" : "node";
}

bool node_options::secret_given() const noexcept {
  return password_origin != secret_origin::none
         && password_origin != secret_origin::session;
}

std::string node_options::listen_host() const {
  if (private_cluster)
    return {};
  if (!host.empty())
    return host;
  return secret_given() ? "0.0.0.0" : "127.0.0.1";
}

resource_set node_options::total_resources() const {
  resource_set total;
  total.set("CPU", num_cpus);
  total.set("GPU", num_gpus);
  total.set("memory", static_cast<double>(memory));
  for (auto& [name, amount] : resources)
    total.set(name, amount);
  return total;
}

} // namespace rayd
