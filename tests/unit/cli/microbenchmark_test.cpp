#include "catch.hpp"
#include "stand_in.hpp"

#include "cli/microbenchmark_report.hpp"
#include "cli/microbenchmark_run.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

using namespace rayd;

namespace {

/// Steps of given length.
class timed_row : public benchmark_row {
public:
  explicit timed_row(std::vector<double> seconds)
    : seconds_(std::move(seconds)) {}

  row_step step() override {
    const auto seconds = seconds_[steps++ % seconds_.size()];
    return {100, seconds};
  }

  std::size_t steps = 0;

private:
  std::vector<double> seconds_;
};

constexpr row_info rate_row{2,
                            "",
                            "tasks",
                            figure_unit::per_second,
                            1000,
                            machine_limit::redis,
                            row_place::private_cluster,
                            nullptr};
constexpr row_info latency_row{1,
                               "",
                               "one task",
                               figure_unit::microseconds,
                               20,
                               machine_limit::wake_up,
                               row_place::private_cluster,
                               nullptr};

/// A machine as fast as the one that the goals are for.
calibration nominal() {
  calibration values{};
  for (const auto& limit : limit_table())
    values[static_cast<std::size_t>(limit.limit)] = limit.nominal;
  return values;
}

bool is_near(double a, double b) {
  return std::abs(a - b) < 1e-6 * std::abs(b);
}

double& at(calibration& values, machine_limit limit) {
  return values[static_cast<std::size_t>(limit)];
}

} // namespace

TEST_CASE("a rate is what was done by the time it took", "[microbenchmark]") {
  timed_row row{{0.25, 0.75}};
  const auto figures = measure(rate_row, row, {1, 3});
  // 100 in 0.25 s and 100 in 0.75 s; two of these warm up.
  CHECK(figures.values == std::vector<double>{200, 200, 200});
  CHECK(figures.p99.empty());
  CHECK(row.steps == 8);
}

TEST_CASE("a latency is the median of a run", "[microbenchmark]") {
  std::vector<double> seconds(100, 0.001);
  seconds[50] = 0.1;
  seconds[51] = 0.1;
  timed_row row{seconds};
  const auto figures = measure(latency_row, row, {0.29, 2});
  REQUIRE(figures.values.size() == 2);
  CHECK(is_near(figures.values[0], 1000));
  CHECK(is_near(figures.p99[0], 100'000));
}

TEST_CASE("a row that is measured once is not warmed up", "[microbenchmark]") {
  auto info = rate_row;
  info.once = true;
  timed_row row{{0.5, 0.1}};
  CHECK(measure(info, row, {1, 5}).values == std::vector<double>{200});
  CHECK(row.steps == 1);
}

TEST_CASE("a goal grows with the machine's speed", "[microbenchmark]") {
  benchmark_report report;
  report.first = report.last = nominal();
  CHECK(is_near(goal_here(report, latency_row), 20));
  at(report.first, machine_limit::wake_up) *= 2;
  at(report.last, machine_limit::wake_up) *= 2;
  CHECK(is_near(goal_here(report, latency_row), 40));
  row_figures figures{&latency_row, {80}, {90}, {}, false};
  CHECK(is_near(ratio_to_goal(report, figures), 0.5));
  at(report.first, machine_limit::redis) *= 3;
  at(report.last, machine_limit::redis) *= 3;
  CHECK(is_near(goal_here(report, rate_row), 3000));
}

TEST_CASE("a machine that changed contaminates a run", "[microbenchmark]") {
  const auto first = nominal();
  auto last = first;
  at(last, machine_limit::tcp) *= 1.2;
  CHECK(contamination(first, last).empty());
  at(last, machine_limit::tcp) /= 2.4;
  CHECK(contamination(first, last).find("TCP loopback by 100 %")
        != std::string::npos);
  benchmark_report report;
  report.first = first;
  report.last = last;
  CHECK(report_text(report).find("contaminated") != std::string::npos);
  CHECK(nlohmann::json::parse(report_json(report))["contaminated"] == true);
}

TEST_CASE("a calibration survives its line of JSON", "[microbenchmark]") {
  const auto values = nominal();
  CHECK(parse_calibration(to_json_line(values)) == values);
  CHECK(!parse_calibration("{}"));
  CHECK(!parse_calibration("Segmentation fault"));
}

TEST_CASE("a report shows figures and what failed", "[microbenchmark]") {
  benchmark_report report;
  report.first = report.last = nominal();
  report.rows = {{&latency_row, {9, 10, 11}, {30, 30, 30}, {}, false},
                 {&rate_row, {}, {}, "the cluster is gone", false}};
  report.memory = {{"head", 5.25, 1}};
  const auto json = nlohmann::json::parse(report_json(report));
  CHECK(json["rows"][0]["median"] == 10);
  CHECK(json["rows"][0]["p99"] == 30);
  CHECK(json["rows"][0]["ratio"] == 2);
  CHECK(json["rows"][1]["failed"] == "the cluster is gone");
  CHECK(json["contaminated"] == false);
  const auto text = report_text(report);
  CHECK(text.find("one task") != std::string::npos);
  CHECK(text.find("the cluster is gone") != std::string::npos);
  CHECK(text.find("5.25") != std::string::npos);
}

TEST_CASE("microbenchmark refuses wrong flags", "[microbenchmark]") {
  command_line line;
  CHECK(line.run({"microbenchmark", "--rows=1,two"}) == 2);
  CHECK(line.talk.str().find("two") != std::string::npos);
  CHECK(line.run({"microbenchmark", "--seconds=0"}) == 2);
  CHECK(line.run({"microbenchmark", "--runs=0"}) == 2);
  CHECK(line.run({"microbenchmark", "--inject-delay-us=-1"}) == 2);
  CHECK(line.run({"microbenchmark", "all"}) == 2);
  CHECK(line.talk.str().find("no part all") != std::string::npos);
}

TEST_CASE("microbenchmark gives its flags to its parts", "[microbenchmark]") {
  command_line line;
  benchmark_request seen;
  line.context.run_benchmark = [&](command_context&, benchmark_part part,
                                   const benchmark_request& request) {
    CHECK(part == benchmark_part::measure);
    seen = request;
    return 7;
  };
  CHECK(line.run({"microbenchmark", "measure", "--rows=1,16", "--seconds=0.5",
                  "--runs=3", "--json", "--inject-delay-us=20"})
        == 7);
  CHECK(seen.rows == std::vector<int>{1, 16});
  CHECK(seen.plan.seconds == 0.5);
  CHECK(seen.plan.runs == 3);
  CHECK(seen.json);
  CHECK(seen.delay == std::chrono::microseconds{20});
}
