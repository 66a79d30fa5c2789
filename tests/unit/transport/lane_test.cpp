#include "probe_actor.hpp"

#include "catch.hpp"

#include <caf/scoped_actor.hpp>

#include <thread>

using namespace rayd;

namespace {

// Two lanes whose messages the test carries by hand, through two mailboxes.
struct lane_pair {
  party left_party, right_party;
  basp_lane left, right;

  explicit lane_pair(std::size_t window = 1000)
    : left(left_party.root, right_party.root, window),
      right(right_party.root, left_party.root, window) {}

  static void carry(party& from_mailbox, basp_lane& to) {
    auto message = from_mailbox.log->messages.take();
    CHECK(to.deliver(message.tag, message.bytes));
  }
  void to_right() { carry(right_party, right); }
  void to_left() { carry(left_party, left); }
};

lane_outcome send(basp_lane& on, std::size_t bytes) {
  std::string batch(bytes, 'b');
  return on.send(batch);
}

} // namespace

TEST_CASE("batches arrive in order and whole", "[lane]") {
  lane_pair at;
  for (const char* text : {"one", "two", "three"}) {
    std::string batch = text;
    REQUIRE(at.left.send(batch) == lane_outcome::sent);
    CHECK(batch.empty());
    at.to_right();
  }
  CHECK(*at.right.receive() == "one");
  CHECK(*at.right.receive() == "two");
  CHECK(*at.right.receive() == "three");
  CHECK_FALSE(at.right.receive());
}

TEST_CASE("the sender stops when nothing is consumed and goes on after",
          "[lane]") {
  lane_pair at{1000};
  REQUIRE(send(at.left, 400) == lane_outcome::sent);
  REQUIRE(send(at.left, 400) == lane_outcome::sent); // Overdraws: 2 x 528.
  std::string third(10, 'x');
  CHECK(at.left.send(third) == lane_outcome::no_credit);
  CHECK(third.size() == 10);
  CHECK_FALSE(at.left.can_send());
  CHECK_FALSE(at.left.wait_for_credit(lane::clock::now()));
  at.to_right();
  at.to_right();
  at.right.consumed(at.right.receive()->size());
  at.to_left(); // A grant: 528 is more than a quarter.
  CHECK(at.left.can_send());
  CHECK(at.left.send(third) == lane_outcome::sent);
  at.to_right();
  CHECK_FALSE(at.right.closed());
}

TEST_CASE("credit comes back in few messages", "[lane]") {
  lane_pair at{10'000};
  for (int i = 0; i < 8; ++i) {
    REQUIRE(send(at.left, 372) == lane_outcome::sent); // 500 each.
    at.to_right();
    at.right.consumed(at.right.receive()->size());
  }
  CHECK(at.left.credit() == 6000);
  at.to_left(); // The only one: 5 x 500, sent at a quarter of the window.
  CHECK(at.left.credit() == 8500);
}

TEST_CASE("a batch larger than the window passes", "[lane]") {
  lane_pair at{1000};
  REQUIRE(send(at.left, 1 << 20) == lane_outcome::sent);
  at.to_right();
  const auto got = at.right.receive();
  REQUIRE(got);
  CHECK(got->size() == 1 << 20);
  CHECK_FALSE(at.left.can_send());
  at.right.consumed(got->size());
  at.to_left();
  CHECK(at.left.credit() == 1000);
}

TEST_CASE("a peer that sends without credit is cut off", "[lane]") {
  lane_pair at{1000};
  std::string batch(2000, 'x');
  std::string more(10, 'x');
  at.right.deliver(lane_atom::value, batch);
  CHECK_FALSE(at.right.closed());
  at.right.deliver(lane_atom::value, more);
  CHECK(at.right.closed());
  CHECK_FALSE(at.right.complaint().empty());
  CHECK(at.right.receive()->size() == 2000);
  CHECK_FALSE(at.right.receive());
}

TEST_CASE("nonsense from the peer closes the lane", "[lane]") {
  lane_pair at{1000};
  SECTION("credit that is not owed") {
    auto bytes = link_text(1);
    at.left.deliver(credit_atom::value, bytes);
    CHECK(at.left.closed());
  }
  SECTION("credit that is no number") {
    std::string bytes = "x";
    at.left.deliver(credit_atom::value, bytes);
    CHECK(at.left.closed());
  }
  SECTION("an empty batch") {
    std::string bytes;
    at.left.deliver(lane_atom::value, bytes);
    CHECK(at.left.closed());
  }
  SECTION("a batch of 16 MiB and a byte") {
    std::string bytes(lane::batch_bytes_max + 1, 'x');
    at.left.deliver(lane_atom::value, bytes);
    CHECK(at.left.closed());
  }
}

TEST_CASE("who waits for credit is woken by credit and by the end",
          "[lane]") {
  lane_pair at{1000};
  REQUIRE(send(at.left, 2000) == lane_outcome::sent);
  SECTION("credit") {
    std::thread granting{[&] {
      auto bytes = link_text(2128);
      at.left.deliver(credit_atom::value, bytes);
    }};
    CHECK(at.left.wait_for_credit(lane::clock::now() + 10s));
    granting.join();
  }
  SECTION("the end") {
    std::thread closing{[&] { at.left.close(); }};
    CHECK_FALSE(at.left.wait_for_credit(lane::clock::now() + 10s));
    closing.join();
    CHECK(send(at.left, 1) == lane_outcome::closed);
  }
}

TEST_CASE("several threads may send at once and never overdraw twice",
          "[lane]") {
  lane_pair at{4000};
  constexpr int each = 500;
  std::atomic<int> sent{0};
  std::vector<std::thread> senders;
  for (int i = 0; i < 3; ++i)
    senders.emplace_back([&] {
      for (int k = 0; k < each;) {
        std::string batch(100, 'x');
        if (at.left.send(batch) == lane_outcome::sent) {
          ++k;
          ++sent;
        } else if (!at.left.wait_for_credit(lane::clock::now() + 10s)) {
          return;
        }
      }
    });
  std::thread granting{[&] {
    // One grant for each 1,000 bytes consumed; the rest stays ungranted.
    for (int i = 0; i < 3 * each * 228 / 1140; ++i)
      at.to_left();
  }};
  for (int i = 0; i < 3 * each; ++i) {
    at.to_right();
    at.right.consumed(at.right.receive()->size());
  }
  for (auto& sender : senders)
    sender.join();
  granting.join();
  CHECK(sent == 3 * each);
  CHECK_FALSE(at.right.closed());
  CHECK_FALSE(at.left.closed());
}
