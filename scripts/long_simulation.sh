#!/bin/sh
# More seeds of the simulation than the tests run: builds it with preset
# release and runs SEEDS seeds (20000 by default), from FIRST on, of the
# default mix, then as many with all trouble at once, on all cores. Prints for
# each mix the seeds per second and the first seed that failed, and ends with 1
# when one did.
#
#   scripts/long_simulation.sh [SEEDS [FIRST]]
set -eu
cd "$(dirname "$0")/.."

seeds=${1:-20000}
first=${2:-1}
for number in "$seeds" "$first"; do
  case $number in
    '' | *[!0-9]*)
      echo "usage: long_simulation.sh [SEEDS [FIRST]]" >&2
      exit 2
      ;;
  esac
done

scripts/build.sh release simulation
cores=$(nproc)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
worst=0

# mix NAME FLAG...: one mix of troubles.
mix() {
  name=$1
  shift
  code=0
  started=$(date +%s.%N)
  build-release/bin/simulation --from "$first" --seeds "$seeds" \
    --jobs "$cores" "$@" >"$log" || code=$?
  ended=$(date +%s.%N)
  # Each process stops after ten failures: what counts is what it says it ran.
  awk -v name="$name" -v flags="$*" -v code="$code" \
    -v seconds="$(echo "$ended $started" | awk '{ print $1 - $2 }')" '
    $1 == "seed" {
      failed++
      if (first == "" || $2 + 0 < first + 0) {
        first = $2
        what = $0
      }
    }
    $2 == "seeds" && $3 == "in" { ran += $1 }
    END {
      printf "%s: %d seeds, %.0f seeds/s, %d failed\n", name, ran,
        ran / (seconds > 0 ? seconds : 1), failed
      if (first != "") {
        print what
        sub(/^ +/, "", flags)
        printf "again: build-release/bin/simulation --seed %s %s\n", first,
          flags
      } else if (code != 0)
        printf "the simulation ended with %d\n", code
    }' "$log"
  [ "$code" -eq 0 ] || worst=1
}

mix "default mix"
mix "all trouble" --trouble all
exit "$worst"
