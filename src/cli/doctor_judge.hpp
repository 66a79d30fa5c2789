#pragma once

#include "cli/doctor_facts.hpp"
#include "config/effective_options.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rayd {

enum class finding_state : std::uint8_t {
  ok,      ///< As it should be.
  note,    ///< Works, but a person should know.
  problem, ///< A node would not start, or not work.
};

/// "ok", "note" or "problem".
std::string_view to_string(finding_state state) noexcept;

/// One line of `rayd doctor`.
struct finding {
  finding_state state = finding_state::ok;
  /// One word: "redis".
  std::string check;
  /// What is so, and what to do about it.
  std::string sentence;
};

/// A session of this user, as far as the doctor looks.
struct session_facts {
  std::string folder;
  std::string node_id;
  std::string version;
  bool live = false;
  /// Not live, but not marked as ended: its node died.
  bool died = false;
  std::uint16_t port = 0;
};

/// What the facts mean for a node with these options.
/// @param sessions  All sessions of this user below the session base.
std::vector<finding> judge(const effective_options& effective,
                           const machine_facts& facts,
                           const std::vector<session_facts>& sessions);

/// What a running cluster's answer to the query `status` means for this
/// program; *version* is this program's.
std::vector<finding> judge_cluster(const std::string& status_json,
                                   std::string_view version);

} // namespace rayd
