// Runs tasks, its own and one of its private library, on a node with resource
// "far", and prints where their program lies. With a file as argument it first
// runs one on its own node, says "ready" and waits until the file exists.
#include "part.hpp"

#include <ray/ray.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>

using namespace std::chrono_literals;

std::string program() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

#ifndef VERSION
#define VERSION 1
#endif

/// The same name in each version of this program.
std::string version() {
  return "version " + std::to_string(VERSION);
}

#if VERSION == 2
// Functions lie elsewhere in this version, and there is one more.
std::string version_twice() {
  return version() + " " + version();
}
#endif

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);
  const auto far = ray::with{.resources = {{"far", 1}}};
  if (argc > 1) {
    ray::get(ray::remote<program>());
    std::puts("ready");
    std::fflush(stdout);
    while (!std::filesystem::exists(argv[1]))
      std::this_thread::sleep_for(5ms);
  }
  const auto doubled = ray::remote<twice>(far, std::string{"ab"});
  std::printf("%s\n", ray::get(doubled).c_str());
  std::printf("%s\n", ray::get(ray::remote<program>(far)).c_str());
  std::printf("%s\n", ray::get(ray::remote<version>(far)).c_str());
#if VERSION == 2
  std::printf("%s\n", ray::get(ray::remote<version_twice>(far)).c_str());
#endif
}
