// Says whether a task runs in the thread that submits it.
#include <ray/ray.hpp>

#include <cstdio>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include <unistd.h>

std::pair<int, std::string> where() {
  std::ostringstream thread;
  thread << std::this_thread::get_id();
  return {::getpid(), thread.str()};
}

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);
  const bool same = ray::get(ray::remote<where>()) == where();
  std::puts(same ? "same process, same thread" : "elsewhere");
}
