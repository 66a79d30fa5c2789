#include "cli/run_rayd.hpp"

// One binary, every role: the first argument names the command, and a node is
// the command `start` (or, detached, `node-process`).
int main(int argc, char** argv) {
  rayd::run_rayd(argc, argv);
}
