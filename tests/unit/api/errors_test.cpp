#include "catch.hpp"
#include "fake_runtime.hpp"

#include <ray/ray.hpp>

#include <cerrno>
#include <filesystem>
#include <ios>
#include <optional>
#include <regex>
#include <system_error>

namespace {

struct my_failure : std::out_of_range {
  using std::out_of_range::out_of_range;
};

struct bare : std::exception {};

int throws(int what) {
  switch (what) {
    case 0: return std::vector<int>(2).at(7);
    case 1: throw my_failure("mine");
    case 2: throw bare();
    case 3: throw 42;
    case 4: throw std::bad_optional_access();
    case 5: throw std::string("text");
    case 6:
      throw std::system_error(std::make_error_code(std::errc::io_error), "io");
    case 7: throw ray::object_lost("it is gone");
    case 8: throw std::bad_alloc();
    default: return what;
  }
}

class own_category final : public std::error_category {
public:
  const char* name() const noexcept override { return "own"; }
  std::string message(int) const override { return "of our own"; }
};

int fails_with_code(int which) {
  static const own_category own;
  switch (which) {
    case 0:
      throw std::filesystem::filesystem_error(
        "f", std::make_error_code(std::errc::io_error));
    case 1: throw std::system_error(ENOSPC, std::system_category(), "s");
    case 2: throw std::ios_base::failure("i", std::io_errc::stream);
    case 3: throw std::system_error(7, own);
    default: throw std::regex_error(std::regex_constants::error_brack);
  }
}

int passes_on(ray::object_ref<int> ref) {
  return ray::get(ref);
}

int adds(int a, int b) {
  return a + b;
}

template <class Error>
std::string what_of(int which) {
  try {
    ray::get(ray::remote<throws>(which));
  } catch (const Error& caught) {
    return caught.what();
  }
  return "nothing was thrown";
}

template <class Error>
bool arrives_as_all_three(int which) {
  int caught = 0;
  try {
    ray::get(ray::remote<throws>(which));
  } catch (const Error&) {
    ++caught;
  }
  try {
    ray::get(ray::remote<throws>(which));
  } catch (const ray::task_error&) {
    ++caught;
  }
  try {
    ray::get(ray::remote<throws>(which));
  } catch (const std::exception&) {
    ++caught;
  }
  return caught == 3;
}

} // namespace

static_assert(!std::is_base_of_v<std::exception, ray::error>);
static_assert(!std::is_base_of_v<std::exception, ray::task_error>);
static_assert(std::is_base_of_v<ray::worker_died, ray::task_poisoned>);

TEST_CASE("a task's exception is caught as what it was", "[errors]") {
  fake_session fx;
  CHECK(arrives_as_all_three<std::out_of_range>(0));
  CHECK(arrives_as_all_three<std::logic_error>(0));
  CHECK(arrives_as_all_three<std::out_of_range>(1));
  CHECK(arrives_as_all_three<std::runtime_error>(2));
  CHECK(arrives_as_all_three<std::runtime_error>(3));
  CHECK(arrives_as_all_three<std::bad_optional_access>(4));
  CHECK(arrives_as_all_three<std::system_error>(6));
  CHECK(arrives_as_all_three<std::bad_alloc>(8));
  CHECK(what_of<std::out_of_range>(1) == "mine");
  CHECK(what_of<std::runtime_error>(5) == "text");
  CHECK(ray::get(ray::remote<throws>(99)) == 99);
}

TEST_CASE("a task_error names function, type, process and chain", "[errors]") {
  fake_session fx;
  try {
    ray::get(ray::remote<passes_on>(ray::remote<throws>(1)));
    FAIL("nothing was thrown");
  } catch (const ray::task_error& caught) {
    CHECK(caught.code() == ray::errc::task_error);
    CHECK(caught.message() == "mine");
    CHECK(caught.function().find("throws") != std::string::npos);
    CHECK(caught.type().find("my_failure") != std::string::npos);
    CHECK(caught.node() == "n1");
    CHECK(caught.pid() > 0);
    CHECK(caught.attempt() == 0);
    REQUIRE(caught.chain().size() == 2);
    CHECK(caught.chain()[0].find("throws") != std::string::npos);
    CHECK(caught.chain()[1].find("passes_on") != std::string::npos);
  }
}

TEST_CASE("a ray::error leaves a task as itself", "[errors]") {
  fake_session fx;
  const auto ref = ray::remote<throws>(7);
  CHECK_THROWS_AS(ray::get(ref), ray::object_lost);
  CHECK_THROWS_AS(ray::get(ref), std::runtime_error);
  CHECK_THROWS_AS(ray::get(ref), ray::error);
}

TEST_CASE("a failed dependency fails the task with the same cause",
          "[errors]") {
  fake_session fx;
  const auto sum = ray::remote<adds>(1, ray::remote<throws>(0));
  try {
    ray::get(sum);
    FAIL("nothing was thrown");
  } catch (const std::out_of_range& caught) {
    const auto& error = dynamic_cast<const ray::task_error&>(caught);
    CHECK(error.function().find("throws") != std::string::npos);
    REQUIRE(error.chain().size() == 2);
    CHECK(error.chain()[1].find("adds") != std::string::npos);
  }
}

TEST_CASE("try_get gives errors as values", "[errors]") {
  fake_session fx;
  const auto good = ray::try_get(ray::remote<throws>(50));
  REQUIRE(good);
  CHECK(good.value() == 50);
  const auto bad = ray::try_get(ray::remote<throws>(0));
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().code() == ray::errc::task_error);
  CHECK_THROWS_AS(bad.value(), std::out_of_range);
}

TEST_CASE("without a session everything says so", "[errors]") {
  CHECK_THROWS_AS(ray::put(1), ray::connection_failed);
  CHECK_THROWS_AS(ray::remote<adds>(1, 2), ray::connection_failed);
  CHECK_FALSE(ray::is_initialized());
}

TEST_CASE("error codes arrive with their category", "[errors]") {
  fake_session fx;
  const auto code_of = [](const auto& ref) -> std::error_code {
    try {
      ray::get(ref);
    } catch (const std::system_error& caught) {
      return caught.code();
    }
    return {};
  };
  CHECK(code_of(ray::remote<fails_with_code>(0))
        == std::make_error_code(std::errc::io_error));
  CHECK(code_of(ray::remote<fails_with_code>(1))
        == std::error_code(ENOSPC, std::system_category()));
  CHECK(code_of(ray::remote<fails_with_code>(2))
        == std::io_errc::stream);
  const auto own = code_of(ray::remote<fails_with_code>(3));
  CHECK(own.value() == 7);
  CHECK(own.category().name() == std::string{"own"});
  CHECK(own == code_of(ray::remote<fails_with_code>(3)));
  try {
    ray::get(ray::remote<fails_with_code>(4));
    FAIL("nothing was thrown");
  } catch (const std::regex_error& caught) {
    CHECK(caught.code() == std::regex_constants::error_brack);
  }
}

TEST_CASE("options that do not work yet are refused by name", "[errors]") {
  fake_session fx;
  CHECK(ray::get(ray::remote<adds>(ray::with{.num_cpus = 2,
                                             .resources = {{"a", 1}},
                                             .name = "n",
                                             .max_retries = 0},
                                   1, 2))
        == 3);
  const auto refused = [](const ray::with& options) -> std::string {
    try {
      ray::remote<adds>(options, 1, 2);
    } catch (const ray::wrong_type& caught) {
      return caught.what();
    }
    return {};
  };
  CHECK(contains(refused({.timeout = std::chrono::milliseconds{-1}}),
                 "with::timeout"));
  CHECK(contains(refused({.num_gpus = 1.5}), "with::num_gpus"));
  CHECK(refused({.num_gpus = 0.5}).empty());
  CHECK(refused({.num_gpus = 2}).empty());
  CHECK(contains(refused({.num_cpus = -1}), "num_cpus"));
  CHECK(contains(refused({.max_retries = -2}), "max_retries"));
}
