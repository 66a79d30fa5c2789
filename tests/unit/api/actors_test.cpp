#include "catch.hpp"
#include "fake_runtime.hpp"

#include <ray/ray.hpp>

namespace {

class base {
public:
  int inherited() const { return 8; }
};

class counter : public base {
public:
  counter() = default;
  explicit counter(int first) : count_(first) {}
  counter(const std::string& text, const std::vector<int>& more)
    : count_(static_cast<int>(text.size() + more.size())) {}
  explicit counter(ray::object_ref<int> ref) : count_(1000 + ray::get(ref)) {}

  int add(int by) { return count_ += by; }
  int get() const { return count_; }
  const int& reference() const noexcept { return count_; }
  void fail() { throw std::invalid_argument("no"); }
  int twice(int x) { return 2 * x; }
  double twice(double x) { return 2 * x; }

private:
  int count_ = 0;
};

struct holder {
  explicit holder(int x) : value(x) {}
  int read() const { return value; }
  int value;
};

struct broken {
  broken() { throw std::runtime_error("cannot be made"); }
  int get() const { return 0; }
};

int ask(ray::actor<counter> who) {
  return ray::get(who.call<&counter::add>(10));
}

} // namespace

TEST_CASE("methods run on the actor's object", "[actors]") {
  fake_session fx;
  {
    const auto c = ray::spawn<counter>(5);
    CHECK(ray::get(c.call<&counter::add>(2)) == 7);
    CHECK(ray::get(c.call<&counter::get>()) == 7);
    CHECK(ray::get(c.call<&counter::reference>()) == 7);
    CHECK(ray::get(c.call<&counter::inherited>()) == 8);
    CHECK(
      ray::get(
        c.call<static_cast<double (counter::*)(double)>(&counter::twice)>(1.5))
      == 3.0);
    CHECK(ray::get(c.call<&counter::add>(ray::put(1))) == 8);
    CHECK_THROWS_AS(ray::get(c.call<&counter::fail>()), std::invalid_argument);
    CHECK(ray::get(c.call<&counter::get>()) == 8);
    CHECK(ray::get(ray::remote<ask>(c)) == 18);
  }
  CHECK(fx.process->live_objects() == 0);
}

TEST_CASE("constructors take values, text and refs", "[actors]") {
  fake_session fx;
  const auto text = ray::spawn<counter>("four", std::vector{1, 2});
  CHECK(ray::get(text.call<&counter::get>()) == 6);
  const auto ref = ray::spawn<counter>(ray::put(3));
  CHECK(ray::get(ref.call<&counter::get>()) == 1003); // It takes refs.
  const auto value = ray::spawn<holder>(ray::put(3));
  CHECK(ray::get(value.call<&holder::read>()) == 3);
  const auto named = ray::spawn<counter>(ray::with{.name = "c"});
  CHECK(ray::get(named.call<&counter::get>()) == 0);
}

TEST_CASE("calls on no actor or a dead one are refused", "[actors]") {
  fake_session fx;
  const ray::actor<counter> none;
  CHECK_THROWS_AS(none.call<&counter::get>(), ray::no_such_actor);
  const auto c = ray::spawn<counter>();
  ray::kill(c);
  CHECK_THROWS_AS(ray::get(c.call<&counter::get>()), ray::actor_died);
  const auto b = ray::spawn<broken>();
  CHECK_THROWS_AS(ray::get(b.call<&broken::get>()), ray::actor_died);
}

TEST_CASE("get_actor checks the class", "[actors]") {
  fake_session fx;
  const auto c = ray::spawn<counter>(5);
  const std::string name = fx.process->last_name;
  CHECK(ray::get(ray::get_actor<counter>(name).call<&counter::get>()) == 5);
  CHECK_THROWS_AS(ray::get_actor<holder>(name), ray::wrong_type);
  CHECK_THROWS_AS(ray::get_actor<counter>("other"), ray::no_such_actor);
}
