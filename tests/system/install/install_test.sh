#!/bin/sh
# Installs the build folder $1 of the tree $2 to a temporary prefix with the
# CMake $3, moves the prefix, builds a user's project with the example squares
# against it and runs that.
set -eu
build=$1
source=$2
cmake=$3
here=$(cd "$(dirname "$0")" && pwd)

skip() {
  echo "skipped: install: $*"
  exit 77
}
[ -e "$build/lib/librayd.so" ] || skip "lib/librayd.so is not built yet"
[ -e "$source/apps/examples/squares.cpp" ] || skip "squares is not there yet"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/state"

"$cmake" --install "$build" --prefix "$scratch/first" >/dev/null
# Nothing may depend on where it was installed to.
mv "$scratch/first" "$scratch/prefix"
for file in lib/librayd.so lib/cmake/rayd/rayd-config.cmake \
  lib/cmake/rayd/FindCAF.cmake include/ray/ray.hpp; do
  [ -e "$scratch/prefix/$file" ] || {
    echo "$file is not installed"
    exit 1
  }
done

"$cmake" -S "$here" -B "$scratch/demo" -G Ninja \
  -DCMAKE_PREFIX_PATH="$scratch/prefix" -DCMAKE_BUILD_TYPE=Debug \
  -DDEMO_SOURCE="$source/apps/examples/squares.cpp" >"$scratch/log" 2>&1 \
  && "$cmake" --build "$scratch/demo" >>"$scratch/log" 2>&1 || {
  cat "$scratch/log"
  exit 1
}
echo "the demo builds against the installed package"

[ -x "$scratch/prefix/bin/rayd" ] || {
  echo "bin/rayd is not built yet, the demo is not run"
  exit 0
}
for file in man/man1/rayd.1 man/man1/rayd-start.1 zsh/site-functions/_rayd \
  bash-completion/completions/rayd fish/vendor_completions.d/rayd.fish; do
  [ -s "$scratch/prefix/share/$file" ] || {
    echo "share/$file is not installed"
    exit 1
  }
done
unset RAY_ADDRESS RAYD_EXECUTABLE
XDG_STATE_HOME=$scratch/state RAY_NUM_CPUS=10 \
  timeout 60 "$scratch/demo/demo" >"$scratch/out" || {
  echo "the demo ended with $?"
  cat "$scratch/out"
  exit 1
}
cat "$scratch/out"
grep -q '^0 1 4 9 16 25 36 49 64 81 $' "$scratch/out"
XDG_STATE_HOME=$scratch/state "$scratch/prefix/bin/rayd" version
XDG_STATE_HOME=$scratch/state "$scratch/prefix/bin/rayd" stop
