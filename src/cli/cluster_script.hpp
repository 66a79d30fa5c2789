#pragma once

#include "config/cluster_file.hpp"

#include <string>
#include <vector>

namespace rayd {

// What `rayd up` and `rayd down` do on hosts, as text: one shell script per
// host, which a shell there reads from its standard input. The shell of
// another host is reached by one ssh; so the secret, which stands in the
// script, is on no command line, and nothing is quoted twice. On a host the
// nodes are started and ended by `rayd start` and `rayd stop`, which know them
// by their member's name, CLUSTER/head or CLUSTER/HOST/N.

/// What happens on one host.
struct host_script {
  /// As messages call the host.
  std::string host;
  /// What runs the script: sh, or ssh and the host.
  std::vector<std::string> command;
  std::string script;
  /// The same for people: no secret in it.
  std::string shown;
};

/// How the script of `up` ends, besides 0 and ssh's 255.
enum class script_code : int {
  no_head = 64,   ///< The head did not start, so the host's nodes did not.
  some_node = 65, ///< At least one node did not start.
};

/// One script per host; the first one is the head's, and starts the head before
/// that host's nodes.
/// @param executable  This rayd: local hosts run it, others look for rayd on
///   PATH and then where it is here.
/// @param secret_line  The secret, for hosts elsewhere.
std::vector<host_script> up_scripts(const cluster_file& cluster,
                                    const std::string& executable,
                                    const std::string& secret_line);

/// One script per host, which ends the cluster's nodes there and removes the
/// secret's copy; the last one is the head's.
std::vector<host_script> down_scripts(const cluster_file& cluster,
                                      const std::string& executable);

} // namespace rayd
