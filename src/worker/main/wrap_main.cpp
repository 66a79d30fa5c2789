#include <ray/detail/worker_main.hpp>

// Programs that link rayd::ray are linked with --wrap=main: the C library
// calls this, and __real_main is the program's own main, which a worker
// process never runs.

extern "C" {

int __real_main(int argc, char** argv, char** environment);

// Not static: the linker puts it in the place of main.
int __wrap_main(int argc, char** argv, char** environment);

int __wrap_main(int argc, char** argv, char** environment) {
  if (ray::detail::is_worker_role(argc, argv))
    ray::detail::worker_main();
  return __real_main(argc, argv, environment);
}

} // extern "C"
