#include "node/run_node.hpp"

#include "base/log.hpp"
#include "node/node_process.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>

namespace rayd {

namespace {

/// Descriptors of what can end a node, closed with this.
class end_watch {
public:
  end_watch(const node_options& options, int lifeline_fd, int ended_fd) {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    signals_ = ::signalfd(-1, &signals, SFD_CLOEXEC);
    if (options.private_cluster || options.follows_parent)
      parent_ = static_cast<int>(
        ::syscall(SYS_pidfd_open, options.parent_pid, 0));
    watched_ = {{{signals_, POLLIN, 0},
                 {parent_, POLLIN, 0},
                 {lifeline_fd, POLLIN, 0},
                 {ended_fd, POLLIN, 0}}};
  }

  ~end_watch() {
    ::close(signals_);
    if (parent_ >= 0)
      ::close(parent_);
  }

  end_watch(const end_watch&) = delete;
  end_watch& operator=(const end_watch&) = delete;

  /// Waits; gives a sentence's end that says why the node ends.
  std::string wait() {
    for (;;) {
      if (::poll(watched_.data(), watched_.size(), -1) < 0)
        continue;
      if (watched_[0].revents != 0) {
        signalfd_siginfo info{};
        (void) !::read(signals_, &info, sizeof(info));
        return fmt::format("signal {}", info.ssi_signo);
      }
      if (watched_[1].revents != 0)
        return "its program ended";
      if (watched_[2].revents != 0)
        return "its program let go of it";
      if (watched_[3].revents != 0)
        return {};
    }
  }

private:
  int signals_ = -1;
  int parent_ = -1;
  std::array<pollfd, 4> watched_{};
};

/// The second signal: everything dies with this process, by the kernel, and
/// what would stay in the file system is taken away before.
void end_at_once_on_signal(const session& own) {
  std::thread{[copy = own]() mutable {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    int number = 0;
    ::sigwait(&signals, &number);
    end_session(copy);
    ::_exit(1);
  }}.detach();
}

} // namespace

int run_node(const node_options& options, session& session,
             ready_report& report, int lifeline_fd) {
  int code = static_cast<int>(exit_code::ok);
  // Never destroyed: CAF's actor_system may wait in its destructor for
  // threads that do not end. stop() ends all that matters; the process's
  // `_exit` the rest.
  auto& node = *new node_process{options, session};
  if (auto failure = node.start()) {
    report.failed(failure->code, failure->sentence);
    code = static_cast<int>(failure->code);
  } else {
    report.ready(node.info());
    end_watch watch{options, lifeline_fd, node.ended_fd()};
    const auto why = watch.wait();
    if (why.empty())
      code = static_cast<int>(exit_code::failed);
    RAYD_INFO("this node ends: {}", why.empty() ? node.reason() : why);
  }
  session.record.state = "ending";
  (void) write_record(session);
  end_at_once_on_signal(session);
  node.stop();
  return code;
}

} // namespace rayd
