#pragma once

#include "transport/owned_fd.hpp"
#include "wire/worker_messages.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rayd {

/// A program that this node can execute.
struct located_program {
  std::string path;
  /// Executed instead of the path when that names another file by now.
  std::shared_ptr<const owned_fd> file;
  std::string libraries; ///< Folder of its shipped libraries; "": none.
};

// Where the programs of jobs are. The home of a job (the node of its driver)
// keeps the driver's own file open, so that workers run what the driver runs
// although the file was built anew meanwhile. Another node takes the file of
// the same path when size and time are the same (the machine of the home, or
// one kept alike), else a copy that object_transfer brings from the home.
class program_table {
public:
  /// A driver attached here. *description*: see worker_pool.hpp.
  void begin(job_number job, const std::string& description);
  void end(job_number job);

  /// A copy came.
  void add(const program_fetched& copy);

  /// Nothing: it has to be fetched from the job's home.
  std::optional<located_program> find(const start_worker_process& wanted) const;

  /// What other nodes may read of a job whose driver is here.
  program_files files(job_number job) const;

private:
  struct entry {
    std::string path;
    std::shared_ptr<const owned_fd> file;
    std::vector<std::string> libraries;
  };

  std::map<job_number, entry> own_;
  std::map<job_number, located_program> copies_;
};

/// "was ended by signal 11 (SIGSEGV)", "exited with 3": from waitpid.
std::string describe_exit(int wait_status);

} // namespace rayd
