#include "dashboard/report_page.hpp"

#include "base/base64.hpp"
#include "base/sha256.hpp"
#include "dashboard/assets.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>

namespace rayd {

namespace {

std::string_view text_of(const asset& one) {
  return {one.plain.data(), one.plain.size()};
}

void replace_all(std::string& text, std::string_view old,
                 std::string_view fresh) {
  for (auto at = text.find(old); at != std::string::npos;
       at = text.find(old, at + fresh.size()))
    text.replace(at, old.size(), fresh);
}

/// JSON as a script may hold it: a < stands in texts only, and so no text ends
/// the script. Data are large and may have any number of them: one pass.
std::string script_safe(std::string_view json) {
  std::string safe;
  safe.reserve(json.size() + json.size() / 16);
  for (const char c : json)
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  return safe;
}

/// A module in a data: address has no folder to import from: its imports go by
/// names, which the import map knows.
std::string address_of(const asset& one) {
  std::string text{text_of(one)};
  if (one.path.ends_with(".js"))
    replace_all(text, "from \"/", "from \"rayd/");
  const auto type = one.type.substr(0, one.type.find(';'));
  return fmt::format("data:{};base64,{}", type, base64(text));
}

/// "rayd/dom.js" -> its address, of each module.
std::string import_map() {
  nlohmann::json names = nlohmann::json::object();
  for (const auto& one : all_assets()) {
    const auto path = one.path;
    if (!path.ends_with(".js") || path == "/report_feed.js")
      continue;
    const auto* const real
      = path == "/feed.js" ? find_asset("/report_feed.js") : &one;
    if (real != nullptr)
      names[fmt::format("rayd{}", path)] = address_of(*real);
  }
  return nlohmann::json{{"imports", std::move(names)}}.dump();
}

/// As content policies name a script.
std::string hash_of(std::string_view script) {
  sha256 hash;
  hash.add(script.data(), script.size());
  const auto digits = hash.finish();
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return base64(bytes);
}

} // namespace

std::string report_page(std::string_view data) {
  const auto* const index = find_asset("/index.html");
  if (index == nullptr)
    return {};
  std::string page{text_of(*index)};
  for (const auto& one : all_assets()) {
    const auto wanted = fmt::format("=\"{}\"", one.path);
    if (page.find(wanted) != std::string::npos)
      replace_all(page, wanted, fmt::format("=\"{}\"", address_of(one)));
  }
  const auto names = import_map();
  const auto head = fmt::format(
    "<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
    "'none'; script-src data: 'sha256-{}'; style-src data:; img-src data:; "
    "base-uri 'none'; form-action 'none'\">\n"
    "<script type=\"importmap\">{}</script>\n"
    "<script type=\"application/json\" id=\"report\">{}</script>",
    hash_of(names), names, script_safe(data));
  constexpr std::string_view mark = "<meta charset=\"utf-8\">";
  const auto at = page.find(mark);
  return at == std::string::npos ? page
                                 : page.replace(at, mark.size(), head);
}

} // namespace rayd
