#include "parts.hpp"

namespace {

std::string twin(int x) {
  return "b " + std::to_string(x);
}

} // namespace

ray::object_ref<std::string> call_twin_b(int x) {
  return ray::remote<twin>(x);
}
