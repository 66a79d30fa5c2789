// What goes wrong in a task or an actor, and what its caller sees of it.
#include <ray/ray.hpp>

#include <fmt/core.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

int element(const std::vector<int>& values, std::size_t index) {
  return values.at(index);
}

int twice(int value) {
  return 2 * value;
}

// A bug that no exception reports: the process ends.
int crash() {
  std::raise(SIGSEGV);
  return 0;
}

class account {
public:
  void withdraw(int amount) {
    if (amount > balance_)
      throw std::invalid_argument(fmt::format("only {} is left", balance_));
    balance_ -= amount;
  }

  int balance() const { return balance_; }
  void crash() { std::raise(SIGSEGV); }

private:
  int balance_ = 10;
};

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);

  // An exception arrives where the value is wanted, as its standard type.
  const std::vector values{1, 2, 3};
  const auto bad = ray::remote<element>(values, std::size_t{7});
  try {
    ray::get(bad);
  } catch (const std::out_of_range& error) {
    fmt::print("element: {}\n", error.what());
  }

  // It passes through the tasks that depend on it, and says where it began.
  try {
    ray::get(ray::remote<twice>(bad));
  } catch (const ray::task_error& error) {
    fmt::print("twice: {} in {}, then {}\n", error.type(),
               error.chain().front(), error.chain().back());
  }

  // A task whose process ends runs again in another one, but not for ever. What
  // is left is an error like any other; try_get gives it as a value.
  const auto crashed = ray::try_get(ray::remote<crash>());
  fmt::print("crash: {}\n", crashed.error().message());

  // Everything else goes on.
  fmt::print("twice: {}\n", ray::get(ray::remote<twice>(21)));

  // A method's exception is that call's result, and the actor lives on.
  auto savings = ray::spawn<account>();
  const auto refused = ray::try_get(savings.call<&account::withdraw>(99));
  fmt::print("withdraw: {}\n", refused.error().message());
  fmt::print("balance: {}\n", ray::get(savings.call<&account::balance>()));

  // An actor whose process ends is gone with its state, and calls say so.
  savings.call<&account::crash>();
  try {
    ray::get(savings.call<&account::balance>());
  } catch (const ray::actor_died& error) {
    fmt::print("balance: {}\n", error.what());
  }
}
