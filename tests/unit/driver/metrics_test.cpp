#include "fake_node.hpp"

#include "driver/metric_registry.hpp"

#include "catch.hpp"

#include <ray/errors.hpp>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace rayd;

namespace {

metric_series series(metric_kind kind, std::string name,
                     std::map<std::string, std::string> tags = {}) {
  metric_series what;
  what.kind = kind;
  what.name = std::move(name);
  what.help = "help";
  what.tags = std::move(tags);
  if (kind == metric_kind::histogram)
    what.boundaries = {1, 5};
  return what;
}

/// What get() says of it; "" when it is good.
std::string fault_of(metric_registry& metrics, metric_series what) {
  try {
    metrics.get(std::move(what));
    return {};
  } catch (const ray::wrong_type& error) {
    return error.what();
  }
}

} // namespace

TEST_CASE("a report has what was added since the one before", "[metrics]") {
  metric_registry metrics;
  CHECK_FALSE(metrics.in_use());
  auto& hits = metrics.get(series(metric_kind::counter, "hits"));
  CHECK(metrics.in_use());
  CHECK_FALSE(metrics.changed());
  CHECK_FALSE(metrics.take());
  hits.add(2);
  hits.add(0.5);
  CHECK(metrics.changed());
  auto report = metrics.take();
  REQUIRE(report);
  REQUIRE(report->series.size() == 1);
  CHECK(report->series[0].name == "hits");
  CHECK(report->series[0].help == "help");
  CHECK(report->series[0].value == 2.5);
  CHECK_FALSE(metrics.changed());
  CHECK_FALSE(metrics.take());
  hits.add(1);
  CHECK(metrics.take()->series[0].value == 1);
}

TEST_CASE("gauges tell their value, histograms their new counts",
          "[metrics]") {
  metric_registry metrics;
  auto& depth = metrics.get(series(metric_kind::gauge, "depth"));
  auto& sizes = metrics.get(series(metric_kind::histogram, "sizes"));
  depth.set(7);
  for (const double size : {0.5, 1.0, 5.0, 6.0})
    sizes.observe(size);
  auto report = metrics.take();
  REQUIRE(report);
  REQUIRE(report->series.size() == 2);
  for (const auto& one : report->series)
    if (one.kind == metric_kind::gauge) {
      CHECK(one.value == 7);
    } else {
      // A boundary belongs to the bucket below it.
      CHECK(one.buckets == std::vector<std::uint64_t>{2, 1, 1});
      CHECK(one.value == 12.5);
    }
  sizes.observe(3);
  depth.set(7);
  report = metrics.take();
  REQUIRE(report->series.size() == 2);
  for (const auto& one : report->series)
    if (one.kind == metric_kind::histogram)
      CHECK(one.buckets == std::vector<std::uint64_t>{0, 1, 0});
  // A new session's node has not heard of the gauge.
  metrics.begin_session(nullptr);
  report = metrics.take();
  REQUIRE(report);
  REQUIRE(report->series.size() == 1);
  CHECK(report->series[0].value == 7);
}

TEST_CASE("the same name and tags are one series, other tags another one",
          "[metrics]") {
  metric_registry metrics;
  auto& one = metrics.get(series(metric_kind::counter, "hits", {{"a", "b"}}));
  CHECK(&one == &metrics.get(series(metric_kind::counter, "hits",
                                    {{"a", "b"}})));
  CHECK(&one == &metrics.get(series(metric_kind::counter, "hits_total",
                                    {{"a", "b"}})));
  CHECK(&one != &metrics.get(series(metric_kind::counter, "hits",
                                    {{"a", "c"}})));
  CHECK(&one != &metrics.get(series(metric_kind::counter, "hits")));
}

TEST_CASE("the first metric of a process wakes who reports", "[metrics]") {
  metric_registry metrics;
  int woken = 0;
  metrics.begin_session([&] { ++woken; });
  metrics.get(series(metric_kind::counter, "a"));
  metrics.get(series(metric_kind::counter, "b"));
  CHECK(woken == 1);
}

TEST_CASE("many series come in several reports; too many count as dropped",
          "[metrics]") {
  metric_registry metrics;
  auto tagged = [](std::size_t i) {
    return series(metric_kind::counter, "hits", {{"i", std::to_string(i)}});
  };
  for (std::size_t i = 0; i < metric_registry::series_max + 5; ++i)
    metrics.get(tagged(i)).add(1);
  std::size_t told = 0;
  std::uint64_t dropped = 0;
  while (auto report = metrics.take()) {
    CHECK(report->series.size() <= report_series_max);
    told += report->series.size();
    dropped += report->dropped;
  }
  CHECK(told == metric_registry::series_max);
  CHECK(dropped == 5);
  // Without room it can still be used.
  auto& nowhere = metrics.get(tagged(5000));
  nowhere.add(1);
  CHECK(metrics.take()->series.empty());
  nowhere.add(1);
  CHECK_FALSE(metrics.take());
}

TEST_CASE("threads lose nothing", "[metrics]") {
  metric_registry metrics;
  auto& hits = metrics.get(series(metric_kind::counter, "hits"));
  auto& sizes = metrics.get(series(metric_kind::histogram, "sizes"));
  constexpr int each = 20'000;
  std::atomic<int> running{6};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < each; ++k) {
        hits.add(1);
        sizes.observe(2);
      }
      --running;
    });
  double counted = 0;
  std::uint64_t observed = 0;
  const auto collect = [&] {
    while (auto report = metrics.take())
      for (const auto& one : report->series)
        if (one.kind == metric_kind::counter)
          counted += one.value;
        else
          observed += one.buckets[1];
  };
  while (running > 0)
    collect();
  for (auto& thread : threads)
    thread.join();
  collect();
  CHECK(counted == 6.0 * each);
  CHECK(observed == 6u * each);
}

TEST_CASE("the value that a gauge was set to last is told last",
          "[metrics]") {
  metric_registry metrics;
  auto& depth = metrics.get(series(metric_kind::gauge, "depth"));
  std::mutex lock;
  std::vector<double> told;
  std::atomic<bool> ends{false};
  const auto report = [&] {
    metrics.report([&](metric_report&& one) {
      // Time for the other thread to get ahead.
      std::this_thread::yield();
      const std::lock_guard guard{lock};
      told.push_back(one.series.at(0).value);
    });
  };
  std::thread other{[&] {
    while (!ends)
      report();
  }};
  for (int i = 1; i <= 20'000; ++i) {
    depth.set(i);
    report();
  }
  ends = true;
  other.join();
  CHECK(std::is_sorted(told.begin(), told.end()));
  CHECK(told.back() == 20'000);
}

TEST_CASE("what was counted before a fork is told by the parent alone",
          "[metrics]") {
  auto& metrics = process_metrics();
  auto& hits = metrics.get(series(metric_kind::counter, "fork_hits"));
  auto& sizes = metrics.get(series(metric_kind::histogram, "fork_sizes"));
  const auto take = [&] {
    std::map<std::string, metric_series> found;
    metrics.report([&](metric_report&& report) {
      for (auto& one : report.series)
        found[one.name] = std::move(one);
    });
    return found;
  };
  take();
  hits.add(2);
  sizes.observe(3);
  const auto child = ::fork();
  if (child == 0) {
    metrics.begin_session(nullptr);
    const bool nothing = take().empty();
    hits.add(1);
    sizes.observe(0.5);
    const auto told = take();
    const bool own
      = told.size() == 2 && told.at("fork_hits").value == 1
        && told.at("fork_sizes").value == 0.5
        && told.at("fork_sizes").buckets == std::vector<std::uint64_t>{1, 0, 0};
    ::_exit(nothing && own ? 0 : 1);
  }
  int result = -1;
  REQUIRE(::waitpid(child, &result, 0) == child);
  CHECK(WIFEXITED(result));
  CHECK(WEXITSTATUS(result) == 0);
  const auto told = take();
  CHECK(told.at("fork_hits").value == 2);
  CHECK(told.at("fork_sizes").value == 3);
}

TEST_CASE("a fork's child tells no gauge of its parent's", "[metrics]") {
  metric_registry metrics;
  metrics.get(series(metric_kind::gauge, "depth")).set(7);
  metrics.take();
  metrics.before_fork();
  metrics.after_fork_in_child();
  metrics.begin_session(nullptr);
  CHECK_FALSE(metrics.take());
  metrics.get(series(metric_kind::gauge, "depth")).set(8);
  CHECK(metrics.take()->series.at(0).value == 8);
}

TEST_CASE("the end of a session tells the node what was counted since",
          "[metrics]") {
  const ray::metrics::counter ends{"driver_test", "Ends."};
  for (const double by : {2.0, 5.0}) {
    fake_node node;
    auto driver = node.attach_driver();
    REQUIRE(driver);
    ends.add(by);
    driver->end();
    const auto report = node.log->take_next<metric_report>();
    REQUIRE(report.series.size() == 1);
    CHECK(report.series[0].value == by);
    CHECK(node.log->take_next<end_process>().reason != "");
  }
}

TEST_CASE("bad names, tags and boundaries are one sentence", "[metrics]") {
  metric_registry metrics;
  const auto counter = metric_kind::counter;
  const auto gauge = metric_kind::gauge;
  CHECK(fault_of(metrics, series(counter, "two words"))
        == "ray::metrics::counter \"two words\" is no name of a metric: it is "
           "made of 1 to 100 letters, digits and _, and begins with no digit");
  for (const char* bad : {"", "1a", "a-b", "a:b", "ä"})
    CHECK(fault_of(metrics, series(counter, bad)).find("is no name")
          != std::string::npos);
  CHECK(fault_of(metrics, series(counter, std::string(101, 'a'))) != "");
  CHECK(fault_of(metrics, series(counter, std::string(100, 'a'))) == "");
  CHECK(fault_of(metrics, series(gauge, "a_total"))
        == "ray::metrics::gauge \"a_total\" ends in _total, which means "
           "something else to Prometheus: choose another name for a gauge");
  CHECK(fault_of(metrics, series(counter, "a_total")) == "");
  CHECK(fault_of(metrics, series(gauge, "tasks"))
        == "ray::metrics::gauge \"tasks\" would be ray_tasks, which is rayd's "
           "own: choose another name");
  CHECK(fault_of(metrics, series(counter, "tasks_finished")) != "");
  for (const char* bad : {"", "le", "quantile", "__a", "a b", "0"})
    CHECK(fault_of(metrics, series(gauge, "g", {{bad, "x"}}))
            .find("has the tag")
          != std::string::npos);
  for (const std::string& bad :
       {std::string{"\xff"}, std::string{"\xc0\x80"}, std::string{"a\0b", 3},
        std::string{"\xed\xa0\x80"}, std::string{"\xe2\x82"},
        std::string(257, 'x')})
    CHECK(fault_of(metrics, series(gauge, "g", {{"a", bad}})).find("UTF-8")
          != std::string::npos);
  CHECK(fault_of(metrics, series(gauge, "g", {{"a", "€\n\"\\ü"}})) == "");
  std::map<std::string, std::string> many;
  for (int i = 0; i < 5; ++i)
    many["t" + std::to_string(i)] = std::string(250, 'x');
  CHECK(fault_of(metrics, series(gauge, "g", many)).find("may have 1024")
        != std::string::npos);
  CHECK(fault_of(metrics, series(counter, "g"))
        == "ray::metrics::counter \"g\" is a gauge already: one name is one "
           "metric");
  auto sizes = series(metric_kind::histogram, "sizes");
  CHECK(fault_of(metrics, sizes) == "");
  sizes.boundaries = {1, 2, 3};
  CHECK(fault_of(metrics, sizes).find("has other boundaries already")
        != std::string::npos);
  sizes.name = "other";
  for (const auto& bad :
       {std::vector<double>{}, std::vector<double>{1, 1},
        std::vector<double>{2, 1}, std::vector<double>(101, 1),
        std::vector<double>{std::numeric_limits<double>::infinity()}}) {
    sizes.boundaries = bad;
    CHECK(fault_of(metrics, sizes).find("has boundaries that are not")
          != std::string::npos);
  }
}
