#include "cli/run_rayd.hpp"

#include "cli/commands.hpp"
#include "cli/doctor_facts.hpp"
#include "cli/microbenchmark_run.hpp"
#include "cli/table.hpp"
#include "config/launch.hpp"
#include "control_store/dump.hpp"
#include "dashboard/report_page.hpp"
#include "node/run_node.hpp"
#include "worker_pool/log_reader.hpp"

#include <cstdio>
#include <iostream>
#include <unistd.h>

namespace rayd {

void run_rayd(int argc, char** argv) {
  arguments args(argv + 1, argv + argc);
  // From here on no process list shows a secret that was given as a flag.
  scrub_arguments(argc, argv);
  command_context context{
    .out = std::cout,
    .talk = std::cerr,
    .colour = wants_colour(STDOUT_FILENO),
    .terminal = ::isatty(STDOUT_FILENO) != 0,
    .executable = own_executable(),
    .run_node = run_node,
    .dump_session = dump_session,
    .read_log = read_ended_log,
    .report_page = report_page,
    .query = query_node,
    .run_benchmark = run_benchmark,
    .inspect = inspect_machine,
  };
  int code = run_command_line(context, args);
  std::cout << std::flush;
  std::fflush(nullptr);
  ::_exit(code);
}

} // namespace rayd
