#include <ray/ray.hpp>

#include <memory>

// What check.sh compiles: first what is right, then all that is refused.

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

void right() {
  auto made = ray::spawn<counter>(1);
  ray::remote<add>(1, "text");
  ray::remote<add>(ray::put(1), ray::put(std::string{"text"}));
  made.call<&counter::get>();
}

#ifdef REFUSED
void refused() {
  auto made = ray::spawn<counter>(1);
  // says: the second argument does not fit its parameter
  ray::remote<add>(1, 2);
  // says: the first argument does not fit its parameter
  ray::remote<add>(ray::put(1.5), "text");
  // says: too few arguments
  ray::remote<add>(1);
  // says: too many arguments
  ray::remote<add>(1, "text", 3);
  // says: a parameter is a non-const reference
  ray::remote<change>(1);
  // says: a pointer means nothing in another process
  ray::remote<follow>(nullptr);
  // says: this type cannot be sent to another process
  ray::remote<gives>();
  // says: a method runs on an actor
  ray::remote<&counter::get>();
  // says: Class has no constructor for these arguments
  ray::spawn<counter>("text", 2);
  // says: this method belongs to another class
  made.call<&other::get>();
  // says: this type cannot be sent to another process
  ray::put(std::vector<std::unique_ptr<int>>{});
  // says: name the types of a lambda's parameters instead of auto
  ray::remote<[](auto x) { return x; }>(1);
}
#endif
