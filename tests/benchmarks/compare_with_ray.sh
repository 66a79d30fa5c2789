#!/bin/sh
# Measures rayd's rows and, right after them, the same rows with Ray's C++ and
# Python API on this machine, and prints both, their ratio, and whether the
# least ratios that this project promises are met.
#
#   tests/benchmarks/compare_with_ray.sh RAYD [FLAGS]
#
# RAYD is the built program (build/dev/bin/rayd). Flags:
#   --rows=N,N,...   only these rows
#   --seconds=S --runs=N   as of rayd microbenchmark
#   --json=FILE      writes all figures there, too
#   --check          ends with 1 when a floor is missed
#
# Ray is installed from PyPI into a folder of its own: RAY_VENV, which is kept,
# or a temporary one. Ray runs in a network and process namespace (namespace.sh;
# needs root), so that it listens nowhere and nothing of it is left. Ends with 1
# when something did not run.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)

usage() {
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
  exit 2
}

rayd= rows=1,2,3,4,5,6,8,9,10,11,16,18 seconds=2 runs=5 json= check=
for argument; do
  case $argument in
    --rows=*) rows=${argument#*=} ;;
    --seconds=*) seconds=${argument#*=} ;;
    --runs=*) runs=${argument#*=} ;;
    --json=*) json=${argument#*=} ;;
    --check) check=--check ;;
    -*) usage ;;
    *) [ -z "$rayd" ] || usage; rayd=$argument ;;
  esac
done
[ -n "$rayd" ] && [ -x "$rayd" ] || usage
[ "$(id -u)" = 0 ] || {
  echo "compare_with_ray.sh: Ray's namespace needs root" >&2
  exit 1
}

# Ray puts sockets below it, whose paths have 107 bytes at most.
scratch=$(mktemp -d /tmp/rb.XXXXXX)
ray=
clean() {
  # Takes Ray's processes with it.
  [ -z "$ray" ] || kill -KILL "$ray" 2>/dev/null || true
  rm -rf "$scratch"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

venv=${RAY_VENV:-$scratch/venv}
if [ ! -x "$venv/bin/ray" ]; then
  echo "installing Ray into $venv" >&2
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --no-cache-dir \
    'ray[default,cpp]==2.60.0' numpy >&2
fi

echo "building Ray's C++ programs" >&2
cpp=$("$venv/bin/python" -c '
import os, ray
print(os.path.join(os.path.dirname(ray.__file__), "cpp"))')
mkdir "$scratch/ray"
build() {
  g++ -std=c++17 -O2 -w -D_GLIBCXX_USE_CXX11_ABI=0 -isystem "$cpp/include" \
    "$folder/ray/rows.cpp" "$@" -L"$cpp/lib" -lray_api \
    -Wl,-rpath,"$cpp/lib" -pthread
}
build -o "$scratch/ray/rows"
build -shared -fPIC -o "$scratch/ray/librows.so"

failed=0
"$rayd" microbenchmark --json --rows="$rows" --seconds="$seconds" \
  --runs="$runs" > "$scratch/rayd.json" || failed=1

echo "measuring Ray" >&2
"$folder/ray/namespace.sh" "$venv/bin/python" "$folder/ray/measure.py" \
  "$scratch/ray" "$seconds" "$runs" "$rows" \
  > "$scratch/ray.json" 2> "$scratch/ray.log" &
ray=$!
wait "$ray" || {
  failed=1
  tail -n 20 "$scratch/ray.log" >&2
}
ray=

status=0
python3 "$folder/compare.py" "$scratch/rayd.json" "$scratch/ray.json" \
  ${json:+--json="$json"} $check || status=$?
[ "$failed" = 0 ] || {
  echo "compare_with_ray.sh: not everything ran" >&2
  status=1
}
exit "$status"
