// Objects that leave the arena and come back: who is asked, who is written,
// and what calls a departure off.

#include "directory_fixture.hpp"

#include "catch.hpp"

using namespace rayd;
using namespace rayd::directory_test;

namespace {

using move = std::pair<std::string, object_id>;

struct leaving : directory {
  static object_id number(std::uint64_t n) {
    return child_id(root_id(here, job), n, here, job);
  }

  /// An object of this home in this arena that *process* sealed.
  object_id sealed(std::uint64_t n, process_id process = reader) {
    const auto id = number(n);
    objects.hold(process, {id});
    objects.ready(id, stored(n << 20), here);
    return id;
  }

  void want(std::uint64_t bytes) {
    objects.want_space(++wish, bytes);
    go_on();
  }

  void go_on(time_us later = 0) {
    now += later;
    objects.make_space(now);
    objects.sweep();
  }

  void give_back(const give_back_places& question) {
    objects.on_record(reader, places_given_back{question.serial, question.ids});
  }

  std::vector<move> take_moves() { return std::exchange(moves, {}); }

  std::uint64_t wish = 0;
  time_us now = 1;
};

constexpr std::uint64_t one = 1 << 20;

} // namespace

TEST_CASE_METHOD(leaving, "what was used longest ago is written to disk",
                 "[departures]") {
  const auto first = sealed(1);
  const auto second = sealed(2);
  const auto third = sealed(3);
  CHECK(objects.read(first)); // Used now, and in use.
  want(one);
  REQUIRE(questions.size() == 1);
  CHECK(questions[0].ids == std::vector{second});
  CHECK(take_moves().empty());
  give_back(questions[0]);
  CHECK(take_moves() == std::vector<move>{{"spill", second}});
  objects.spilled(second, true);
  CHECK(take_moves() == std::vector<move>{{"free", second}});
  CHECK_FALSE(objects.makes_space());
  CHECK(objects.find(second)->spilled);
  CHECK(objects.find(third)->in_arena());
}

TEST_CASE_METHOD(leaving, "an object comes back when it is wanted",
                 "[departures]") {
  const auto id = sealed(1);
  want(one);
  give_back(questions.at(0));
  objects.spilled(id, true);
  take_moves();
  objects.want(reader, id);
  CHECK(take_moves() == std::vector<move>{{"restore", id}});
  objects.fetched(id, {77 << 20, one});
  objects.send_ready(reader, 1000);
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].value.where.offset == 77 << 20);
  CHECK(objects.find(id)->in_arena());
}

TEST_CASE_METHOD(leaving, "a view keeps its object, and tells when it goes",
                 "[departures]") {
  const auto id = sealed(1);
  want(one);
  objects.on_record(reader, places_kept{questions.at(0).serial, {id}});
  go_on();
  CHECK(take_moves().empty());
  CHECK(no_space == std::vector<std::uint64_t>{1});
  want(one);
  CHECK(questions.size() == 1); // Not asked again while it is viewed.
  objects.on_record(reader, places_given_back{0, {id}});
  want(one);
  REQUIRE(questions.size() == 2);
  give_back(questions[1]);
  CHECK(take_moves() == std::vector<move>{{"spill", id}});
}

TEST_CASE_METHOD(leaving, "an answer to an older question frees nothing",
                 "[departures]") {
  const auto id = sealed(1);
  want(one);
  const auto old = questions.at(0);
  // The place is told again: the departure is off.
  objects.want(reader, id);
  objects.send_ready(reader, 1000);
  go_on();
  want(one);
  REQUIRE(questions.size() >= 2);
  give_back(old);
  give_back(old);
  CHECK(take_moves().empty());
  give_back(questions.back());
  CHECK(take_moves() == std::vector<move>{{"spill", id}});
}

TEST_CASE_METHOD(leaving, "a use during the write keeps the place",
                 "[departures]") {
  const auto id = sealed(1);
  want(one);
  give_back(questions.at(0));
  CHECK(objects.read(id));
  take_moves();
  objects.spilled(id, true);
  CHECK(take_moves() == std::vector<move>{{"drop", id}});
  CHECK(objects.find(id)->in_arena());
  objects.spilled(id, true); // Twice, or late.
  CHECK(take_moves() == std::vector<move>{{"drop", id}});
  CHECK(objects.find(id)->in_arena());
}

TEST_CASE_METHOD(leaving, "a late answer never drops the only copy",
                 "[departures]") {
  const auto id = sealed(1);
  want(one);
  give_back(questions.at(0));
  objects.spilled(id, true);
  take_moves();
  objects.spilled(id, true);
  CHECK(take_moves().empty());
}

TEST_CASE_METHOD(leaving, "a copy that its home gave up goes when its last "
                          "reader does, also when the home died",
                 "[departures]") {
  const auto id = object_of(2);
  objects.hold(reader, {id});
  objects.want(reader, id);
  located_on_node_3(id);
  objects.fetched(id, {5 << 20, one});
  objects.on_record(2, free_copies{{id}});
  objects.node_gone(2);
  objects.want(reader, id);
  objects.sweep();
  CHECK(freed.empty());
  CHECK_FALSE(objects.read(id));
  objects.drop(reader, {id});
  objects.sweep();
  CHECK(freed == std::vector{id});
}

TEST_CASE_METHOD(leaving, "arguments of running tasks stay", "[departures]") {
  in_use.push_back(sealed(1));
  want(one);
  CHECK(questions.empty());
  CHECK(no_space.size() == 1);
}

TEST_CASE_METHOD(leaving, "a copy of which there is another one only goes",
                 "[departures]") {
  const auto older = sealed(1);
  const auto copied = sealed(2);
  objects.on_record(2, node_retains{1, {copied}});
  objects.on_record(2, copy_added{copied});
  want(one);
  REQUIRE(questions.size() == 1);
  CHECK(questions[0].ids == std::vector{copied});
  give_back(questions[0]);
  CHECK(take_moves().empty());
  CHECK(freed == std::vector{copied});
  CHECK_FALSE(objects.find(copied)->local);
  CHECK(objects.find(older)->in_arena());
  objects.want(reader, copied);
  CHECK(fetches == 1);
}

TEST_CASE_METHOD(leaving, "who does not answer only keeps its objects in",
                 "[departures]") {
  constexpr process_id silent = 9;
  const auto kept = sealed(1, silent);
  const auto other = sealed(2);
  want(one);
  REQUIRE(questions.size() == 1);
  CHECK(questions[0].ids == std::vector{kept});
  go_on(departures::answer_patience + 1);
  REQUIRE(questions.size() == 2);
  CHECK(questions[1].ids == std::vector{other});
  give_back(questions[1]);
  CHECK(take_moves() == std::vector<move>{{"spill", other}});
  // Its answer comes at last, or it dies: then it may be asked again.
  objects.spilled(other, true);
  objects.process_gone(silent);
  objects.sweep();
  CHECK(objects.find(kept) == nullptr);
}

TEST_CASE_METHOD(leaving, "a full disk is not asked again at once",
                 "[departures]") {
  sealed(1);
  sealed(2);
  want(one);
  give_back(questions.at(0));
  objects.spilled(take_moves().at(0).second, false);
  go_on();
  CHECK(no_space.size() == 1);
  want(one);
  CHECK(no_space.size() == 2);
  now += departures::disk_pause + 1;
  want(one);
  CHECK(no_space.size() == 2);
  CHECK(questions.size() == 2);
}

TEST_CASE_METHOD(leaving, "a damaged file is a lost copy", "[departures]") {
  const auto id = sealed(1);
  want(one);
  give_back(questions.at(0));
  objects.spilled(id, true);
  objects.want(reader, id);
  objects.restore_failed(id);
  CHECK(rebuilt == 1);
  CHECK(freed == std::vector<object_id>{});
  objects.sweep();
  CHECK(freed == std::vector{id}); // Its file, should there be one.
}

TEST_CASE_METHOD(leaving, "a freed object takes its departure with it",
                 "[departures]") {
  const auto id = sealed(1);
  want(one);
  give_back(questions.at(0));
  objects.drop(reader, {id});
  objects.sweep();
  CHECK(freed == std::vector{id});
  take_moves();
  objects.spilled(id, true);
  CHECK(take_moves() == std::vector<move>{{"drop", id}});
  go_on();
  CHECK(no_space.size() == 1);
}

TEST_CASE_METHOD(leaving, "a transfer waits for what is on disk",
                 "[departures]") {
  const auto id = sealed(1);
  want(one);
  give_back(questions.at(0));
  objects.spilled(id, true);
  CHECK_FALSE(objects.read(id));
  CHECK(objects.comes_back(id));
  CHECK_FALSE(objects.comes_back(number(99)));
  objects.fetched(id, {5 << 20, one});
  CHECK(objects.read(id) == extent{5 << 20, one});
}
