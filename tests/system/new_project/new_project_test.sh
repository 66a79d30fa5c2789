#!/bin/sh
# Installs the build folder $1 with the CMake $2 to a temporary prefix, has its
# rayd make a project, then does what the project's README says: builds it as
# it stands, runs it alone and on a cluster.
set -eu
build=$1
cmake=$2

skip() {
  echo "skipped: new_project: $*"
  exit 77
}
[ -e "$build/lib/librayd.so" ] || skip "lib/librayd.so is not built yet"
[ -x "$build/bin/rayd" ] || skip "bin/rayd is not built yet"

scratch=$(mktemp -d)
mkdir "$scratch/state"
unset RAY_ADDRESS RAYD_EXECUTABLE RAYD_SESSION_DIR || true
export XDG_STATE_HOME="$scratch/state"
rayd=$scratch/prefix/bin/rayd
finish() {
  code=$?
  trap - EXIT
  [ ! -x "$rayd" ] || "$rayd" stop >/dev/null 2>&1 || true
  rm -rf "$scratch"
  exit "$code"
}
trap finish EXIT

"$cmake" --install "$build" --prefix "$scratch/prefix" >/dev/null
"$rayd" new "$scratch/first steps"
cd "$scratch/first steps"
{
  "$cmake" -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wshadow -Wconversion -Werror" \
    && "$cmake" --build build
} >"$scratch/log" 2>&1 || {
  cat "$scratch/log"
  exit 1
}
echo "the project builds as it stands"

wanted="1 5 14 30 55 "
check() {
  echo "$1: $2"
  [ "$2" = "$wanted" ] || {
    echo "expected: $wanted"
    exit 1
  }
}
check "alone" "$(RAY_NUM_CPUS=2 timeout 60 ./build/first_steps)"
"$rayd" start --head --port=0 --num-cpus=2 >/dev/null
check "on a cluster" "$(RAY_ADDRESS=auto timeout 60 ./build/first_steps)"
"$rayd" stop

# A second time there is something to lose.
if "$rayd" new "$scratch/first steps" 2>"$scratch/log"; then
  echo "a folder with a project was accepted"
  exit 1
fi
grep -q "is not empty" "$scratch/log"
