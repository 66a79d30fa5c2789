// rayd submit: a program as a job of a cluster that runs.

#include "system/processes.hpp"

#include "catch.hpp"

#include <csignal>
#include <fstream>

using namespace rayd::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// A program that is a script of *place*.
std::string write_script(const cluster& place, const std::string& body) {
  const auto file = place.base() / "script";
  std::ofstream{file} << "#!/bin/sh\n" << body;
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  return file.string();
}

} // namespace

TEST_CASE("submit runs a program on the cluster and names the job") {
  cluster place;
  place.start_head({"--num-cpus=12"});
  const auto squares = program_path("squares").string();
  const auto done = place.rayd({"submit", "--job-name=first", "--", squares});
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
  CHECK(done.out.starts_with("0 1 4 9 16 25 36 49 64 81 \n"));
  CHECK_THAT(done.err,
             Contains("job first runs on the cluster at " + place.address()));
  // The head alone ran it, and knows the job by its name.
  CHECK(place.nodes().size() == 1);
  const auto dump = place.rayd({"dump"});
  CHECK_THAT(dump.out, Contains("\"first\""));

  const auto by_address
    = place.rayd({"submit", "--address=" + place.address(), "--", squares});
  INFO(to_string(by_address));
  CHECK(by_address.exit_code == 0);
  CHECK_THAT(by_address.err, Contains("job squares runs"));
  CHECK_THAT(place.rayd({"dump"}).out, Contains("\"squares\""));
}

TEST_CASE("submit gives the program's exit code, words and environment") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  const auto script = write_script(
    place, "echo \"$RAY_ADDRESS $RAY_JOB_NAME $# $2\"; exit 42\n");
  const auto done
    = place.rayd({"submit", "--", script, "--address=x", "a b", "--"});
  INFO(to_string(done));
  CHECK(done.exit_code == 42);
  CHECK(done.out == "auto script 3 a b\n");
  const auto there = place.rayd({"submit", "--address=far:7", "--", script});
  CHECK(there.out == "far:7 script 0 \n");
}

TEST_CASE("signals reach the program that submit runs") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  const auto script
    = write_script(place, "trap 'echo caught; exit 7' TERM\necho ready\n"
                          "while :; do sleep 0.05; done\n");
  running job{place.program("rayd", {"submit", "--", script})};
  REQUIRE(job.wait_for_output("ready", 10s));
  job.signal(SIGTERM);
  const auto done = job.wait(10s);
  INFO(to_string(done));
  CHECK(done.exit_code == 7);
  CHECK_THAT(done.out, Contains("caught"));
}

TEST_CASE("submit says why a program cannot be run") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  const auto missing = place.rayd({"submit", "--", "no-such-program"});
  CHECK(missing.exit_code == 1);
  CHECK(missing.err
        == "rayd: there is no program no-such-program on PATH: "
           "give its path, such as ./no-such-program\n");
  const auto nowhere = place.rayd({"submit", "--", "/none/prog"});
  CHECK(nowhere.exit_code == 1);
  CHECK_THAT(nowhere.err, Contains("there is no program /none/prog"));
  const auto plain = place.base() / "plain";
  std::ofstream{plain} << "x";
  const auto refused = place.rayd({"submit", "--", plain.string()});
  INFO(to_string(refused));
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err,
             Contains(plain.string() + " cannot be run: Permission denied"));
  const auto folder = place.rayd({"submit", "--", place.base().string()});
  CHECK(folder.exit_code == 1);
  CHECK_THAT(folder.err, Contains(" cannot be run: Is a directory"));
}

TEST_CASE("submit and programs find sessions where RAYD_SESSION_DIR says") {
  cluster place;
  const auto base = (place.base() / "rayd").string();
  const std::map<std::string, std::string> moved{
    {"XDG_STATE_HOME", (place.base() / "tmp").string()},
    {"RAYD_SESSION_DIR", base}};
  place.start_head({"--num-cpus=12"});
  const auto done = run(place.program(
    "rayd", {"submit", "--", program_path("squares").string()}, moved));
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
}
