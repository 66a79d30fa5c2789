#include "parts.hpp"

int in_shared(int x) {
  return 200 + x;
}

ray::object_ref<int> call_shared(int x) {
  return ray::remote<in_shared>(x);
}
