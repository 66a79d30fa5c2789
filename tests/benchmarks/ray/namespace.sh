#!/bin/sh
# Runs a command where only a loopback interface and its own processes exist:
# Ray listens on every interface, even when told --node-ip-address=127.0.0.1,
# and `ray stop` ends every Ray process that it sees. What is left over ends
# with the command. Needs root. Usage: namespace.sh COMMAND ARGUMENTS...
set -eu
exec unshare --net --pid --fork --kill-child --mount-proc sh -c '
  ip link set lo up 2>/dev/null || python3 -c "
import fcntl, socket, struct
up = struct.pack(\"16sh14x\", b\"lo\", 0x41)
fcntl.ioctl(socket.socket(), 0x8914, up)"
  # Not exec: as process 1 the command would have to reap orphans.
  "$@"
  exit $?' namespace "$@"
