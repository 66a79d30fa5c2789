#include "catch.hpp"

#include "stand_in.hpp"

#include <fstream>

using namespace rayd;

namespace {

struct ended_cluster : command_line {
  ended_cluster() {
    let_read_logs();
    add("1", 1, "old", {"node.log"});
    add("2", 2, "new", {"node.log", "worker-j1-10.log", "worker-j1-2.log",
                        "worker-j1-2.log.1", "worker-j2-3.log", "else.log"});
    add("3", 3, "new", {"node.log", "worker-j1-1.log"});
  }

  void add(const std::string& name, std::int64_t started,
           const std::string& cluster, const std::vector<std::string>& files) {
    auto made = add_session("20260314-15092" + name + "-1-head",
                            {2'000'000'000, 1}, node_role::head, started);
    made.record.state = "ended";
    made.record.cluster_id = cluster;
    REQUIRE(write_record(made));
    std::filesystem::create_directories(made.log_folder());
    for (const auto& file : files)
      std::ofstream{made.log_folder() / file} << "x\n";
  }
};

} // namespace

TEST_CASE_METHOD(ended_cluster, "rayd logs lists what the last cluster left",
                 "[logs]") {
  REQUIRE(run({"logs"}) == 0);
  const auto list = out.str();
  CHECK(list.find("n1 ") == std::string::npos);
  const auto at = [&](const char* text) { return list.find(text); };
  CHECK(at("\nnode ") < at("\nworker  n2:j1-2 "));
  CHECK(at("\nworker  n2:j1-2 ") < at("\nworker  n2:j2-3 "));
  CHECK(at("\nworker  n2:j2-3 ") < at("\nworker  n2:j1-10 "));
  CHECK(at("\nworker  n2:j1-10 ") < at("\nworker  n3:j1-1 "));
  CHECK(at("n3:j1-1 ") != std::string::npos);
  CHECK(at("else.log") == std::string::npos);
}

TEST_CASE_METHOD(ended_cluster, "rayd logs shows one of them, or a job's",
                 "[logs]") {
  CHECK(run({"logs", "worker", "n2:j1-2", "--tail=7"}) == 0);
  CHECK(out.str() == "worker-j1-2.log 7\n");
  CHECK(run({"logs", "node", "n3"}) == 0);
  CHECK(out.str() == "node.log\n");
  CHECK(run({"logs", "job", "j1"}) == 0);
  CHECK(out.str()
        == "==> worker n2:j1-2 <==\nworker-j1-2.log\n"
           "==> worker n2:j1-10 <==\nworker-j1-10.log\n"
           "==> worker n3:j1-1 <==\nworker-j1-1.log\n");
}

TEST_CASE_METHOD(ended_cluster, "what an ended cluster does not know is told",
                 "[logs]") {
  CHECK(run({"logs", "worker", "n2:j1-9"}) == 1);
  CHECK(talk.str().find("left no log of worker \"n2:j1-9\"")
        != std::string::npos);
  CHECK(run({"logs", "task", "12"}) == 3);
  CHECK(talk.str().find("only a running one knows") != std::string::npos);
  std::filesystem::remove_all(base);
  CHECK(run({"logs"}) == 3);
  CHECK(talk.str().find("none that ended left logs") != std::string::npos);
}
