#include <ray/ray.hpp>

int triple(int x) {
  return 3 * x;
}

extern "C" ray::object_ref<int> submit_triple(int x) {
  return ray::remote<triple>(x);
}
