// counter_caf.cpp: the same actor as an untouched CAF behaviour (CAF 0.17), placed and kept alive by rayd
#include <ray/ray.hpp>
#include <ray/caf.hpp>
#include <fmt/core.h>

using inc_atom = caf::atom_constant<caf::atom("inc")>;
using get_atom = caf::atom_constant<caf::atom("get")>;
struct counter_state { int count = 0; };

caf::behavior counter(caf::stateful_actor<counter_state>* self, int first) {
  self->state.count = first;
  return {
    [=](inc_atom, int by) { return self->state.count += by; },
    [=](get_atom) { return self->state.count; },
  };
}

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);
  auto hits = ray::spawn<counter>(ray::with{.name = "hits"}, 0);
  ray::object_ref<int> r = hits.request<int>(inc_atom::value, 5);
  hits.tell(inc_atom::value, 1);                      // fire and forget
  fmt::print("{} {}\n", ray::get(r), ray::get(hits.request<int>(get_atom::value)));
  caf::actor plain = hits.handle();                    // an ordinary CAF handle: self->request(plain, 1s, ...) works
}
