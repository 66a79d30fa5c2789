// Loads a library of tasks by the name given, as a plug-in: only nodes that
// were started with --load know it, for main() does not run in workers.
#include <ray/ray.hpp>

#include <dlfcn.h>

#include <cstdio>

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);
  void* library = argc > 1 ? ::dlopen(argv[1], RTLD_NOW) : nullptr;
  if (library == nullptr)
    return 1;
  const auto submit = reinterpret_cast<ray::object_ref<int> (*)(int)>(
    ::dlsym(library, "submit_triple"));
  try {
    std::printf("%d\n", ray::get(submit(14)));
  } catch (const ray::error& problem) {
    std::printf("failed: %s\n", problem.message().c_str());
  }
}
