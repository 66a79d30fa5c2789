#include "cli/project_files.hpp"

#include <string_view>

namespace rayd {

namespace {

constexpr std::string_view cmake_lists = R"(cmake_minimum_required(VERSION 3.25)
project(@NAME@ LANGUAGES CXX)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

# rayd::ray carries rayd's headers and library, the C++ Actor Framework, {fmt}
# and threads.
find_package(rayd REQUIRED@HINTS@)

add_executable(@NAME@ main.cpp)
target_link_libraries(@NAME@ PRIVATE rayd::ray)
)";

constexpr std::string_view main_cpp = R"(// A task and an actor.
#include <ray/ray.hpp>

#include <fmt/core.h>

#include <vector>

// A task is a plain function. It may run in any process of the cluster, so it
// gets everything it needs as arguments and gives back a value.
int square(int x) {
  return x * x;
}

// An actor is an object that lives in a process of its own. Its methods run
// one after the other.
class running_total {
public:
  explicit running_total(int first) : total_(first) {}

  int add(int value) {
    total_ += value;
    return total_;
  }

private:
  int total_ = 0;
};

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);

  // Both return at once: what comes back are references to values to come.
  std::vector<ray::object_ref<int>> squares;
  for (int i = 1; i <= 5; ++i)
    squares.push_back(ray::remote<square>(i));

  auto total = ray::spawn<running_total>(0);
  std::vector<ray::object_ref<int>> totals;
  for (const auto& value : squares)
    // A reference where a value is expected: the call waits for the task.
    totals.push_back(total.call<&running_total::add>(value));

  for (int value : ray::get(totals))
    fmt::print("{} ", value);
  fmt::print("\n");
}
)";

constexpr std::string_view readme = R"(# @NAME@

A program for rayd: functions become tasks, objects become actors, on this
machine or on a cluster.

```sh
cmake -S . -B build && cmake --build build
./build/@NAME@
```

prints `1 5 14 30 55`. That run started a cluster of its own on this machine
and took it down at the end. The same program on a cluster that stays:

```sh
rayd start --head
RAY_ADDRESS=auto ./build/@NAME@
rayd stop
```

If CMake does not find rayd, say where it is installed:
`cmake -S . -B build -DCMAKE_PREFIX_PATH=PREFIX`.
)";

std::string replaced(std::string text, std::string_view what,
                     std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// For a text in double quotes of CMake's.
std::string quoted(std::string_view path) {
  std::string text;
  for (char c : path) {
    if (c == '"' || c == '\\' || c == '$')
      text += '\\';
    text += c;
  }
  return "\"" + text + "\"";
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

} // namespace

std::vector<project_file> project_files(const std::string& name,
                                        const std::string& prefix) {
  auto hints = prefix.empty() ? std::string{} : "\n  HINTS " + quoted(prefix);
  auto fill = [&](std::string_view text) {
    return replaced(replaced(std::string{text}, "@NAME@", name), "@HINTS@",
                    hints);
  };
  return {{"CMakeLists.txt", fill(cmake_lists)},
          {"main.cpp", fill(main_cpp)},
          {"README.md", fill(readme)}};
}

std::string project_name(const std::string& folder) {
  std::string name;
  for (char c : folder)
    name += is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'
              ? c
              : '_';
  // Targets of CMake's own may not be taken, nor one of the project's files.
  for (auto taken : {"all", "clean", "edit_cache", "help", "install", "package",
                     "rebuild_cache", "test"})
    if (name == taken)
      name += "_program";
  return name.empty() || !is_letter(name[0]) ? "ray_" + name : name;
}

} // namespace rayd
