#include "parts.hpp"

int in_static(int x) {
  return 100 + x;
}

ray::object_ref<int> call_static(int x) {
  return ray::remote<in_static>(x);
}
