#include "catch.hpp"
#include "fake_runtime.hpp"

#include <ray/ray.hpp>

#include <numeric>
#include <thread>

using namespace std::chrono_literals;

namespace {

int square(int x) {
  return x * x;
}
int quick(int x) noexcept {
  return x + 1;
}
std::string text(std::string_view a, const std::string& b, std::string&& c) {
  return std::string{a} + b + c;
}
void nothing() {}
double overloaded(double x) {
  return x / 2;
}
int overloaded(int x) {
  return x / 2;
}
template <class T>
T scale(T x) {
  return 2 * x;
}
std::size_t count_refs(std::vector<ray::object_ref<int>> refs) {
  return refs.size();
}
int inner(ray::object_ref<int> ref) {
  return ray::get(ref) + 1;
}
ray::object_ref<int> makes_ref(int x) {
  return ray::remote<square>(x);
}
std::size_t length(const std::vector<double>& xs) {
  return xs.size();
}
std::vector<double> zeros(std::size_t n) {
  return std::vector<double>(n);
}
double sum(std::span<const double> xs) {
  return std::accumulate(xs.begin(), xs.end(), 0.0);
}
double first(ray::array<double> xs) {
  return xs[0];
}
ray::array<int> ramp(std::size_t n) {
  return ray::array<int>::make(n, [](std::span<int> xs) {
    std::iota(xs.begin(), xs.end(), 0);
  });
}
ray::array<int> same(const ray::array<int>& xs) {
  return xs;
}

} // namespace

TEST_CASE("functions of every kind run remotely", "[tasks]") {
  fake_session fx;
  CHECK(ray::get(ray::remote<square>(7)) == 49);
  CHECK(ray::get(ray::remote<&square>(7)) == 49);
  CHECK(ray::get(ray::remote<quick>(1)) == 2);
  CHECK(ray::get(ray::remote<text>("a", "b", std::string("c"))) == "abc");
  ray::get(ray::remote<nothing>());
  CHECK(ray::get(ray::remote<static_cast<double (*)(double)>(overloaded)>(3))
        == 1.5);
  CHECK(ray::get(ray::remote<static_cast<int (*)(int)>(overloaded)>(3)) == 1);
  CHECK(ray::get(ray::remote<scale<double>>(1.5)) == 3);
  CHECK(ray::get(ray::remote<[](int x) { return 3 * x; }>(5)) == 15);
  CHECK(ray::get(ray::remote<square>({.name = "braced"}, 3)) == 9);
}

TEST_CASE("each function has a key of its own", "[tasks]") {
  using namespace ray::detail;
  const auto a = task_function<square>::entry.key();
  const auto b = task_function<quick>::entry.key();
  const auto c = task_function<scale<double>>::entry.key();
  CHECK(a != b);
  CHECK(b != c);
  CHECK(a.module == b.module);
  CHECK(a.module != 0);
  CHECK(function_table::find(a) == &task_function<square>::entry);
  CHECK(function_table::find(c) == &task_function<scale<double>>::entry);
  CHECK(function_table::find({a.module, a.offset + 1}) == nullptr);
  CHECK(function_table::find({a.module + 1, a.offset}) == nullptr);
  CHECK(task_function<square>::entry.name().find("square")
        != std::string_view::npos);
}

TEST_CASE("refs are dependencies or refs, as the parameter says", "[tasks]") {
  fake_session fx;
  const auto nine = ray::remote<square>(3);
  CHECK(ray::get(ray::remote<square>(nine)) == 81);
  CHECK(fx.process->last_dependencies == 1);
  CHECK(ray::get(ray::remote<inner>(nine)) == 10);
  CHECK(fx.process->last_dependencies == 0);
  CHECK(ray::get(ray::remote<count_refs>(std::vector{nine, nine})) == 2);
  CHECK(ray::get(ray::get(ray::remote<makes_ref>(4))) == 16);
  const auto chain = ray::remote<makes_ref>(ray::remote<square>(2));
  CHECK(ray::get(ray::get(chain)) == 16);
  CHECK_THROWS_AS(ray::remote<square>(ray::object_ref<int>{}),
                  ray::object_lost);
}

TEST_CASE("large arguments and results go through the store", "[tasks]") {
  fake_session fx;
  const std::vector<double> large(100'000, 1.0);
  CHECK(ray::get(ray::remote<length>(large)) == large.size());
  CHECK(fx.process->last_dependencies == 1);
  CHECK(fx.process->last_argument_bytes < 100);
  const auto before = fx.process->reserved;
  CHECK(ray::get(ray::remote<zeros>(10u)).size() == 10);
  CHECK(fx.process->reserved == before);
  CHECK(ray::get(ray::remote<zeros>(100'000u)).size() == 100'000);
  CHECK(fx.process->reserved == before + 1);
  fx.process->store_limit = 1000;
  CHECK_THROWS_AS(ray::get(ray::remote<zeros>(100'000u)),
                  ray::object_store_full);
  CHECK_THROWS_AS(ray::put(large), ray::object_store_full);
}

TEST_CASE("get keeps the order and takes several types", "[tasks]") {
  fake_session fx;
  std::vector<ray::object_ref<int>> refs;
  for (int i = 0; i < 5; ++i)
    refs.push_back(ray::remote<square>(i));
  CHECK(ray::get(refs) == std::vector{0, 1, 4, 9, 16});
  const auto [i, s, v] = ray::get(refs[2], ray::put(std::string{"x"}),
                                  ray::remote<nothing>());
  CHECK(i == 4);
  CHECK(s == "x");
  CHECK(v == std::monostate{});
  static_assert(
    std::is_void_v<decltype(ray::get(std::vector<ray::object_ref<void>>{}))>);
  ray::get(std::vector{ray::remote<nothing>(), ray::remote<nothing>()});
  CHECK(ray::get(ray::put("literal")) == "literal");
  CHECK_THROWS_AS(ray::get(ray::object_ref<int>{}), ray::object_lost);
}

TEST_CASE("get and wait end at their timeout", "[tasks]") {
  fake_session fx;
  const ray::object_ref<int> never{fx.process->pending()};
  const auto done = ray::remote<square>(2);
  CHECK_THROWS_AS(ray::get(never, 1ms), ray::get_timeout);
  CHECK(ray::get(done, 1h) == 4);
  CHECK(ray::get(done, std::chrono::duration<double>(1e30)) == 4);
  CHECK_THROWS_AS(ray::get(std::vector{done, never}, 1ms), ray::get_timeout);
  const auto found = ray::wait(std::vector{never, done, done});
  CHECK(found.ready == std::vector{done});
  CHECK(found.pending == std::vector{never, done});
  const auto late = ray::wait(std::vector{never, done}, 2, 1ms);
  CHECK(late.ready == std::vector{done});
  CHECK(late.pending == std::vector{never});
  CHECK(ray::wait(std::vector{done}, 7).ready.size() == 1);
}

TEST_CASE("arrays share memory instead of copying it", "[tasks]") {
  fake_session fx;
  {
    const auto xs = ray::array<double>::make(4, [](std::span<double> to) {
      std::iota(to.begin(), to.end(), 1.0);
    });
    CHECK(fx.process->live_objects() == 0);
    const auto ref = ray::put(xs);
    CHECK(ray::put(xs) == ref);
    const auto back = ray::get(ref);
    CHECK(back.data() == xs.data());
    CHECK(back.size() == 4);
    CHECK(reinterpret_cast<std::uintptr_t>(back.data()) % 64 == 0);
    CHECK(ray::get(ray::remote<sum>(ref)) == 10);
    CHECK(ray::get(ray::remote<sum>(xs)) == 10);
    CHECK(ray::get(ray::remote<sum>(std::vector<double>{1, 2})) == 3);
    CHECK(ray::get(ray::remote<first>(ref)) == 1);
    const auto in_vector = ray::get(ray::put(std::vector{xs, xs}));
    CHECK(in_vector[1].data() == xs.data());
  }
  CHECK(fx.process->live_objects() == 0);
}

TEST_CASE("an array returned by a task is its result in place", "[tasks]") {
  fake_session fx;
  {
    const auto made = ray::remote<ramp>(1000u);
    CHECK(fx.process->reserved == 1);
    const auto xs = ray::get(made);
    CHECK(xs[999] == 999);
    const auto kept = ray::get(ray::remote<same>(made));
    CHECK(kept.data() == xs.data());
    CHECK(ray::get(ray::put(ray::array<int>{})).empty());
    CHECK_THROWS_AS(
      ray::get(ray::object_ref<ray::array<double>>{made.handle()}),
      ray::wrong_type);
    CHECK_THROWS_AS(
      ray::get(ray::object_ref<ray::array<int>>{ray::put(5).handle()}),
      ray::wrong_type);
  }
  CHECK(fx.process->live_objects() == 0);
}

TEST_CASE("copies of a ref are counted in the process only", "[tasks]") {
  fake_session fx;
  {
    const auto ref = ray::put(1);
    const std::vector<ray::object_ref<int>> copies(100'000, ref);
    std::thread other{[copies] { CHECK(copies.size() == 100'000); }};
    other.join();
    CHECK(fx.process->live_objects() == 1);
    CHECK(ray::get(copies.back()) == 1);
  }
  CHECK(fx.process->live_objects() == 0);
}
