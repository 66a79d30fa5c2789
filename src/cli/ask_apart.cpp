#include "cli/ask_apart.hpp"

#include "cli/cluster_view.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>

namespace rayd {

query_answer ask_apart(command_context& context, const parsed_flags& given,
                       const nlohmann::json& question) {
  int ends[2];
  const pid_t child = ::pipe2(ends, O_CLOEXEC) == 0 ? ::fork() : -1;
  if (child < 0)
    return {exit_code::failed, "rayd can start no process", false};
  if (child == 0) {
    const auto text = question.dump(-1, ' ', false,
                                    nlohmann::json::error_handler_t::replace);
    const auto said = ask_cluster(context, given, text);
    const auto all = fmt::format("{} {}", static_cast<int>(said.code),
                                 said.text);
    for (std::size_t sent = 0; sent < all.size();) {
      const auto n = ::write(ends[1], all.data() + sent, all.size() - sent);
      if (n <= 0)
        break;
      sent += static_cast<std::size_t>(n);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string all;
  char bytes[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], bytes, sizeof bytes)) > 0;)
    all.append(bytes, static_cast<std::size_t>(n));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  const auto space = all.find(' ');
  int code = 0;
  if (std::from_chars(all.data(), all.data() + all.size(), code).ec
        != std::errc{}
      || space == std::string::npos)
    return {exit_code::failed, "the process that asked the node died", false};
  return {static_cast<exit_code>(code), all.substr(space + 1), false};
}

} // namespace rayd
