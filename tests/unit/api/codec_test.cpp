#include "catch.hpp"
#include "fake_runtime.hpp"

#include <ray/detail/decoder.hpp>
#include <ray/detail/encoder.hpp>
#include <ray/ray.hpp>

#include <cmath>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <random>
#include <set>
#include <unordered_map>
#include <unordered_set>

using namespace ray::detail;
using namespace std::chrono_literals;

namespace {

enum class colour : std::uint8_t { red = 1, green = 7 };

struct point {
  double x = 0, y = 0;
  colour tint = colour::red;
  int loaded = 0;

  friend bool operator==(const point&, const point&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, point& p) {
  return f(caf::meta::type_name("point"), p.x, caf::meta::omittable(), p.y,
           p.tint, caf::meta::load_callback([&] { ++p.loaded; }));
}

struct tree {
  std::string name;
  std::vector<tree> children;

  friend bool operator==(const tree&, const tree&) = default;
};

// The style that stops at the first error.
template <class Inspector>
auto inspect(Inspector& f, tree& t) -> typename Inspector::result_type {
  if (auto err = f(t.name))
    return err;
  return f(t.children);
}

struct nothing {
  friend bool operator==(nothing, nothing) { return true; }
};

struct picky {
  int even = 0;
};

struct refusal {
  bool bad;
  explicit operator bool() const { return bad; }
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, picky& p) {
  return f(p.even,
           caf::meta::load_callback([&] { return refusal{p.even % 2 != 0}; }));
}

template <class T>
std::vector<std::byte> encoded(const T& x) {
  std::vector<std::byte> bytes(encoded_size(x));
  std::vector<object_handle> nested;
  encoder to{bytes, nested};
  to.value(x);
  REQUIRE(to.size() == bytes.size());
  return bytes;
}

template <class T>
T again(const T& x) {
  return decode<T>(encoded(x));
}

using everything = std::tuple<
  std::map<std::string, std::vector<int>>, std::optional<point>,
  std::list<std::string>, std::vector<bool>, std::variant<int, std::string>,
  std::unordered_map<int, tree>, std::array<float, 3>, std::set<long double>,
  std::pair<bool, char>, std::vector<nothing>, std::deque<point>,
  std::chrono::milliseconds, std::vector<std::vector<std::uint16_t>>>;

everything sample() {
  return {{{"a", {1, 2, 3}}, {"b", {}}},
          point{1, 2, colour::green},
          {"x", "", "a longer string than fits into itself"},
          {true, false, true, true, false, false, true, false, true},
          std::string{"text"},
          {{7, tree{"root", {tree{"leaf", {}}, tree{"other", {}}}}}},
          {1.5f, -0.0f, 3e38f},
          {1.25L, -7.5L},
          {true, 'q'},
          {nothing{}, nothing{}},
          {point{}, point{3, 4}},
          1500ms,
          {{1, 2}, {}, {65535}}};
}

} // namespace

TEST_CASE("values of every kind survive encoding", "[codec]") {
  CHECK(again(42) == 42);
  CHECK(again(std::int8_t{-1}) == -1);
  CHECK(again(true));
  CHECK(again(colour::green) == colour::green);
  CHECK(again(std::string("a\0b", 3)) == std::string("a\0b", 3));
  CHECK(again(std::u16string(u"wide")) == u"wide");
  CHECK(again(std::vector<double>{1, 2, 3}) == std::vector<double>{1, 2, 3});
  CHECK(again(std::unordered_set<int>{1, 2, 3})
        == std::unordered_set<int>{1, 2, 3});
  CHECK(again(std::multimap<int, int>{{1, 2}, {1, 3}})
        == std::multimap<int, int>{{1, 2}, {1, 3}});
  const auto now = std::chrono::system_clock::now();
  CHECK(again(now) == now);
  CHECK(again(std::chrono::duration<double>(2.5)).count() == 2.5);
  CHECK(again(std::monostate{}) == std::monostate{});
  const point p = again(point{1, 2, colour::green, 0});
  CHECK(p == point{1, 2, colour::green, 1}); // The callback ran once.
  auto wanted = sample();
  std::get<1>(wanted)->loaded = 1;
  for (auto& each : std::get<10>(wanted))
    each.loaded = 1;
  CHECK(again(sample()) == wanted);
}

TEST_CASE("floats keep every bit", "[codec]") {
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(again(inf) == inf);
  CHECK(again(-inf) == -inf);
  CHECK(std::isnan(again(std::nan("17"))));
  CHECK(std::signbit(again(-0.0)));
  CHECK(again(std::numeric_limits<float>::denorm_min())
        == std::numeric_limits<float>::denorm_min());
  CHECK(again(std::numeric_limits<long double>::infinity())
        == std::numeric_limits<long double>::infinity());
  const std::vector<double> many{inf, -inf, std::nan("")};
  CHECK(again(many)[0] == inf);
  CHECK(std::isnan(again(many)[2]));
}

TEST_CASE("an inspect callback that refuses is a wrong_type", "[codec]") {
  CHECK(again(picky{4}).even == 4);
  CHECK_THROWS_AS(again(picky{3}), ray::wrong_type);
}

TEST_CASE("a length beyond the data allocates nothing", "[codec]") {
  const std::uint64_t huge = ~std::uint64_t{0} / 2;
  std::vector<std::byte> bytes(sizeof(huge) + 100);
  std::memcpy(bytes.data(), &huge, sizeof(huge));
  CHECK_THROWS_AS(decode<std::string>(bytes), ray::wrong_type);
  CHECK_THROWS_AS(decode<std::vector<double>>(bytes), ray::wrong_type);
  CHECK_THROWS_AS(decode<std::vector<bool>>(bytes), ray::wrong_type);
  CHECK_THROWS_AS(decode<std::vector<nothing>>(bytes), ray::wrong_type);
  CHECK_THROWS_AS(decode<std::vector<std::string>>(bytes), ray::wrong_type);
  CHECK_THROWS_AS((decode<std::map<int, nothing>>(bytes)), ray::wrong_type);
}

TEST_CASE("nesting is bounded in both directions", "[codec]") {
  tree deep;
  for (int i = 0; i < 2000; ++i) {
    tree above{"t", {}};
    above.children.push_back(std::move(deep));
    deep = std::move(above);
  }
  CHECK_THROWS_AS(encoded_size(deep), ray::wrong_type);
  // One child each, without end: 8 bytes of empty name, 8 bytes of "1 child".
  std::vector<std::byte> bytes;
  for (int i = 0; i < 1'000'000; ++i)
    for (int part = 0; part < 16; ++part)
      bytes.push_back(std::byte(part == 8 ? 1 : 0));
  CHECK_THROWS_AS(decode<tree>(bytes), ray::wrong_type);
}

TEST_CASE("damaged bytes give a value or a wrong_type", "[codec]") {
  const auto good = encoded(sample());
  std::mt19937 random{7};
  std::size_t refused = 0;
  for (int round = 0; round < 100'000; ++round) {
    auto bytes = good;
    if (random() % 4 == 0)
      bytes.resize(random() % bytes.size());
    for (auto flips = random() % 4; flips > 0 && !bytes.empty(); --flips)
      bytes[random() % bytes.size()] ^= std::byte(1u << (random() % 8));
    try {
      (void)decode<everything>(bytes);
    } catch (const ray::wrong_type&) {
      ++refused;
    }
  }
  CHECK(refused > 10'000);
}

TEST_CASE("references inside values are collected and retained", "[codec]") {
  fake_session fx;
  {
    const auto ref = ray::put(5);
    const std::map<std::string, std::vector<ray::object_ref<int>>> inside{
      {"a", {ref, {}, ref}}};
    std::vector<std::byte> bytes(encoded_size(inside));
    std::vector<object_handle> nested;
    encoder to{bytes, nested};
    to.value(inside);
    CHECK(nested.size() == 2);
    const auto back = decode<std::decay_t<decltype(inside)>>(bytes);
    CHECK(back.at("a")[0] == ref);
    CHECK_FALSE(back.at("a")[1]);
    CHECK(ray::get(back.at("a")[2]) == 5);
  }
  CHECK(fx.process->live_objects() == 0);
}
