#!/bin/sh
# Configures and builds with a preset of CMakePresets.json (dev by default)
# into build-PRESET. Further words are targets:
#
#   scripts/build.sh [PRESET [TARGET...]]
set -eu
cd "$(dirname "$0")/.."

preset=${1:-dev}
[ $# -eq 0 ] || shift

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! cmake --preset "$preset" >"$log" 2>&1; then
  cat "$log"
  exit 1
fi
if [ $# -eq 0 ]; then
  cmake --build --preset "$preset"
else
  cmake --build --preset "$preset" --target "$@"
fi
