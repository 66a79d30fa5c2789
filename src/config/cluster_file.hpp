#pragma once

#include "base/result.hpp"
#include "config/quantity.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rayd {

/// Nodes on one host with the same flags.
struct cluster_member {
  /// As written: a name or an address.
  std::string host;
  int count = 1;
  /// Flags of `rayd start` without "--", as text of the command line; checked.
  std::vector<std::pair<std::string, std::string>> flags;

  /// The value of a flag, "" without one.
  std::string flag(const std::string& key) const;
};

/// A config file's section [cluster], for `rayd up` and `rayd down`.
struct cluster_file {
  /// Marks the cluster's nodes on their hosts.
  std::string name;
  /// "" and 0: as ssh's own configuration says.
  std::string ssh_user;
  std::uint16_t ssh_port = 0;
  /// Absolute, "" when none is given.
  std::string identity_file;
  /// Absolute, "" when none is given (then all hosts are local). May be
  /// missing.
  std::string secret_file;
  cluster_member head;
  std::vector<cluster_member> nodes;

  /// Where the nodes find the head.
  endpoint head_address() const;
};

/// True for localhost and its addresses: no ssh is needed to get there.
bool is_local_host(const std::string& host);

/// Reads the section [cluster] of *file* and checks all that can be checked
/// without the hosts. Paths of keys are taken from the file's own folder, ~ is
/// the home folder; flags with paths are the host's and stay as they are.
/// @error wrong_type  One sentence with file, line and, for an unknown name,
///   the nearest valid one.
result<cluster_file> read_cluster_file(const std::string& file);

} // namespace rayd
