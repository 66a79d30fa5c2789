#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

/// Runs *body* in a forked child, for what would end or change this process.
/// @returns Its exit code: what body returned, or 1000 + the signal.
template <class Body>
int in_child(Body body) {
  std::fflush(nullptr);
  auto child = ::fork();
  if (child == 0) {
    int code = 255;
    try {
      code = body();
    } catch (const std::exception& reason) {
      std::fprintf(stderr, "child: %s\n", reason.what());
    }
    std::fflush(nullptr);
    ::_exit(code);
  }
  int state = 0;
  ::waitpid(child, &state, 0);
  return WIFEXITED(state) ? WEXITSTATUS(state) : 1000 + WTERMSIG(state);
}
