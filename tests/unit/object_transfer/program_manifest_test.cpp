#include "catch.hpp"

#include "object_transfer/program_manifest.hpp"

#include <elf.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace rayd;

namespace {

namespace fs = std::filesystem;

/// A folder that goes with the test.
struct folder {
  fs::path path;

  folder() {
    std::string name = fs::temp_directory_path() / "t-rayd-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~folder() { fs::remove_all(path); }

  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream{path / name, std::ios::binary} << bytes;
    fs::permissions(path / name, fs::perms::owner_all);
    return path / name;
  }
};

std::string own_program() {
  std::ifstream in{"/proc/self/exe", std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// *text* with *instead*, as long, everywhere in the place of *what*.
std::string with(std::string text, const std::string& what,
                 const std::string& instead) {
  REQUIRE(text.find(what) != std::string::npos);
  for (auto at = text.find(what); at != std::string::npos;
       at = text.find(what, at))
    text.replace(at, what.size(), instead);
  return text;
}

const std::string hash(64, 'a');

} // namespace

TEST_CASE("a manifest comes back as it was", "[program]") {
  const program_manifest all{{{"squares", 7, hash}, {"liba.so.1", 0, hash}}};
  const auto read = parse_manifest(to_text(all));
  REQUIRE(read);
  REQUIRE(read->files.size() == 2);
  CHECK(read->files[0].name == "squares");
  CHECK(read->files[0].size == 7);
  CHECK(read->files[1].sha256 == hash);
}

TEST_CASE("manifests that would write elsewhere are refused", "[program]") {
  const auto refused = [](std::vector<program_manifest::file> files) {
    return !parse_manifest(to_text({std::move(files)}));
  };
  CHECK(refused({}));
  CHECK(refused({{"", 1, hash}}));
  CHECK(refused({{"..", 1, hash}}));
  CHECK(refused({{"../x", 1, hash}}));
  CHECK(refused({{"/etc/x", 1, hash}}));
  CHECK(refused({{"x", 1, "abc"}}));
  CHECK(refused({{"x", 1, std::string(63, 'a') + "/"}}));
  CHECK(refused({{"x", 1, hash}, {"x", 1, hash}}));
  CHECK_FALSE(parse_manifest("{\"files\":[{\"name\":\"x\",\"size\":-1}]}"));
  CHECK_FALSE(parse_manifest("[]"));
  CHECK_FALSE(parse_manifest("no json"));
}

TEST_CASE("a file is described by its content, also when it changes",
          "[program]") {
  const folder place;
  const auto path = place.write("x", "abc");
  const auto first = describe_file("name", path);
  REQUIRE(first);
  CHECK(first->name == "name");
  CHECK(first->size == 3);
  CHECK(first->sha256
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  place.write("x", "abd ");
  const auto second = describe_file("name", path);
  REQUIRE(second);
  CHECK(second->size == 4);
  CHECK(second->sha256 != first->sha256);
  CHECK_FALSE(describe_file("none", place.path / "none"));
}

TEST_CASE("what cannot run here is said before it is run", "[program]") {
  const folder place;
  const auto why = [&](const std::string& bytes) {
    const auto can = can_execute(place.write("prog", bytes), place.path);
    return can ? std::string{} : can.error().message;
  };
  const auto own = own_program();
  CHECK(why(own).empty());
  CHECK(why("#!/bin/sh\n") == "program prog is no ELF executable");
  auto other = own;
  other[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_AARCH64);
  other[offsetof(Elf64_Ehdr, e_machine) + 1] = 0;
  if (own[offsetof(Elf64_Ehdr, e_machine)] == static_cast<char>(EM_X86_64))
    CHECK(why(other).find("is made for aarch64, this node is x86-64")
          != std::string::npos);
  CHECK(why(with(own, "libfmt.so", "libfmx.so"))
          .find("needs the library libfmx.so")
        != std::string::npos);
  CHECK(why(with(own, "/ld-linux", "/xx-linux")).find("needs the loader")
        != std::string::npos);
}
