// A chat room, written for CAF, turned into a Ray actor. Nothing in the room
// knows of rayd; it runs in a process of its own, on any node, and members are
// tasks, this program, and ordinary CAF actors.
#include <ray/caf.hpp>
#include <ray/ray.hpp>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <fmt/core.h>

#include <chrono>
#include <string>
#include <vector>

using join_atom = caf::atom_constant<caf::atom("join")>;
using say_atom = caf::atom_constant<caf::atom("say")>;
using read_atom = caf::atom_constant<caf::atom("read")>;
using lines = std::vector<std::string>;

// -- the room: CAF only -------------------------------------------------------

struct room_state {
  lines said;
  int members = 0;
};

caf::behavior chat_room(caf::stateful_actor<room_state>* self,
                        const std::string& topic) {
  self->state.said.push_back("-- " + topic);
  return {
    [=](join_atom, const std::string& name) {
      self->state.said.push_back(name + " joins");
      return ++self->state.members;
    },
    [=](say_atom, const std::string& name, const std::string& text) {
      self->state.said.push_back(name + ": " + text);
    },
    [=](read_atom) { return self->state.said; },
  };
}

// -- its members --------------------------------------------------------------

// A task: the room's handle is an argument like any other.
int visit(ray::behavior_actor<chat_room> room, const std::string& name) {
  const int place = ray::get(room.request<int>(join_atom::value, name));
  room.tell(say_atom::value, name, fmt::format("I am number {}", place));
  return place;
}

// An ordinary CAF actor in this process; to it the room is a caf::actor.
caf::behavior guest(caf::event_based_actor* self, const caf::actor& room) {
  using namespace std::chrono_literals;
  self->request(room, 5s, join_atom::value, "guest").then([=](int place) {
    self
      ->request(room, 5s, say_atom::value, "guest",
                fmt::format("I am number {}", place))
      .then([=] { self->quit(); });
  });
  return {[](say_atom) {}};
}

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);
  auto room = ray::spawn<chat_room>(ray::with{.name = "lobby"}, "actors");

  ray::get(ray::remote<visit>(room, "ada"));

  // Anyone in the cluster finds it by its name.
  auto same = ray::get_actor<chat_room>("lobby");
  ray::get(ray::remote<visit>(same, "bob"));

  auto& system = session.system();
  caf::scoped_actor self{system};
  self->wait_for(system.spawn(guest, room.handle()));

  room.tell(say_atom::value, "host", "good night");
  for (const auto& line : ray::get(room.request<lines>(read_atom::value)))
    fmt::print("{}\n", line);
}
