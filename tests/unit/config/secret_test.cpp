#include "catch.hpp"

#include "config/node_options.hpp"
#include "config/secret.hpp"
#include "temporary_folder.hpp"

#include <cstring>
#include <sys/stat.h>
#include <vector>

using namespace rayd;

TEST_CASE("a secret never prints itself", "[secret]") {
  CHECK(to_string(secret{"hunter2"}) == "(secret)");
  CHECK(to_string(secret{}) == "(none)");
  secret first{"hunter2"};
  secret second{std::move(first)};
  CHECK(first.empty()); // NOLINT: the move wipes
  CHECK(second.reveal() == "hunter2");
}

TEST_CASE("random secrets differ and hold 128 bits", "[secret]") {
  auto one = random_secret().reveal();
  CHECK(one.size() == 5 + 32);
  CHECK(one.rfind("rayd-", 0) == 0);
  CHECK(one != random_secret().reveal());
}

TEST_CASE("a secret's file is one line that only its owner reads",
          "[secret]") {
  temporary_folder folder;
  auto good = folder.write("good", "canary\n");
  REQUIRE(read_secret(good));
  CHECK(read_secret(good)->reveal() == "canary");
  auto open = folder.write("open", "canary\n", 0644);
  CHECK(read_secret(open).error().message
        == open + " has mode 0644, so that other users may know the secret: "
                  "run chmod 600 "
             + open);
  auto empty = folder.write("empty", "\n");
  CHECK(read_secret(empty).error().message
        == empty + " is empty: put the cluster's secret there");
  auto two = folder.write("two", "a\nb\n");
  CHECK(read_secret(two).error().message
        == two + " is not a secret: one line of 1 to 1024 bytes is expected");
  CHECK_FALSE(read_secret(folder.write("long", std::string(2000, 'x'))));
  CHECK_FALSE(read_secret(folder.path() / "none"));
  CHECK_FALSE(read_secret(folder.path()));
}

TEST_CASE("the process list loses the secret at once", "[secret]") {
  std::vector<std::string> texts{"rayd",
                                 "start",
                                 "--redis-password=canary",
                                 "--redis-password",
                                 "canary",
                                 "--redis-pasword=canary",
                                 "--redis-password-file=/a/b",
                                 "--port=1",
                                 "--",
                                 "--redis-password=program"};
  std::vector<char*> argv;
  for (auto& text : texts)
    argv.push_back(text.data());
  scrub_arguments(static_cast<int>(argv.size()), argv.data());
  CHECK(texts[2] == "--redis-password=******");
  CHECK(texts[4] == "******");
  CHECK(texts[5] == "--redis-pasword=******");
  CHECK(texts[6] == "--redis-password-file=/a/b");
  CHECK(texts[9] == "--redis-password=program");
  for (std::size_t i = 0; i < 9; ++i)
    CHECK(texts[i].find("canary") == std::string::npos);
}

TEST_CASE("a secret's file is made when it is missing", "[secret]") {
  temporary_folder place;
  auto file = (place.path() / "lab.secret").string();
  auto made = read_or_make_secret(file);
  REQUIRE(made);
  CHECK(made->reveal().size() == 37);
  struct stat info {};
  REQUIRE(::stat(file.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  auto again = read_or_make_secret(file);
  REQUIRE(again);
  CHECK(again->reveal() == made->reveal());
  place.write("open", "x", 0644);
  CHECK_FALSE(read_or_make_secret((place.path() / "open").string()));
  CHECK_FALSE(read_or_make_secret((place.path() / "none/x").string()));
}
