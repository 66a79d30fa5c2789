#include <ray/ray.hpp>

// Compiled by check.sh, one case at a time.

#include <memory>

struct plain {
  int x;
};

struct counter {
  explicit counter(int) {}
  int get() const { return 0; }
};

struct other {
  int get() const { return 0; }
};

int add(int a, const std::string& text);
void change(int& x);
int follow(int* x);
plain gives();

void test() {
  auto made = ray::spawn<counter>(1);
#if CASE == 0
  ray::remote<add>(1, "text");
  ray::remote<add>(ray::put(1), ray::put(std::string{"text"}));
  made.call<&counter::get>();
#endif
#if CASE == 1 // the second argument does not fit its parameter
  ray::remote<add>(1, 2);
#endif
#if CASE == 2 // the first argument does not fit its parameter
  ray::remote<add>(ray::put(1.5), "text");
#endif
#if CASE == 3 // too few arguments
  ray::remote<add>(1);
#endif
#if CASE == 4 // too many arguments
  ray::remote<add>(1, "text", 3);
#endif
#if CASE == 5 // a parameter is a non-const reference
  ray::remote<change>(1);
#endif
#if CASE == 6 // a pointer means nothing in another process
  ray::remote<follow>(nullptr);
#endif
#if CASE == 7 // this type cannot be sent to another process
  ray::remote<gives>();
#endif
#if CASE == 8 // a method runs on an actor
  ray::remote<&counter::get>();
#endif
#if CASE == 9 // Class has no constructor for these arguments
  ray::spawn<counter>("text", 2);
#endif
#if CASE == 10 // this method belongs to another class
  made.call<&other::get>();
#endif
#if CASE == 11 // ray::cancel does not work yet
  ray::cancel(made.call<&counter::get>());
#endif
#if CASE == 12 // ray::placement_group does not work yet
  ray::placement_group({{.num_cpus = 1}}, ray::strategy::spread);
#endif
#if CASE == 13 // ray::exit_actor does not work yet
  ray::exit_actor();
#endif
#if CASE == 14 // ray::as_completed does not work yet
  ray::as_completed(std::vector{made.call<&counter::get>()});
#endif
#if CASE == 15 // this type cannot be sent to another process
  ray::put(std::vector<std::unique_ptr<int>>{});
#endif
#if CASE == 16 // ray::metrics::counter does not work yet
  ray::metrics::counter{"name", "help"};
#endif
#if CASE == 17 // name the types of a lambda's parameters instead of auto
  ray::remote<[](auto x) { return x; }>(1);
#endif
}
