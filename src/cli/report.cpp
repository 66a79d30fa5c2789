// rayd report: the dashboard's pages as one file.

#include "cli/ask_apart.hpp"
#include "cli/cluster_view.hpp"
#include "cli/commands.hpp"
#include "cli/report_data.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <fstream>
#include <ostream>

#include <fcntl.h>
#include <unistd.h>

namespace rayd {

namespace {

/// Logs are in it, which are private: a new file is for its owner only; who
/// may read one that is there already was decided before.
bool write_private(const std::string& file, std::string_view text) {
  const int made
    = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (made < 0)
    return false;
  ::close(made);
  std::ofstream out{file, std::ios::binary};
  return static_cast<bool>((out << text).flush());
}

} // namespace

int run_report(command_context& context, const arguments& args) {
  auto flags = query_flags();
  std::erase_if(flags, [](const flag& one) { return one.name == "json"; });
  flags.push_back({"output", "FILE", "Where it goes, also -o FILE.", "o"});
  const auto given = parse_flags("report", flags, args, 0);
  if (given.help) {
    context.out << describe_flags("rayd report -o FILE [FLAGS]", flags);
    return 0;
  }
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  const auto file = given.value("output");
  if (file.empty())
    return complain(context, exit_code::usage,
                    "rayd report needs a file: rayd report -o run.html");
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto data = collect_report(
    [&](const nlohmann::json& request) {
      return ask_apart(context, given, request);
    },
    {}, std::chrono::duration_cast<std::chrono::microseconds>(now).count());
  if (data.code != exit_code::ok)
    return complain(context, data.code, data.text);
  const auto page = context.report_page(data.text);
  if (!write_private(file, page))
    return complain(context, exit_code::failed,
                    fmt::format("{} cannot be written", file));
  context.out << fmt::format("wrote {} ({} KiB): open it in a browser\n", file,
                             page.size() / 1024);
  for (const auto& one : nlohmann::json::parse(data.text)["left_out"])
    context.talk << "left out: " << one.get<std::string>() << '\n';
  return 0;
}

} // namespace rayd
