// Arrays that an actor makes in one call and gives away in a later one.

#include "cases.hpp"

#include <span>

using cases::expect_equal;

namespace {

using floats = ray::array<float>;

constexpr std::size_t large = 1'000'000;

floats ones(std::size_t count) {
  return floats::make(count, [](std::span<float> fresh) {
    for (auto& x : fresh)
      x = 1;
  });
}

double sum(std::span<const float> values) {
  double total = 0;
  for (const float x : values)
    total += x;
  return total;
}

class keeper {
public:
  explicit keeper(std::size_t count) : kept_(ones(count)) {}

  floats give() const { return kept_; }
  ray::object_ref<floats> put() const { return ray::put(kept_); }
  void make(std::size_t count) { kept_ = ones(count); }
  floats make_and_give(std::size_t count) { return kept_ = ones(count); }

private:
  floats kept_;
};

double given(const ray::object_ref<floats>& ref) {
  return sum(ray::get(ref));
}

void kept() {
  for (const std::size_t count :
       {std::size_t{10}, std::size_t{20'000}, large}) {
    const auto wanted = static_cast<double>(count);
    const auto what = fmt::format(" of {} elements", count);
    auto made = ray::spawn<keeper>(count);
    expect_equal(given(made.call<&keeper::give>()), wanted,
                 "made by the constructor" + what);
    expect_equal(given(made.call<&keeper::give>()), wanted, "again" + what);
    auto other = ray::spawn<keeper>(count);
    expect_equal(given(ray::get(other.call<&keeper::put>())), wanted,
                 "put later" + what);
    auto late = ray::spawn<keeper>(std::size_t{1});
    const auto making = late.call<&keeper::make>(count);
    expect_equal(given(late.call<&keeper::give>()), wanted,
                 "made by the call before" + what);
    ray::get(making);
    expect_equal(ray::get(ray::remote<sum>(late.call<&keeper::give>())), wanted,
                 "as an argument" + what);
    expect_equal(given(late.call<&keeper::make_and_give>(count)), wanted,
                 "made by the same call" + what);
    expect_equal(given(late.call<&keeper::give>()), wanted,
                 "and once more" + what);
  }
}

constexpr cases::entry all[]{{"kept", &kept}};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
