#include "catch.hpp"

#include "cli/project_files.hpp"
#include "stand_in.hpp"

#include <fstream>
#include <iterator>

using namespace rayd;

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("new makes the files of a project", "[new]") {
  command_line shell;
  auto folder = shell.base / "deep/my project/";
  CHECK(shell.run({"new", folder.string()}) == 0);
  auto lists = text_of(folder / "CMakeLists.txt");
  CHECK(lists.find("project(my_project ") != std::string::npos);
  CHECK(lists.find("find_package(rayd REQUIRED)") != std::string::npos);
  CHECK(lists.find('@') == std::string::npos);
  CHECK(text_of(folder / "main.cpp").find("ray::spawn") != std::string::npos);
  CHECK(text_of(folder / "README.md").find("./build/my_project")
        != std::string::npos);
  CHECK(shell.out.str().find("made ") == 0);
}

TEST_CASE("new says where the rayd is that made the project", "[new]") {
  command_line shell;
  auto package = shell.base / "prefix/lib/cmake/rayd";
  std::filesystem::create_directories(package);
  std::ofstream{package / "rayd-config.cmake"} << "\n";
  shell.context.executable = shell.base / "prefix/bin/rayd";
  CHECK(shell.run({"new", (shell.base / "demo").string()}) == 0);
  CHECK(text_of(shell.base / "demo/CMakeLists.txt")
          .find("find_package(rayd REQUIRED\n  HINTS \""
                + (shell.base / "prefix").string() + "\")")
        != std::string::npos);
}

TEST_CASE("new touches no folder that holds something", "[new]") {
  command_line shell;
  auto folder = shell.base / "full";
  std::filesystem::create_directories(folder);
  std::ofstream{folder / "mine"} << "x";
  CHECK(shell.run({"new", folder.string()}) == 1);
  CHECK(shell.talk.str()
        == "rayd: " + folder.string()
             + " is not empty: give the name of a new "
               "folder\n");
  CHECK_FALSE(std::filesystem::exists(folder / "main.cpp"));
  CHECK(shell.run({"new", (folder / "mine").string()}) == 1);
  CHECK(shell.talk.str().find("is no folder") != std::string::npos);
  CHECK(text_of(folder / "mine") == "x");
  CHECK(shell.run({"new"}) == 2);
  CHECK(shell.run({"new", "a", "b"}) == 2);
  CHECK(shell.run({"new", "--force", "a"}) == 2);
}

TEST_CASE("a project's name suits CMake", "[new]") {
  CHECK(project_name("demo-2") == "demo-2");
  CHECK(project_name("2nd") == "ray_2nd");
  CHECK(project_name("a b.c") == "a_b_c");
  CHECK(project_name("test") == "test_program");
  CHECK(project_name("") == "ray_");
}
