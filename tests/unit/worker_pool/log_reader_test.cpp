#include "catch.hpp"

#include "worker_pool/log_file.hpp"
#include "worker_pool/log_reader.hpp"

#include <unistd.h>

#include <filesystem>

using namespace rayd;

namespace {

/// A log of 3 parts of 10 bytes each.
struct written_log {
  written_log() {
    char name[] = "/tmp/rayd-log-reader-XXXXXX";
    folder = ::mkdtemp(name);
  }
  ~written_log() { std::filesystem::remove_all(folder); }

  log_extent write(const std::string& text) {
    auto log = log_file::create(folder / "w.log", {10, 3});
    REQUIRE(log);
    REQUIRE(log->write(text));
    return log->extent();
  }

  std::filesystem::path folder;
};

} // namespace

TEST_CASE("a log is read page by page, over its parts", "[log_reader]") {
  written_log made;
  const auto log = made.write("line 1\nline 2\nline 3\nlast");
  CHECK(log.written == 25);
  log_wish wish;
  wish.limit = 16;
  auto page = read_page(log, wish);
  CHECK(page.text == "line 1\nline 2\n");
  CHECK(page.more);
  wish.offset = page.next;
  page = read_page(log, wish);
  CHECK(page.text == "line 3\nlast");
  CHECK_FALSE(page.more);
  CHECK(page.next == 25);
  wish.offset = 1000;
  page = read_page(log, wish);
  CHECK(page.text.empty());
  CHECK(page.next == 25);
}

TEST_CASE("what the oldest parts held is passed over", "[log_reader]") {
  written_log made;
  const auto log
    = made.write("0123456789abcdefghi\n0123456789ABCDEFGHI\nzz\n");
  CHECK(log.written == 43);
  CHECK(log.kept == 23);
  const auto page = read_page(log, {});
  CHECK(page.text == "0123456789ABCDEFGHI\nzz\n");
}

TEST_CASE("the last lines are found from the end", "[log_reader]") {
  written_log made;
  const auto log = made.write("a\nb\nc\nd\ne\nf\n");
  log_wish wish;
  wish.tail = 2;
  auto page = read_page(log, wish);
  CHECK(page.text == "e\nf\n");
  CHECK(page.next == 12);
  wish.tail = 0;
  CHECK(read_page(log, wish).text.empty());
  wish.tail = 100;
  CHECK(read_page(log, wish).text == "a\nb\nc\nd\ne\nf\n");
}

TEST_CASE("a log that is gone is empty", "[log_reader]") {
  const auto page = read_page({"/nowhere/w.log", 100, 100, 10}, {});
  CHECK(page.text.empty());
  CHECK_FALSE(page.more);
}

TEST_CASE("a log of which only files are left is read whole, or its end",
          "[log_reader]") {
  written_log made;
  const auto path = made.write("line 1\nline 2\nline 3\nlast").path;
  const auto read = [&](std::optional<std::uint64_t> tail) {
    std::string all;
    read_ended_log(path, tail, [&](const std::string& text) { all += text; });
    return all;
  };
  CHECK(read(std::nullopt) == "line 1\nline 2\nline 3\nlast");
  CHECK(read(2) == "line 3\nlast");
  made.write("short\n");
  std::filesystem::remove(path + ".1");
  CHECK(read(std::nullopt) == "short\n");
  std::filesystem::remove(path);
  CHECK(read(std::nullopt).empty());
}
