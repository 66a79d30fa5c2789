#pragma once

#include "transport/dial.hpp"
#include "transport/gate.hpp"
#include "transport/tls_pump.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>

#include <stdlib.h>

#include <filesystem>

namespace rayd {

using namespace std::chrono_literals;

/// A folder of its own, removed at the end.
struct scratch {
  std::string path;

  scratch() {
    char name[] = "/tmp/rayd-test-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~scratch() { std::filesystem::remove_all(path); }
};

/// Things that callbacks on other threads hand to the test.
template <class Value>
class inbox {
public:
  void put(Value value) {
    const std::lock_guard guard{lock_};
    values_.push_back(std::move(value));
    changed_.notify_all();
  }

  /// Waits for 10 s at most, which no passing test does.
  Value take() {
    std::unique_lock guard{lock_};
    if (!changed_.wait_for(guard, 10s, [this] { return !values_.empty(); }))
      return Value{};
    Value value = std::move(values_.front());
    values_.pop_front();
    return value;
  }

private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<Value> values_;
};

inline secret_key test_key(unsigned char fill) {
  secret_key key{};
  key.fill(fill);
  return key;
}

/// A gate on a Unix path and a loopback port that lets everybody in.
struct open_gate {
  scratch folder;
  tls_pump pump;
  secret_key key = test_key(7);
  std::string path = folder.path + "/private/gate.sock";
  inbox<accepted> guests;
  gate_callbacks callbacks;
  gate_options options;
  std::unique_ptr<gate> door;

  open_gate() {
    options.unix_path = path;
    options.tcp = true;
    options.key = key;
    options.pump = &pump;
    options.cluster_id = "c1";
    callbacks.decide = [](const hello&, const peer_info&) -> gate_answer {
      welcome in;
      in.node = 3;
      in.details = "come in";
      return in;
    };
    callbacks.accept = [this](accepted guest) { guests.put(std::move(guest)); };
  }

  ~open_gate() {
    if (door)
      door->stop();
  }

  void open() {
    auto made = gate::open(options, callbacks);
    if (made)
      door = std::move(*made);
  }

  outcome<dialled, dial_failure> dial(hello greeting = {},
                                      std::chrono::milliseconds within = 5s) {
    return dial_tcp("127.0.0.1", door->port(), key, std::move(greeting),
                    within);
  }
};

} // namespace rayd
