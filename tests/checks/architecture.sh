#!/bin/sh
# Checks who includes whom in the tree $1. Rooms stand in layers; a file
# includes its own room, lower layers and include/ray, and rooms of one layer
# never include each other. Prints "FILE:LINE: what is wrong" for each fault
# and ends with 1 when there is one.
set -eu
export LC_ALL=C

[ $# -eq 1 ] && [ -d "$1" ] || {
  echo "usage: architecture.sh TREE" >&2
  exit 2
}
folder=$(cd "$(dirname "$0")" && pwd)
cd "$1"

# The layers, lowest first, one per line.
layers="base
wire config shared_memory
transport
driver
local_scheduler worker_pool global_scheduler worker object_store \
object_transfer control_store dashboard
node
cli"

faults=$(
  for part in include src apps; do
    [ ! -d "$part" ] || find "$part" -type f \
      \( -name '*.hpp' -o -name '*.cpp' \)
  done | sort | tr '\n' '\0' \
    | LAYERS="$layers" xargs -0 awk -f "$folder/architecture.awk"
)
if [ -n "$faults" ]; then
  printf '%s\n' "$faults"
  echo "architecture: $(printf '%s\n' "$faults" | wc -l) faults"
  exit 1
fi
echo "architecture: every include goes down"
