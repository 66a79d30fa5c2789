#include "catch.hpp"

#include "worker_pool/log_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

using namespace rayd;

namespace {

struct folder {
  folder() {
    char name[] = "/tmp/rayd-log-file-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~folder() { std::filesystem::remove_all(path); }

  std::string text(const std::string& name) const {
    std::ostringstream all;
    all << std::ifstream{path / name}.rdbuf();
    return all.str();
  }

  std::filesystem::path path;
};

} // namespace

TEST_CASE("a full log becomes an older part, the oldest goes", "[log_file]") {
  const folder place;
  const log_limits limits{4, 3};
  auto log = log_file::create(place.path / "w.log", limits);
  REQUIRE(log);
  CHECK(log->write("aaaa"));
  CHECK(log->total_bytes() == 4);
  CHECK(log->write("bbbbccccdd"));
  CHECK(place.text("w.log") == "dd");
  CHECK(place.text("w.log.1") == "cccc");
  CHECK(place.text("w.log.2") == "bbbb");
  CHECK_FALSE(std::filesystem::exists(place.path / "w.log.3"));
  CHECK(log->total_bytes() == 10);
  struct stat info {};
  REQUIRE(::stat((place.path / "w.log.1").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  remove_log(log->path(), limits);
  CHECK(std::filesystem::is_empty(place.path));
}

TEST_CASE("a log of one file starts anew", "[log_file]") {
  const folder place;
  auto log = log_file::create(place.path / "w.log", {4, 1});
  REQUIRE(log);
  CHECK(log->write("aaaabb"));
  CHECK(place.text("w.log") == "bb");
  CHECK(log->total_bytes() == 2);
}

TEST_CASE("a log that cannot be made says why", "[log_file]") {
  const auto log = log_file::create("/nowhere/w.log", {});
  REQUIRE_FALSE(log);
  CHECK(log.error().message
        == "log file /nowhere/w.log cannot be made: No such file or "
           "directory");
}
