#!/bin/sh
# From a fresh Debian to results: installs what is missing, builds, runs the
# example programs on a private cluster of this machine, then the same,
# unchanged programs on a cluster of two nodes. Keeps its session folders in a
# temporary place and stops what it started, whatever happens.
set -eu
cd "$(dirname "$0")/.."
begun=$(date +%s)

say() {
  printf '\n== %s\n' "$*"
}

# Runs a command, shows it and the time that it took.
run() {
  printf '\n$ %s\n' "$*"
  from=$(date +%s.%N)
  "$@"
  awk -v from="$from" -v to="$(date +%s.%N)" \
    'BEGIN { printf "(%.2f s)\n", to - from }'
}

# The first port from $1 on at which nobody on this machine listens.
free_port() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$1" '
    $4 == "0A" { sub(/.*:/, "", $2); taken[$2] = 1 }
    END {
      while (sprintf("%04X", port) in taken)
        ++port
      print port
    }'
}

say "Installing what is missing"
run scripts/install_dependencies.sh

say "Building (preset release)"
run scripts/build.sh release rayd squares counter counter_caf
PATH=$PWD/build-release/bin:$PATH
export PATH

scratch=$(mktemp -d)
chmod 700 "$scratch"
export XDG_STATE_HOME="$scratch"
unset RAY_ADDRESS RAY_REDIS_PASSWORD RAY_REDIS_PASSWORD_FILE || true
finish() {
  code=$?
  trap - EXIT INT TERM
  # `rayd stop` ends the nodes of this session base only.
  rayd stop >/dev/null 2>&1 || true
  if [ "$code" -eq 0 ]; then
    rm -rf "$scratch"
  else
    echo "demo: failed (exit code $code); its logs stay in $scratch/rayd" >&2
  fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "A private cluster: each program starts one and takes it down"
run env RAY_NUM_CPUS=10 squares
say "The first result came $(($(date +%s) - begun)) s after the demo's start"
run counter
run counter_caf

port=$(free_port 6379)
say "A cluster of two nodes, started by hand"
run rayd start --head --port="$port" --num-cpus=4
run rayd start --address=127.0.0.1:"$port" --num-cpus=8
run rayd status

say "The same programs on it"
export RAY_ADDRESS=auto
run squares
run counter
run counter_caf
run rayd status
unset RAY_ADDRESS

say "Stopping it"
run rayd stop
say "Done in $(($(date +%s) - begun)) s"
