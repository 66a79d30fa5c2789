#!/bin/sh
# What a cluster may leave behind: processes, shared memory, sockets, temporary
# files. BASE is the session base (XDG_STATE_HOME) that the test gave to all
# that it started, ROOT the process whose descendants count as well.
#
#   leak_check.sh snapshot BASE ROOT >FILE   what is there now
#   leak_check.sh compare BASE ROOT FILE     prints "left over: ..." for what is
#                                            there now and was not then, after
#                                            giving it 2 s to go; ends with 1
#   leak_check.sh around COMMAND...          makes a BASE, runs the command in
#                                            it, compares; ends with the
#                                            command's code or, on a leak, 1
#
# A process is ours when BASE stands in its environment, its arguments or its
# working folder, or when it descends from ROOT. A session folder's node.json,
# logs/ and control/ may stay; sockets, secrets and temporary files may not.
set -eu
export LC_ALL=C

# Descendants of the process $1, but this script's own.
descendants() {
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v root="$1" -v self=$$ '
    {
      pid = $1
      sub(/^.*\) /, "")
      parent[pid] = $2
    }
    END {
      for (pid in parent) {
        mine = 0
        for (p = pid; (p in parent) && p != root && !mine; p = parent[p])
          mine = p == self
        if (!mine && p == root && pid != root)
          print pid
      }
    }'
}

# Processes that know the session base $1.
processes_of_base() {
  grep -lF -- "$1" /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null \
    | cut -d/ -f3
  find /proc -mindepth 2 -maxdepth 2 -name cwd -lname "$1*" 2>/dev/null \
    | cut -d/ -f3
}

# Lines "process PID STARTED NAME ARGUMENTS" for the numbers on standard
# input; zombies have ended, and this script (in several processes, all of
# which have BASE among their arguments) is not meant.
describe_processes() {
  sort -nu | while read -r pid; do
    stat=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
    arguments=$( (tr '\0\n' '  ' <"/proc/$pid/cmdline") 2>/dev/null) || continue
    case $arguments in *leak_check.sh*) continue ;; esac
    printf '%s\n' "$stat" | awk -v pid="$pid" -v arguments="$arguments" '
      {
        name = $0
        sub(/^[0-9]+ \(/, "", name)
        sub(/\) .*/, "", name)
        sub(/^.*\) /, "")
        if ($1 !~ /[ZX]/)
          print "process", pid, $20, name, arguments
      }'
  done
}

# The $1 of the user's own below the remaining arguments.
entries() {
  what=$1
  shift
  find "$@" -user "$(id -u)" 2>/dev/null | sed "s/^/$what /" || true
}

snapshot() {
  base=$1
  root=$2
  {
    { descendants "$root" && processes_of_base "$base"; } \
      | describe_processes
    entries "shared memory" /dev/shm -mindepth 1
    # Unit tests that run at the same time have folders rayd-WORD-XXXXXX.
    entries "temporary file" /tmp -maxdepth 1 -name 'ray*' \
      ! -name 'rayd-*-??????'
    entries "temporary file" "$base/tmp" -mindepth 1
    entries "socket" "$base" -type s
    entries "secret" "$base" -name secret
    entries "temporary file" "$base" -name processes
    entries "temporary file" "$base" \( -name '*.tmp' -o -name 'temp-*' \)
    awk -v base="$base" 'index($NF, base) && NF == 8 {
      print "listening socket", $NF
    }' /proc/net/unix
  } | sort
}

compare() {
  before=$3
  after=$(mktemp)
  tries=${LEAK_CHECK_TRIES:-10} # each takes about 0.2 s
  while :; do
    snapshot "$1" "$2" >"$after"
    left=$(comm -13 "$before" "$after")
    [ -n "$left" ] && [ "$tries" -gt 0 ] || break
    tries=$((tries - 1))
    sleep 0.1
  done
  rm -f "$after"
  [ -z "$left" ] || {
    printf '%s\n' "$left" | sed 's/^/left over: /'
    return 1
  }
}

case "${1:-}:$#" in
  snapshot:3) snapshot "$2" "$3" ;;
  compare:4) compare "$2" "$3" "$4" ;;
  around:*)
    shift
    # Short, as the paths of sockets are limited to 100 bytes.
    base=$(mktemp -d /tmp/t-rayd.XXXXXX)
    before=$(mktemp)
    trap 'rm -rf "$base" "$before"' EXIT
    sh "$0" snapshot "$base" $$ >"$before"
    code=0
    XDG_STATE_HOME=$base "$@" || code=$?
    sh "$0" compare "$base" $$ "$before" || code=1
    exit "$code"
    ;;
  *)
    echo "usage: leak_check.sh snapshot BASE ROOT | compare BASE ROOT FILE" \
      "| around COMMAND..." >&2
    exit 2
    ;;
esac
