#!/bin/sh
# Shows leak_check.sh commands that leave something behind, and one that does
# not.
# shellcheck disable=SC2016
set -eu
check="sh $(cd "$(dirname "$0")" && pwd)/leak_check.sh around"
failed=0

# The command $2 must be told that it left over what $1 matches.
expect() {
  if output=$(LEAK_CHECK_TRIES=1 $check sh -c "$2"); then
    echo "not noticed: $2"
    failed=1
  elif ! printf '%s\n' "$output" | grep -q "^left over: $1"; then
    echo "expected \"$1\", got: $output"
    failed=1
  fi
}

# The processes end by themselves, after the check has given up on them; they
# hold no output that somebody here waits for.
expect "process .* sleep 10" 'sleep 10 >/dev/null 2>&1 &'
expect "process .* sleep 10" \
  'cd $XDG_STATE_HOME && exec setsid -f env -i sleep 10 >/dev/null 2>&1'
expect "secret" 'mkdir $XDG_STATE_HOME/s && : >$XDG_STATE_HOME/s/secret'
expect "temporary file" ': >$XDG_STATE_HOME/node.json.tmp'

left=/dev/shm/leak_check_test.$$
trap 'rm -f "$left"' EXIT
expect "shared memory $left" ": >$left"
rm -f "$left"

code=0
$check sh -c 'mkdir $XDG_STATE_HOME/logs; sleep 0.3 & exit 7' || code=$?
[ "$code" -eq 7 ] || {
  echo "a command that leaves nothing behind ended with $code instead of 7"
  failed=1
}

[ "$failed" -eq 0 ] && echo "leak_check.sh finds what is left"
exit "$failed"
