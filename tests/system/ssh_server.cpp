#include "system/ssh_server.hpp"

#include "catch.hpp"

#include <arpa/inet.h>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rayd::testing {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr const char* server_program = "/usr/sbin/sshd";
constexpr const char* client_program = "/usr/bin/ssh";

std::string text_of(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

bool answers(const std::string& host, std::uint16_t port) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  auto done = ::connect(fd, reinterpret_cast<const sockaddr*>(&address),
                        sizeof address);
  ::close(fd);
  return done == 0;
}

void make_key(const fs::path& file) {
  auto done = run({{"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test",
                    "-f", file.string()}});
  INFO(to_string(done));
  REQUIRE(done.exit_code == 0);
}

} // namespace

std::string ssh_obstacle() {
  for (const auto* program : {server_program, client_program})
    if (!fs::exists(program))
      return std::string{program} + " is not installed";
  // Only root's sshd asks for that folder, which its service makes.
  std::error_code error;
  if (::geteuid() == 0 && !fs::exists("/run/sshd")
      && !fs::create_directory("/run/sshd", error))
    return "sshd needs the folder /run/sshd, which cannot be made";
  return {};
}

ssh_server::ssh_server(const cluster& place,
                       const std::vector<std::string>& hosts,
                       const std::vector<std::string>& strangers)
  : folder_(place.base() / "ssh"), port_(free_ports(1).front()) {
  fs::create_directory(folder_);
  make_key(folder_ / "host_key");
  make_key(folder_ / "user_key");
  auto all = hosts;
  all.insert(all.end(), strangers.begin(), strangers.end());
  write_server_config(place, all);
  write_client(hosts);
  server_ = std::make_unique<running>(
    command{{server_program, "-D", "-e", "-f", (folder_ / "sshd").string()}});
  const auto is_up = eventually([&] { return answers(all.back(), port_); },
                                10s);
  INFO((is_up ? std::string{} : to_string(server_->wait(0ms))));
  REQUIRE(is_up);
}

void ssh_server::write_server_config(const cluster& place,
                                     const std::vector<std::string>& hosts) {
  std::ofstream out{folder_ / "sshd"};
  for (const auto& host : hosts)
    out << "ListenAddress " << host << ':' << port_ << '\n';
  out << "HostKey " << (folder_ / "host_key").string() << '\n'
      << "AuthorizedKeysFile " << (folder_ / "user_key.pub").string() << '\n'
      << "PidFile none\nUsePAM no\nStrictModes no\n"
         "PermitRootLogin prohibit-password\nPasswordAuthentication no\n"
         "KbdInteractiveAuthentication no\n";
  out << "SetEnv XDG_STATE_HOME=" << place.base().string()
      << " XDG_CONFIG_HOME=" << (place.base() / "config").string()
      << " XDG_CACHE_HOME=" << (place.base() / "cache").string()
      << " TMPDIR=" << (place.base() / "tmp").string();
  if (const char* lanes = std::getenv("TEST_LANES"))
    out << " RAYD_LANES=" << lanes;
  out << '\n';
}

// ssh looks for its files in the user's real home, whatever HOME says: the
// user's own are left alone by a program ssh that names others.
void ssh_server::write_client(const std::vector<std::string>& hosts) {
  const auto key = text_of(folder_ / "host_key.pub");
  std::ofstream known{folder_ / "known_hosts"};
  for (const auto& host : hosts)
    known << '[' << host << "]:" << port_ << ' ' << key;
  std::ofstream{folder_ / "config"}
    << "UserKnownHostsFile " << (folder_ / "known_hosts").string() << '\n'
    << "GlobalKnownHostsFile /dev/null\nStrictHostKeyChecking yes\n"
       "IdentityAgent none\n";
  fs::create_directory(folder_ / "bin");
  const auto program = folder_ / "bin/ssh";
  std::ofstream{program} << "#!/bin/sh\n"
                         << "echo \"$*\" >>" << (folder_ / "calls").string()
                         << "\nexec " << client_program << " -F "
                         << (folder_ / "config").string() << " \"$@\"\n";
  fs::permissions(program, fs::perms::owner_all);
}

std::map<std::string, std::string> ssh_server::environment() const {
  const char* path = std::getenv("PATH");
  return {{"PATH", (folder_ / "bin").string() + ":"
                     + (path == nullptr ? "/usr/bin:/bin" : path)}};
}

std::string ssh_server::calls() const {
  return text_of(folder_ / "calls");
}

} // namespace rayd::testing
