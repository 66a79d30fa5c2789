#!/bin/sh
# What a change must pass before others read it: format, build, all tests
# (among them style and architecture), then the unit tests and the simulation
# under the sanitizers. --fix formats the files instead of complaining.
set -eu
cd "$(dirname "$0")/.."

fix=
[ "${1:-}" != --fix ] || fix=1

scripts/install_dependencies.sh --checks

# clang-format 14 garbles requires-clauses, of which include/ray is full.
sources=$(find src tests apps -name '*.hpp' -o -name '*.cpp')
# File names have no spaces: the style test sees to that.
# shellcheck disable=SC2086
if [ -n "$fix" ]; then
  clang-format -i $sources
else
  clang-format --dry-run --Werror $sources
fi

scripts/build.sh dev
ctest --preset dev
scripts/build.sh asan
ctest --preset asan
scripts/build.sh tsan
ctest --preset tsan
echo "local checks: all passed"
