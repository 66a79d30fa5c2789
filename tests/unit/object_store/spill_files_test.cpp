// Spill files: what is written comes back, and nothing else is believed.

#include "catch.hpp"
#include "object_store/spill_folder.hpp"
#include "object_store/spill_header.hpp"
#include "object_store/spill_ledger.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

using namespace rayd;
namespace fs = std::filesystem;

namespace {

struct spill_place {
  spill_place() { path = ::mkdtemp(path.data()); }
  ~spill_place() { fs::remove_all(path); }
  std::string path = "/tmp/rayd-test-XXXXXX";
};

const object_id object = child_id(root_id(1, 7), 3, 1, 7);

std::vector<std::byte> some_bytes(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>(i * 31 % 251);
  return bytes;
}

void change(const std::string& file, std::streamoff at) {
  std::fstream out{file, std::ios::in | std::ios::out | std::ios::binary};
  out.seekg(at);
  const auto old = static_cast<char>(out.get());
  out.seekp(at);
  out.put(static_cast<char>(old ^ 0x10));
}

} // namespace

TEST_CASE("a spill header comes back, and no other bytes are one",
          "[spill]") {
  const spill_header header{object, 12345, 0xfeed};
  const auto bytes = encode_spill_header(header);
  const auto read = parse_spill_header(bytes);
  REQUIRE(read);
  CHECK(*read == header);
  // Each bit counts.
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto other = bytes;
    other[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    CHECK_FALSE(parse_spill_header(other));
  }
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(parse_spill_header(std::span{bytes}.first(size)));
  std::mt19937_64 random{1};
  for (int i = 0; i < 100'000; ++i) {
    std::array<std::byte, 80> noise;
    for (auto& x : noise)
      x = static_cast<std::byte>(random());
    CHECK_FALSE(parse_spill_header(std::span{noise}.first(random() % 81)));
  }
}

TEST_CASE("an object goes to a file of its owner's and back", "[spill]") {
  spill_place place;
  const auto folder = place.path + "/spill";
  auto opened = spill_folder::open(folder);
  REQUIRE(opened);
  auto& files = **opened;
  const auto bytes = some_bytes(10'000'000);
  REQUIRE(files.write(1, object, bytes));
  struct stat info {};
  REQUIRE(::stat(folder.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
  REQUIRE(::stat((folder + "/1.spill").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  std::vector<std::byte> back(bytes.size());
  REQUIRE(files.read(1, object, back));
  CHECK(back == bytes);
  // A number is used once.
  CHECK_FALSE(files.write(1, object, bytes));
  CHECK_FALSE(spill_folder::open(folder)); // In use.
  files.remove(1);
  CHECK_FALSE(files.read(1, object, back));
  REQUIRE(files.write(2, object, bytes));
  opened->reset();
  CHECK_FALSE(fs::exists(folder));
}

TEST_CASE("a damaged spill file is refused", "[spill]") {
  spill_place place;
  auto opened = spill_folder::open(place.path + "/spill");
  REQUIRE(opened);
  auto& files = **opened;
  const auto bytes = some_bytes(5000);
  std::vector<std::byte> back(bytes.size());
  const auto file = place.path + "/spill/1.spill";
  const auto refused = [&](const char* why) {
    const auto read = files.read(1, object, back);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ray::errc::object_lost);
    INFO(read.error().message);
    CHECK(read.error().message.find(why) != std::string::npos);
    files.remove(1);
  };
  REQUIRE(files.write(1, object, bytes));
  fs::resize_file(file, 4000);
  refused("has 4000 bytes");
  REQUIRE(files.write(1, object, bytes));
  change(file, 1000);
  refused("checksum");
  REQUIRE(files.write(1, object, bytes));
  change(file, 20);
  refused("header");
  REQUIRE(files.write(1, child_id(root_id(1, 7), 4, 1, 7), bytes));
  refused("another object");
  REQUIRE(files.write(1, object, bytes));
  fs::remove(file);
  refused("No such file");
  fs::create_symlink("/etc/passwd", file);
  refused("");
}

TEST_CASE("a spill folder must be ours alone", "[spill]") {
  spill_place place;
  const auto folder = place.path + "/open";
  fs::create_directory(folder);
  ::chmod(folder.c_str(), 0755);
  CHECK_FALSE(spill_folder::open(folder));
  fs::create_directory_symlink(folder, place.path + "/link");
  CHECK_FALSE(spill_folder::open(place.path + "/link"));
  CHECK_FALSE(spill_folder::open(place.path + "/none/of/it"));
  // What a dead node left there goes.
  ::chmod(folder.c_str(), 0700);
  std::ofstream{folder + "/7.spill"} << "old";
  auto opened = spill_folder::open(folder);
  REQUIRE(opened);
  CHECK_FALSE(fs::exists(folder + "/7.spill"));
}

TEST_CASE("the spill ledger counts bytes and forgets late answers",
          "[spill]") {
  spill_ledger files{1000};
  const auto first = files.begin_write(object, 600);
  REQUIRE(first);
  CHECK_FALSE(files.begin_write(object, 600)); // It has a file.
  const auto other = child_id(root_id(1, 7), 4, 1, 7);
  CHECK_FALSE(files.begin_write(other, 600)); // The limit.
  CHECK_FALSE(files.begin_write(other, ~std::uint64_t{0}));
  CHECK(files.bytes() == 600);
  CHECK_FALSE(files.forget(object)); // It is written just now.
  CHECK(files.bytes() == 0);
  CHECK_FALSE(files.written(object, *first, true));
  const auto second = files.begin_write(object, 600);
  REQUIRE(second);
  CHECK(*second != *first);
  CHECK_FALSE(files.written(object, *first, true)); // Late.
  CHECK(files.written(object, *second, true));
  CHECK(files.begin_read(object) == *second);
  CHECK_FALSE(files.forget(object)); // It is read just now.
  CHECK(files.read_over(object, *second) == false);
  CHECK_FALSE(files.read_over(object, *first));
  CHECK(files.forget(object) == *second);
  CHECK(files.files() == 0);
  CHECK(files.bytes() == 0);
}
