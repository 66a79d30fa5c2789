#include "dashboard/report_page.hpp"

#include "dashboard/assets.hpp"

#include "catch.hpp"

#include <string>

using namespace rayd;

namespace {

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1))
    ++found;
  return found;
}

} // namespace

TEST_CASE("a report is one file that asks for nothing", "[report]") {
  const auto page = report_page(R"({"status": {}})");
  CHECK(page.find(R"(id="report">{"status": {}}</script>)")
        != std::string::npos);
  // What it loads is in it.
  for (const char* attribute : {"src=\"", "href=\""})
    for (auto at = page.find(attribute); at != std::string::npos;
         at = page.find(attribute, at + 1)) {
      const auto value = page.substr(at + std::string{attribute}.size(), 20);
      INFO(value);
      CHECK((value.starts_with("data:") || value.starts_with("#")));
    }
  CHECK(page.find("default-src 'none'; script-src data: 'sha256-")
        != std::string::npos);
  CHECK(page.find("http://") == std::string::npos);
  CHECK(page.find("https://") == std::string::npos);
  CHECK(count(page, "<script") == 4);
  CHECK(count(page, "</script>") == 4);
  // Every module has a name in the import map; feed.js is the report's own.
  const auto map = page.substr(page.find("\"importmap\""));
  for (const auto& one : all_assets()) {
    if (!one.path.ends_with(".js"))
      continue;
    INFO(one.path);
    const auto name = "\"rayd" + std::string{one.path} + "\":\"data:text/"
                      + "javascript;base64,";
    CHECK(count(map, name) == (one.path == "/report_feed.js" ? 0u : 1u));
  }
}

TEST_CASE("modules import each other by names only", "[report]") {
  for (const auto& one : all_assets()) {
    const std::string text{one.plain.data(), one.plain.size()};
    INFO(one.path);
    CHECK_FALSE(one.plain.empty());
    CHECK_FALSE(one.gzip.empty());
    CHECK(text.find("from '") == std::string::npos);
    CHECK(text.find("import \"") == std::string::npos);
    if (one.path.ends_with(".css"))
      CHECK(text.find("url(") == std::string::npos);
  }
}

TEST_CASE("no text in the data ends the script that holds it", "[report]") {
  const auto page
    = report_page(R"({"a": "</script><img src=x onerror=alert(1)><!--"})");
  CHECK(page.find("<img src=x") == std::string::npos);
  CHECK(page.find(R"(\u003c/script>\u003cimg src=x)") != std::string::npos);
}

TEST_CASE("a report of many signs takes no time", "[report]") {
  // Moving the rest for each of them would take minutes.
  const std::size_t many = 2 << 20;
  const auto page = report_page('"' + std::string(many, '<') + '"');
  CHECK(page.size() > many * 6);
  CHECK(page.ends_with("</html>\n"));
}
