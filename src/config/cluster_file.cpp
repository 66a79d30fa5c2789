#include "config/cluster_file.hpp"

#include "config/config_file.hpp"
#include "config/nearest.hpp"
#include "config/option_table.hpp"
#include "config/option_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string_view>

namespace rayd {

namespace {

namespace fs = std::filesystem;
using kind = config_entry::kind;
using names = std::vector<std::string_view>;

constexpr int count_max = 1000;

/// Flags of `rayd start` that the cluster itself gives its nodes.
constexpr std::string_view own_flags[] = {
  "head", "address", "host", "redis-password", "redis-password-file", "block"};

bool is_own_flag(std::string_view key) {
  return std::find(std::begin(own_flags), std::end(own_flags), key)
         != std::end(own_flags);
}

/// What reaches a command line as a word of its own must not look like a flag.
bool is_plain(std::string_view text, std::string_view more) {
  auto is_good = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 255 && text[0] != '-'
         && std::all_of(text.begin(), text.end(), is_good);
}

/// Reads one file; every failure names its place.
class cluster_reader {
public:
  explicit cluster_reader(std::string file) : file_(std::move(file)) {}

  result<cluster_file> read() {
    auto text = read_config(file_);
    if (!text)
      return text.error();
    for (auto& line : text->lines)
      if (auto done = read_line(line); !done)
        return done.error();
    if (auto done = check_whole(); !done)
      return done.error();
    return std::move(made_);
  }

private:
  failure wrong(int line, const std::string& sentence) const {
    auto at = line == 0 ? file_ : fmt::format("{}:{}", file_, line);
    return failure{ray::errc::wrong_type, fmt::format("{}: {}", at, sentence)};
  }

  failure unknown(int line, const std::string& key, const names& valid) const {
    return wrong(line, fmt::format("unknown key \"{}\"{}", key,
                                   did_you_mean(key, valid)));
  }

  status expect(const config_entry& entry, const std::string& key, kind type,
                std::string_view example) const {
    if (entry.type == type)
      return ok();
    return wrong(entry.line, fmt::format("{} needs {}, not {}", key, example,
                                         to_string(entry.type)));
  }

  status read_line(const config_line& line) {
    if (line.section == "rayd")
      return wrong(line.line, "section [rayd] is for rayd start --config: "
                              "write flags into head and nodes");
    if (line.section == "global")
      return wrong(line.line, fmt::format("key \"{}\" stands before any "
                                          "section: write [cluster] above it",
                                          line.key));
    if (line.section != "cluster") {
      auto hint = did_you_mean(line.section, {"cluster"});
      return wrong(line.line,
                   fmt::format("unknown section [{}]{}", line.section,
                               hint.empty() ? ": the section is [cluster]"
                                            : hint));
    }
    return line.key.empty() ? ok() : read_key(line.key, line.value);
  }

  status read_key(const std::string& key, const config_entry& value) {
    if (key == "name")
      return read_plain(key, value, "_.-", "a name such as \"lab\"",
                        made_.name);
    if (key == "ssh")
      return read_ssh(value);
    if (key == "redis-password-file")
      return read_path(key, value, made_.secret_file);
    if (key == "head")
      return read_member(key, value, made_.head);
    if (key == "nodes")
      return read_nodes(value);
    return unknown(value.line, key,
                   {"name", "ssh", "redis-password-file", "head", "nodes"});
  }

  status read_plain(const std::string& key, const config_entry& value,
                    std::string_view more, std::string_view example,
                    std::string& target) const {
    if (auto done = expect(value, key, kind::text, example); !done)
      return done;
    if (!is_plain(value.text, more))
      return wrong(value.line, fmt::format("{}: \"{}\" is not {}", key,
                                           value.text, example));
    target = value.text;
    return ok();
  }

  status read_path(const std::string& key, const config_entry& value,
                   std::string& target) const {
    if (auto done = expect(value, key, kind::text, "a path in double quotes");
        !done)
      return done;
    auto path = value.text;
    if (path.empty() || path == "-")
      return wrong(value.line, fmt::format("{} needs the path of a file", key));
    if (path.rfind("~/", 0) == 0) {
      const char* home = std::getenv("HOME");
      if (home == nullptr)
        return wrong(value.line, "~ means nothing without HOME in the "
                                 "environment");
      path = home + path.substr(1);
    }
    auto folder = fs::absolute(file_).parent_path();
    target = (folder / path).lexically_normal();
    return ok();
  }

  /// Calls *read* with each key of a dictionary, none of them twice.
  template <class Read>
  status read_fields(const config_entry& value, Read read) {
    std::set<std::string> seen;
    for (auto& [key, field] : value.fields) {
      if (!seen.insert(key).second)
        return wrong(field.line,
                     fmt::format("key \"{}\" stands here twice", key));
      if (auto done = read(key, field); !done)
        return done;
    }
    return ok();
  }

  status read_ssh(const config_entry& value) {
    if (auto done = expect(value, "ssh", kind::dictionary,
                           "{user=\"...\", port=22, identity-file=\"...\"}");
        !done)
      return done;
    return read_fields(
      value, [&](const std::string& key, const config_entry& field) -> status {
        if (key == "user")
          return read_plain(key, field, "_.-", "a user's name", made_.ssh_user);
        if (key == "identity-file")
          return read_path(key, field, made_.identity_file);
        if (key != "port")
          return unknown(field.line, key, {"user", "port", "identity-file"});
        if (auto done = expect(field, key, kind::integer,
                               "an integer such as 22");
            !done)
          return done;
        auto port = parse_port(field.text);
        if (!port || *port == 0)
          return wrong(field.line,
                       fmt::format("port: {} is not a port", field.text));
        made_.ssh_port = *port;
        return ok();
      });
  }

  status read_nodes(const config_entry& value) {
    constexpr auto example = "[{host=\"...\", num-cpus=8}, ...]";
    if (auto done = expect(value, "nodes", kind::list, example); !done)
      return done;
    for (auto& item : value.items) {
      cluster_member one;
      if (auto done = read_member("nodes", item, one); !done)
        return done;
      made_.nodes.push_back(std::move(one));
    }
    return ok();
  }

  /// One dictionary of head or nodes; *where* is which.
  status read_member(const std::string& where, const config_entry& value,
                     cluster_member& target) {
    auto is_head = where == "head";
    if (auto done = expect(value, where, kind::dictionary,
                           is_head ? "{host=\"...\", num-cpus=4}"
                                   : "[{host=\"...\", num-cpus=8}, ...]");
        !done)
      return done;
    auto read = read_fields(
      value, [&](const std::string& key, const config_entry& field) -> status {
        if (key == "host")
          return read_plain(key, field, "_.:-", "a host's name or address",
                            target.host);
        if (key == "count" && !is_head)
          return read_count(field, target.count);
        return read_flag(is_head, key, field, target);
      });
    if (read && target.host.empty())
      return wrong(value.line, fmt::format("{} needs a host", where));
    return read;
  }

  status read_count(const config_entry& field, int& target) const {
    if (auto done = expect(field, "count", kind::integer,
                           "an integer such as 2");
        !done)
      return done;
    auto& text = field.text;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(),
                                        target);
    if (error != std::errc{} || target < 1 || target > count_max)
      return wrong(field.line, fmt::format("count: {} is not from 1 to {}",
                                           text, count_max));
    return ok();
  }

  status read_flag(bool is_head, const std::string& key,
                   const config_entry& field, cluster_member& target) const {
    const auto* row = find_option(key);
    if (row == nullptr || is_own_flag(key)) {
      names valid{"host"};
      if (!is_head)
        valid.push_back("count");
      for (auto name : option_keys())
        if (!is_own_flag(name))
          valid.push_back(name);
      if (row != nullptr)
        return wrong(field.line, fmt::format("{} is not for one node: rayd up "
                                             "gives it to all",
                                             key));
      return unknown(field.line, key, valid);
    }
    if (!row->works)
      return wrong(field.line,
                   fmt::format("{} does not work yet: leave it out", key));
    auto other = is_head ? option_role::node : option_role::head;
    if (row->role == other)
      return wrong(field.line, fmt::format("{} is {}", key,
                                           is_head ? "not for the head"
                                                   : "for the head only"));
    auto text = option_text(*row, field);
    if (!text)
      return wrong(field.line, fmt::format("{} {}", key, text.error().message));
    // A path is one of the host's, which only the host can check.
    node_options checked;
    if (auto done = row->type == option_type::path && !text->empty()
                      ? ok()
                      : row->apply(checked, *text);
        !done)
      return wrong(field.line,
                   fmt::format("{}: {}", key, done.error().message));
    if (key == "port" && *text == "0")
      return wrong(field.line, "port: 0 is no port that nodes could be told");
    target.flags.emplace_back(key, *text);
    return ok();
  }

  /// What concerns several keys.
  status check_whole() const {
    if (made_.name.empty())
      return wrong(0, "name is missing in section [cluster]: it marks the "
                      "cluster's nodes, for example name=\"lab\"");
    if (made_.head.host.empty())
      return wrong(0, "head is missing in section [cluster]: write "
                      "head={host=\"...\"}");
    auto remote
      = std::find_if(made_.nodes.begin(), made_.nodes.end(),
                     [](auto& one) { return !is_local_host(one.host); });
    auto head_is_local = is_local_host(made_.head.host);
    if (head_is_local && remote != made_.nodes.end())
      return wrong(0, fmt::format("the node on {} cannot reach a head on {}: "
                                  "give the head's host by the name or "
                                  "address that others know",
                                  remote->host, made_.head.host));
    if (made_.secret_file.empty() && !head_is_local)
      return wrong(0, "redis-password-file is missing in section [cluster]: "
                      "it is made when there is no such file, and copied to "
                      "the hosts");
    return ok();
  }

  std::string file_;
  cluster_file made_;
};

} // namespace

std::string cluster_member::flag(const std::string& key) const {
  for (auto& [name, value] : flags)
    if (name == key)
      return value;
  return {};
}

endpoint cluster_file::head_address() const {
  auto port = parse_port(head.flag("port"));
  return {head.host, port ? *port : std::uint16_t{6379}};
}

bool is_local_host(const std::string& host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

result<cluster_file> read_cluster_file(const std::string& file) {
  return cluster_reader{file}.read();
}

} // namespace rayd
