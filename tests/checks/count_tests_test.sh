#!/bin/sh
# Shows scripts/count_tests.awk a report with one test of each kind.
set -eu
tree=$1
faults=$(mktemp)
trap 'rm -f "$faults"' EXIT

# Standard input: a report; $1: the last line that is expected.
expect() {
  line=$(awk -f "$tree/scripts/count_tests.awk" | tail -n 1)
  [ "$line" = "$1" ] || {
    echo "expected \"$1\", got \"$line\"" >>"$faults"
  }
}

test_case() {
  printf '\t<testcase name="%s" classname="x" time="1" status="%s">\n' \
    "$1" "$2"
}

ended() {
  printf '</system-out>\n\t</testcase>\n'
}

{
  test_case unit_base run
  echo "<system-out>==="
  echo "All tests passed (1 assertion in 7 test cases)"
  ended
} | expect "7 passed, 0 failed"
{
  test_case unit_base fail
  printf '\t\t<system-out>skipped: "not root"\nFAILED:\n'
  echo "test cases: 9 | 7 passed | 2 failed"
  echo "assertions: 19 | 10 passed | 9 failed"
  ended
  test_case style run
  printf '\t\t<system-out>style: 9 files are in order\n'
  ended
} | expect "7 passed, 2 failed, 1 skipped"
{
  test_case crashed fail
  echo "<system-out>All tests passed (1 assertion in 7 test cases)"
  ended
  test_case missing notrun
  printf '\t\t<skipped message="Unable to find executable"/>\n'
  printf '\t\t<system-out>'
  ended
  test_case install notrun
  printf '\t\t<skipped message="SKIP_RETURN_CODE=77"/>\n\t\t<system-out>'
  ended
  test_case catch3 run
  echo "<system-out>test cases: 3 | 1 passed | 2 skipped"
  ended
  test_case empty run
  printf '\t\t<system-out>No tests ran\n'
  ended
} | expect "8 passed, 2 failed, 3 skipped"
expect "0 passed, 0 failed" </dev/null

cat "$faults"
[ ! -s "$faults" ] && echo "count_tests.awk counts right"
