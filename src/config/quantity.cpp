#include "config/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace rayd {

namespace {

failure wrong(std::string_view text, std::string_view expected) {
  // A pasted novel would hide the sentence.
  auto shown = text.size() > 60 ? std::string{text.substr(0, 57)} + "..."
                                : std::string{text};
  return failure{ray::errc::wrong_type,
                 fmt::format("\"{}\" is not {}", shown, expected)};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

struct number_and_unit {
  double number = 0;
  std::string unit;
};

/// Splits "1.5GiB"; nothing when it does not begin with a plain number.
std::optional<number_and_unit> split(std::string_view text) {
  text = trimmed(text);
  number_and_unit parts;
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) == 0)
    return std::nullopt;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(),
                                      parts.number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(parts.number))
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  for (char c : trimmed(text))
    parts.unit += static_cast<char>(std::tolower(
      static_cast<unsigned char>(c)));
  return parts;
}

template <std::size_t N>
std::optional<double>
factor_of(const std::string& unit,
          const std::array<std::pair<std::string_view, double>, N>& units) {
  for (auto& [name, factor] : units)
    if (name == unit)
      return factor;
  return std::nullopt;
}

constexpr std::array<std::pair<std::string_view, double>, 14> size_units{{
  {"", 1}, {"b", 1},
  {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12},
  {"kib", 1024.}, {"mib", 1048576.}, {"gib", 1073741824.},
  {"tib", 1099511627776.},
  {"k", 1024.}, {"m", 1048576.}, {"g", 1073741824.}, {"t", 1099511627776.},
}};

constexpr std::array<std::pair<std::string_view, double>, 6> time_units{{
  {"ns", 1e-3}, {"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"min", 6e7}, {"h", 3.6e9},
}};

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 64)
    return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == ':' || c == '/'
           || c == '-';
  });
}

/// Calls *take(name, value)* for each "name=value"; false at the first bad.
template <class Take>
bool each_pair(std::string_view text, Take take) {
  text = trimmed(text);
  while (!text.empty()) {
    auto comma = text.find(',');
    auto item = trimmed(text.substr(0, comma));
    auto equals = item.find('=');
    if (equals == std::string_view::npos)
      return false;
    auto name = trimmed(item.substr(0, equals));
    if (!is_name(name) || !take(std::string{name},
                                trimmed(item.substr(equals + 1))))
      return false;
    if (comma == std::string_view::npos)
      return true;
    text.remove_prefix(comma + 1);
    if (trimmed(text).empty())
      return false;
  }
  return true;
}

} // namespace

std::string to_string(const endpoint& value) {
  if (value.host.find(':') != std::string::npos)
    return fmt::format("[{}]:{}", value.host, value.port);
  return fmt::format("{}:{}", value.host, value.port);
}

result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view expected =
    "a size: bytes such as 4096 or \"2GiB\" are expected";
  auto parts = split(text);
  auto factor = parts ? factor_of(parts->unit, size_units) : std::nullopt;
  if (!factor || parts->number * *factor > 4611686018427387904.)
    return wrong(text, expected);
  return static_cast<std::uint64_t>(parts->number * *factor);
}

std::string format_size(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes);
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  auto rounded = std::round(value * 10) / 10;
  return fmt::format("{:g} {}", rounded, units[unit]);
}

result<std::chrono::microseconds> parse_duration(std::string_view text) {
  constexpr std::string_view expected =
    "a duration: a number with a unit such as 500ms, 5s or 2min is expected";
  auto parts = split(text);
  auto factor = parts ? factor_of(parts->unit, time_units) : std::nullopt;
  constexpr double year_us = 365. * 24 * 3.6e9;
  if (!factor || parts->number * *factor > year_us)
    return wrong(text, expected);
  return std::chrono::microseconds{
    std::llround(parts->number * *factor)};
}

std::string format_duration(std::chrono::microseconds value) {
  auto us = value.count();
  if (us < 1'000)
    return fmt::format("{} us", us);
  if (us < 1'000'000)
    return fmt::format("{:g} ms", std::round(static_cast<double>(us) / 1e2)
                                    / 10);
  if (us < 60'000'000)
    return fmt::format("{:g} s", std::round(static_cast<double>(us) / 1e5)
                                   / 10);
  auto minutes = us / 60'000'000;
  if (minutes < 60)
    return fmt::format("{} min {} s", minutes, us / 1'000'000 % 60);
  if (minutes < 48 * 60)
    return fmt::format("{} h {} min", minutes / 60, minutes % 60);
  return fmt::format("{} d {} h", minutes / 1440, minutes / 60 % 24);
}

result<double> parse_amount(std::string_view text) {
  auto parts = split(text);
  if (!parts || !parts->unit.empty() || parts->number > 1e6)
    return wrong(text, "an amount: a number of 0 to 1000000 is expected");
  auto units = parts->number * 1e4;
  if (std::abs(units - std::round(units)) > 1e-6)
    return wrong(text, "an amount: at most four digits after the point count");
  return parts->number;
}

result<std::uint16_t> parse_port(std::string_view text) {
  auto clean = trimmed(text);
  std::uint32_t port = 0;
  auto [end, error] = std::from_chars(clean.data(),
                                      clean.data() + clean.size(), port);
  if (error != std::errc{} || end != clean.data() + clean.size()
      || port > 65535 || clean.empty())
    return wrong(text, "a port: a number of 0 to 65535 is expected");
  return static_cast<std::uint16_t>(port);
}

result<bool> parse_boolean(std::string_view text) {
  if (text == "true")
    return true;
  if (text == "false")
    return false;
  return wrong(text, "true or false");
}

result<endpoint> parse_endpoint(std::string_view text,
                                std::uint16_t default_port) {
  constexpr std::string_view expected =
    "an address: HOST or HOST:PORT such as 10.0.0.1:6379 is expected";
  endpoint value{{}, default_port};
  auto rest = std::string_view{};
  if (!text.empty() && text[0] == '[') {
    auto close = text.find(']');
    if (close == std::string_view::npos)
      return wrong(text, expected);
    value.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else if (std::count(text.begin(), text.end(), ':') > 1) {
    return wrong(text, "an address: IPv6 hosts stand in brackets, [::1]:6379");
  } else {
    auto colon = std::min(text.find(':'), text.size());
    value.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  auto good = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == ':' || c == '%'
           || c == '_';
  };
  if (value.host.empty() || value.host.size() > 253
      || !std::all_of(value.host.begin(), value.host.end(), good))
    return wrong(text, expected);
  if (!rest.empty()) {
    auto port = rest[0] == ':' ? parse_port(rest.substr(1)) : wrong(text, "");
    if (!port || *port == 0)
      return wrong(text, expected);
    value.port = *port;
  }
  return value;
}

result<std::map<std::string, double>> parse_amounts(std::string_view text) {
  std::map<std::string, double> amounts;
  auto good = each_pair(text, [&](std::string name, std::string_view value) {
    auto amount = parse_amount(value);
    if (!amount || amounts.count(name) != 0)
      return false;
    amounts.emplace(std::move(name), *amount);
    return true;
  });
  if (!good)
    return wrong(text, "a list of resources: name=amount,... with each name "
                       "once is expected");
  return amounts;
}

result<std::map<std::string, std::string>>
parse_labels(std::string_view text) {
  std::map<std::string, std::string> labels;
  auto good = each_pair(text, [&](std::string name, std::string_view value) {
    return value.size() <= 256 && labels.emplace(name, value).second;
  });
  if (!good)
    return wrong(text, "a list of labels: key=value,... with each key once is "
                       "expected");
  return labels;
}

} // namespace rayd
