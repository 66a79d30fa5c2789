// Not run by default: unit_object_store "[figures]" prints what the store and
// its copies cost on this machine, beside the machine's own memcpy.
#include "object_store/store_ledger.hpp"
#include "shared_memory/prefault.hpp"
#include "shared_memory/stream_copy.hpp"
#include "store_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

using namespace rayd;

namespace {

constexpr std::uint64_t GiB = 1ull << 30;

template <class Body>
double seconds(Body body) {
  auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now()
                                       - begin)
    .count();
}

template <class Body>
void print_rate(const char* what, Body body) {
  std::vector<double> runs;
  for (int i = 0; i < 5; ++i)
    runs.push_back(double(GiB) / seconds(body) / 1e9);
  std::sort(runs.begin(), runs.end());
  std::printf("%-44s %5.1f %5.1f %5.1f GB/s\n", what, runs[0], runs[2],
              runs[4]);
}

void put_into(arena_view& view, extent where, const void* from,
              unsigned threads) {
  auto to = view.fill(where);
  REQUIRE(to);
  copy_in(to->data(), from, to->size(), threads);
}

} // namespace

TEST_CASE("figures: put of 1 GiB", "[.][figures]") {
  std::vector<std::byte> from(GiB, std::byte(1));
  std::vector<std::byte> local(GiB, std::byte(2));
  print_rate("memcpy, warm", [&] {
    std::memcpy(local.data(), from.data(), GiB);
  });
  local = {};
  for (unsigned threads : {1u, 2u}) {
    auto cold = make_arena(GiB);
    auto view = std::move(*open_view(*cold));
    auto t = seconds([&] { REQUIRE(cold->reserve(GiB)); });
    std::printf("reserve (fallocate) of 1 GiB %26.1f GB/s\n",
                double(GiB) / t / 1e9);
    t = seconds([&] {
      put_into(*view, {0, GiB / 2}, from.data(), threads);
    });
    std::printf("first put of 512 MiB, only reserved, %u threads %9.1f GB/s\n",
                threads, double(GiB / 2) / t / 1e9);
    t = seconds([&] { cold->touch({GiB / 2, GiB / 2}); });
    std::printf("touch (as prefault does) of 512 MiB %18.1f GB/s\n",
                double(GiB / 2) / t / 1e9);
    t = seconds([&] {
      put_into(*view, {GiB / 2, GiB / 2}, from.data(), threads);
    });
    std::printf("first put of 512 MiB, prefaulted, %u thread(s) %8.1f GB/s\n",
                threads, double(GiB / 2) / t / 1e9);
    print_rate(threads == 1 ? "put 1 GiB, warm, 1 thread"
                            : "put 1 GiB, warm, 2 threads",
               [&] {
      put_into(*view, {0, GiB}, from.data(), threads);
    });
    auto reader = std::move(*open_view(*cold));
    std::uint64_t sum = 0;
    t = seconds([&] {
      auto bytes = reader->view({0, GiB});
      for (std::size_t i = 0; i < GiB; i += 64)
        sum += std::uint64_t((*bytes)[i]);
    });
    std::printf("first read of 1 GiB by another view %18.1f GB/s\n",
                double(sum) * 64 / t / 1e9);
    t = seconds([&] {
      for (int i = 0; i < 1'000'000; ++i)
        sum += (*reader->view({std::uint64_t(i), GiB / 2})).size();
    });
    std::printf("view of 512 MiB %38.1f ns\n", t * 1e3 + double(sum == 1));
  }
}

TEST_CASE("figures: prefault and the store under it", "[.][figures]") {
  auto arena = make_arena(2 * GiB);
  prefault ahead(arena, GiB);
  auto t = seconds([&] {
    while (ahead.ready_up_to() < GiB)
      std::this_thread::yield();
  });
  std::printf("prefault beside a yielding thread %20.1f GB/s\n",
              double(GiB) / t / 1e9);
}

TEST_CASE("figures: the ledger", "[.][figures]") {
  constexpr int rounds = 1'000'000;
  store_ledger ledger(8 * GiB);
  std::vector<object_id> held(10'000);
  std::uint64_t n = 0;
  auto cycle = [&] {
    auto& slot = held[n % held.size()];
    ledger.free_object(slot);
    slot = {1, ++n};
    auto where = std::get<extent>(ledger.create(1, slot, 1000 + n % 5000));
    ledger.seal(1, slot, where);
  };
  for (std::size_t i = 0; i < held.size(); ++i)
    cycle();
  auto t = seconds([&] {
    for (int i = 0; i < rounds; ++i)
      cycle();
  });
  std::printf("ledger: create + seal + free, 10,000 objects held %4.0f ns\n",
              t / rounds * 1e9);
  extent room;
  t = seconds([&] {
    for (int i = 0; i < rounds; ++i) {
      if (room.size < 1024)
        room = std::get<extent>(ledger.give_room(2, 1));
      ledger.seal_in_room(2, {2, std::uint64_t(i)}, {room.offset, 1000});
      room = {room.offset + 1024, room.size - 1024};
    }
  });
  std::printf("ledger: put of 1,000 bytes in a room %17.0f ns\n",
              t / rounds * 1e9);
  t = seconds([&] {
    for (int i = 0; i < rounds; ++i)
      ledger.free_object({2, std::uint64_t(i)});
  });
  std::printf("ledger: free of one of a million %21.0f ns\n",
              t / rounds * 1e9);
}

TEST_CASE("figures: the actor", "[.][figures]") {
  store_fixture fx(make_arena(GiB));
  auto t = seconds([&] {
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      auto x = fx.ask(create_object{i, 1, {1, i}, 1000});
      fx.tell(seal_object{1, {1, i}, std::get<extent>(x), false});
      fx.tell(free_objects{{{1, i}}});
    }
  });
  std::printf("actor: create, seal, free with a round trip %8.1f us\n",
              t / 10'000 * 1e6);
  constexpr int batches = 1'000;
  t = seconds([&] {
    for (std::uint64_t i = 0; i < batches; ++i) {
      auto room = std::get<extent>(fx.ask(give_room{2, 100 * 1024}));
      seal_objects batch;
      free_objects gone;
      for (std::uint64_t k = 0; k < 100; ++k) {
        batch.seals.push_back(
          {2, {2, i * 100 + k}, {room.offset + k * 1024, 1000}, true});
        gone.objects.push_back({2, i * 100 + k});
      }
      fx.tell(std::move(batch));
      fx.tell(std::move(gone));
      fx.tell(return_room{2, room});
    }
    fx.usage();
  });
  std::printf("actor: put in a room and free, batches of 100 %6.2f us each\n",
              t / batches / 100 * 1e6);
}
