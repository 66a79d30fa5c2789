// The node wants an object's place back: given at once, or when the last view
// has gone; the next get asks the node again.

#include "fake_node.hpp"

#include "catch.hpp"

#include <cstring>
#include <thread>

using namespace rayd;
using ray::detail::no_deadline;

namespace {

struct giving_back : fake_node {
  giving_back() {
    log->handle = [this](lane_record& x) { return give_space(x); };
    driver = attach_driver();
    REQUIRE(driver);
  }
  ~giving_back() { driver->end(); }

  ray::detail::object_handle put(char fill) {
    const auto room = driver->reserve(1 << 20);
    std::memset(room->bytes.data(), fill, room->bytes.size());
    return driver->seal(room, {});
  }

  ray::detail::stored_value get(const ray::detail::object_handle& object) {
    return driver->get({&object, 1}, no_deadline).at(0);
  }

  std::shared_ptr<client> driver;
};

} // namespace

TEST_CASE_METHOD(giving_back, "an object that nobody views is given back",
                 "[driver]") {
  const auto object = put('a');
  send({give_back_places{5, {object.id()}}});
  const auto given = log->take_next<places_given_back>();
  CHECK(given.serial == 5);
  CHECK(given.ids == std::vector{object.id()});
  // Its place is forgotten: it is asked for, and lies elsewhere now.
  std::thread reader{[&] {
    const auto value = get(object);
    CHECK(value.bytes.size() == 3);
    CHECK(static_cast<char>(value.bytes[0]) == 'b');
  }};
  CHECK(log->take_next<want_objects>().ids == std::vector{object.id()});
  const auto moved = place(3);
  std::memset((*arena_view::open(::dup(arena->readonly_fd()),
                                 ::dup(arena->writable_fd())))
                ->fill(moved)
                ->data(),
              'b', 3);
  send({object_ready{object.id(),
                     {object_value::kind::stored, {}, moved, {}}}});
  reader.join();
}

TEST_CASE_METHOD(giving_back, "a viewed object stays until the view goes",
                 "[driver]") {
  const auto object = put('a');
  auto value = get(object);
  auto copy = value;
  send({give_back_places{6, {object.id()}}});
  const auto kept = log->take_next<places_kept>();
  CHECK(kept.serial == 6);
  CHECK(kept.ids == std::vector{object.id()});
  // Others may look at it, too.
  CHECK(static_cast<char>(get(object).bytes[7]) == 'a');
  value = {};
  CHECK(static_cast<char>(copy.bytes[7]) == 'a');
  copy = {};
  const auto given = log->take_next<places_given_back>();
  CHECK(given.serial == 0);
  CHECK(given.ids == std::vector{object.id()});
}

TEST_CASE_METHOD(giving_back, "what is unknown here is given back",
                 "[driver]") {
  const auto stranger = child_id(root_id(1, 7), 99, 1, 7);
  send({give_back_places{7, {stranger}}});
  CHECK(log->take_next<places_given_back>().ids == std::vector{stranger});
}

TEST_CASE_METHOD(giving_back, "an argument in use is kept", "[driver]") {
  const auto id = child_id(root_id(1, 7), 50, 1, 7);
  auto argument = driver->value_of(
    id, {object_value::kind::stored, {}, place(100), {}}, nullptr);
  send({give_back_places{8, {id}}});
  CHECK(log->take_next<places_kept>().ids == std::vector{id});
  argument = {};
  CHECK(log->take_next<places_given_back>().ids == std::vector{id});
}

TEST_CASE_METHOD(giving_back, "gets and give-backs at one time agree",
                 "[driver]") {
  const auto object = put('a');
  const auto where = log->take_next<seal_object_room>().where;
  std::atomic<bool> done{false};
  log->handle = [&](lane_record& x) {
    if (std::get_if<want_objects>(&x))
      send({object_ready{object.id(),
                         {object_value::kind::stored, {}, where, {}}}});
    return true;
  };
  std::thread asking{[&] {
    for (std::uint64_t i = 1; !done; ++i) {
      send({give_back_places{i, {object.id()}}});
      std::this_thread::yield();
    }
  }};
  int wrong = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto value = get(object);
    if (value.what != ray::detail::stored_value::kind::value
        || value.bytes.size() != 1 << 20
        || static_cast<char>(value.bytes[5]) != 'a')
      ++wrong;
  }
  done = true;
  asking.join();
  CHECK(wrong == 0);
}

TEST_CASE_METHOD(giving_back, "a get that found no room may be tried again",
                 "[driver]") {
  const auto object = driver->retain(child_id(root_id(1, 7), 60, 1, 7));
  std::vector<object_value> answers{
    {object_value::kind::failed, "full", {not_here, 0}, {}},
    {object_value::kind::stored, {}, place(100), {}}};
  log->handle = [&](lane_record& x) {
    if (!std::get_if<want_objects>(&x))
      return false;
    send({object_ready{object.id(), answers.front()}});
    answers.erase(answers.begin());
    return true;
  };
  CHECK(get(object).what == ray::detail::stored_value::kind::failure);
  auto value = get(object);
  CHECK(value.what == ray::detail::stored_value::kind::value);
  CHECK(value.bytes.size() == 100);
  // Now it is one as others.
  send({give_back_places{9, {object.id()}}});
  CHECK(log->take_next<places_kept>().ids == std::vector{object.id()});
}
