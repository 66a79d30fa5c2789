#!/bin/sh
# Everything from an empty machine to a verdict: installs what is missing,
# builds all with preset dev (or the one in $1) and runs all tests. The last
# line is "N passed, N failed", or "N passed, N failed, N skipped": test cases
# of the Catch2 programs, and tests of ctest that are other programs. Ends
# with 0 only when nothing failed and something passed.
set -u
cd "$(dirname "$0")/.."

preset=${1:-dev}
report=build-$preset/test-report.xml
rm -f "$report"

scripts/install_dependencies.sh --tests || {
  echo "0 passed, 1 failed"
  exit 1
}

# What does not compile fails; the rest is tested all the same.
build_failed=0
started=$(date +%s)
scripts/build.sh "$preset" || {
  build_failed=1
  echo "test: the build failed; going on with what can be built"
  cmake --build "build-$preset" -- -k 0 >/dev/null 2>&1
}
echo "test: built in $(($(date +%s) - started)) s"

started=$(date +%s)
ctest --test-dir "build-$preset" --output-on-failure -j2 \
  --output-junit "$PWD/$report" --test-output-truncation head \
  --test-output-size-passed 1000000 --test-output-size-failed 1000000
echo "test: ran in $(($(date +%s) - started)) s"

[ -f "$report" ] || report=/dev/null
exec awk -v build_failed="$build_failed" -f scripts/count_tests.awk "$report"
