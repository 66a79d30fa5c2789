#include <ray/errors.hpp>
#include <ray/metrics.hpp>

#include "catch.hpp"

#include <limits>

// Before any session, as at namespace scope of a program.
inline const ray::metrics::counter orders{"orders", "Orders."};

namespace {

template <class Action>
std::string refusal(Action action) {
  try {
    action();
    return {};
  } catch (const ray::wrong_type& error) {
    return error.what();
  }
}

} // namespace

TEST_CASE("metrics work without a session, and refuse what is no number",
          "[metrics]") {
  orders.add();
  orders.tagged({{"reason", "late"}}).add(2.5);
  const ray::metrics::gauge depth{"queue_depth", "Depth."};
  depth.set(-3);
  const ray::metrics::histogram took{"took_seconds", "Time."};
  took.observe(0.2);
  const auto infinite = std::numeric_limits<double>::infinity();
  CHECK(refusal([&] { orders.add(-1); })
        == "ray::metrics::counter \"orders\" was given -1, but it takes finite "
           "numbers from 0 on: it only grows");
  CHECK(refusal([&] { depth.set(infinite); })
        == "ray::metrics::gauge \"queue_depth\" was given inf, but it takes "
           "finite numbers only");
  CHECK(refusal([&] { took.observe(0 * infinite); }) != "");
  CHECK(refusal([&] { ray::metrics::gauge{"orders", ""}; })
        == "ray::metrics::gauge \"orders\" is a counter already: one name is "
           "one metric");
  CHECK(refusal([&] { orders.tagged({{"a b", "x"}}); }).find("has the tag")
        != std::string::npos);
}
