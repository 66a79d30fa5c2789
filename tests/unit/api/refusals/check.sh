#!/bin/sh
# cases.cpp must compile as it is. With REFUSED defined, each line below a
# comment "says: SENTENCE" must be refused: the compiler names the line, and
# gives the sentence.
# Usage: check.sh COMPILER INCLUDE_FOLDER
set -u
compiler=$1
include=$2
cases=$(dirname "$0")/cases.cpp
output=$(mktemp)
trap 'rm -f "$output"' EXIT INT TERM

if ! "$compiler" -std=c++20 -fsyntax-only -I"$include" "$cases" \
  >"$output" 2>&1; then
  echo "what is right does not compile:"
  cat "$output"
  exit 1
fi

case $("$compiler" --version) in
  *clang*) all="-ferror-limit=0" ;;
  *) all="-fmax-errors=0" ;;
esac
"$compiler" -std=c++20 -fsyntax-only -I"$include" -DREFUSED "$all" "$cases" \
  >"$output" 2>&1
grep -n '// says: ' "$cases" | {
  failed=0
  while IFS= read -r found; do
    line=$((${found%%:*} + 1))
    sentence=${found#*// says: }
    grep -qE "cases\.cpp:$line:" "$output" && grep -qF "$sentence" "$output" \
      || {
        echo "line $line of cases.cpp is not refused with: $sentence"
        failed=1
      }
  done
  exit $failed
}
