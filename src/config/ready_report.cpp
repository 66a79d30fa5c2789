#include "config/ready_report.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <unistd.h>

namespace rayd {

namespace {

std::string dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

} // namespace

pipe_report::~pipe_report() {
  if (fd_ >= 0)
    ::close(fd_);
}

void pipe_report::session_made(const std::string& folder) {
  write_line(dump({{"session", folder}}), false);
}

void pipe_report::ready(const ready_info& info) {
  write_line(dump({{"ok", true},
                   {"pid", info.pid},
                   {"node", info.node_id},
                   {"cluster", info.cluster_id},
                   {"address", info.address},
                   {"reachable", info.reachable},
                   {"session", info.session_folder},
                   {"socket", info.socket},
                   {"secret_file", info.secret_file},
                   {"version", info.version},
                   {"dashboard", info.dashboard},
                   {"dashboard_token", info.dashboard_token},
                   {"dashboard_wants_token", info.dashboard_wants_token},
                   {"dashboard_note", info.dashboard_note}}),
             true);
}

void pipe_report::failed(exit_code code, const std::string& sentence) {
  write_line(dump({{"ok", false},
                   {"exit", static_cast<int>(code)},
                   {"message", sentence}}),
             true);
}

void pipe_report::write_line(std::string line, bool last) noexcept {
  if (fd_ < 0)
    return;
  line += '\n';
  std::size_t done = 0;
  while (done < line.size()) {
    auto n = ::write(fd_, line.data() + done, line.size() - done);
    if (n < 0 && errno == EINTR)
      continue;
    // Whoever started this node went away; the node lives on without it.
    if (n <= 0)
      break;
    done += static_cast<std::size_t>(n);
  }
  if (last) {
    ::close(fd_);
    fd_ = -1;
  }
}

result<report_line> parse_report_line(const std::string& line) {
  try {
    auto json = nlohmann::json::parse(line);
    report_line report;
    if (!json.contains("ok")) {
      report.type = report_line::kind::session;
      json.at("session").get_to(report.info.session_folder);
      return report;
    }
    if (!json.at("ok").get<bool>()) {
      report.code = static_cast<exit_code>(json.at("exit").get<int>());
      json.at("message").get_to(report.message);
      return report;
    }
    report.type = report_line::kind::ready;
    report.code = exit_code::ok;
    json.at("pid").get_to(report.info.pid);
    json.at("node").get_to(report.info.node_id);
    json.at("cluster").get_to(report.info.cluster_id);
    json.at("address").get_to(report.info.address);
    json.at("reachable").get_to(report.info.reachable);
    json.at("session").get_to(report.info.session_folder);
    json.at("socket").get_to(report.info.socket);
    json.at("secret_file").get_to(report.info.secret_file);
    json.at("version").get_to(report.info.version);
    report.info.dashboard = json.value("dashboard", "");
    report.info.dashboard_token = json.value("dashboard_token", "");
    report.info.dashboard_wants_token
      = json.value("dashboard_wants_token", false);
    report.info.dashboard_note = json.value("dashboard_note", "");
    return report;
  } catch (const nlohmann::json::exception&) {
    return failure{ray::errc::wrong_type,
                   "the node process reported something that this version of "
                   "rayd does not understand"};
  }
}

} // namespace rayd
