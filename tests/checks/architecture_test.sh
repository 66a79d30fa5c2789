#!/bin/sh
# Shows architecture.sh one forbidden include of each kind and a tree without
# any; fails when one goes unnoticed or a permitted one is refused.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT INT TERM
failed=0

# Makes a tree of one file $1 that includes $2 (with quotes or brackets).
sample() {
  rm -rf "$tree/src" "$tree/include" "$tree/apps" "$tree/tests"
  mkdir -p "$tree/$(dirname "$1")"
  printf '#include %s\n' "$2" >"$tree/$1"
}

allow() {
  sample "$1" "$2"
  if ! output=$(sh "$folder/architecture.sh" "$tree" 2>&1); then
    echo "refused without reason: $output"
    failed=1
  fi
}

# The include of $2 in $1 must be refused with the words $3.
refuse() {
  sample "$1" "$2"
  if output=$(sh "$folder/architecture.sh" "$tree" 2>&1); then
    echo "not noticed: $1 includes $2"
    failed=1
  elif ! printf '%s\n' "$output" | grep -qF -- "$3"; then
    echo "expected \"$3\", got: $output"
    failed=1
  fi
}

allow src/base/ids.hpp '<ray/detail/object_id.hpp>'
allow src/base/ids.cpp '"base/ids.hpp"'
allow src/wire/lane.cpp '"wire/schema/lane.capnp.h"'
allow src/wire/lane.cpp '"base/ids.hpp"'
allow src/transport/gate.cpp '"config/secret.hpp"'
allow src/worker/worker.cpp '"driver/session.hpp"'
allow src/node/wiring.cpp '"local_scheduler/actor.hpp"'
allow src/cli/dump.cpp '"control_store/dump.hpp"'
allow src/cli/start.cpp '<caf/actor.hpp>'
allow src/cli/start.cpp '<sys/types.h>'
allow apps/rayd/main.cpp '"cli/run.hpp"'
allow apps/examples/squares.cpp '<ray/ray.hpp>'
allow tests/unit/base/ids_test.cpp '"cli/run.hpp"'

refuse src/base/ids.hpp '"wire/tags.hpp"' "base stands below wire"
refuse src/wire/lane.hpp '"config/secret.hpp"' "stand in one layer"
refuse src/worker_pool/pool.hpp '"local_scheduler/machine.hpp"' \
  "stand in one layer"
refuse src/transport/gate.cpp '<driver/session.hpp>' \
  "transport stands below driver"
refuse src/node/wiring.cpp '"cli/run.hpp"' "node stands below cli"
refuse src/plumbing/pipe.hpp '<string>' "src/plumbing is in no layer"
refuse src/base/ids.cpp '"ids.hpp"' 'name the room too, "base/ids.hpp"'
refuse src/wire/lane.cpp '"../base/ids.hpp"' "paths start at"
refuse src/wire/lane.cpp '"plumbing/pipe.hpp"' "is no room"
refuse src/wire/lane.cpp '"tests/catch.hpp"' "is not below"
refuse include/ray/ray.hpp '"base/ids.hpp"' "include/ never includes src/"
refuse include/ray/ray.hpp '<wire/task.hpp>' "include/ never includes src/"
refuse apps/rayd/main.cpp '"node/run_node.hpp"' "includes cli only"
refuse apps/examples/squares.cpp '"driver/session.hpp"' "programs include"

[ "$failed" -eq 0 ] && echo "architecture.sh finds each fault"
exit "$failed"
