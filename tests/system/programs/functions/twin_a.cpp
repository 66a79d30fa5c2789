#include "parts.hpp"

namespace {

std::string twin(int x) {
  return "a " + std::to_string(x);
}

} // namespace

ray::object_ref<std::string> call_twin_a(int x) {
  return ray::remote<twin>(x);
}
