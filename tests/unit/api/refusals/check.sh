#!/bin/sh
# Compiles each case of cases.cpp alone: it must fail with the sentence that
# stands behind its "case" line, and case 0 (what is right) must compile.
# Usage: check.sh COMPILER INCLUDE_FOLDER
set -u
compiler=$1
include=$2
here=$(dirname "$0")
failed=0

compile() {
  "$compiler" -std=c++20 -fsyntax-only -I"$include" -DCASE="$1" \
    "$here/cases.cpp" 2>&1
}

output=$(compile 0) || { echo "case 0 does not compile: $output"; failed=1; }

sed -n 's|^#if CASE == \([1-9][0-9]*\) // \(.*\)$|\1 \2|p' \
  "$here/cases.cpp" >"${TMPDIR:-/tmp}/refusals.$$"
while read -r number sentence; do
  if output=$(compile "$number"); then
    echo "case $number compiles, but should say: $sentence"
    failed=1
  elif ! printf '%s' "$output" | grep -qF "$sentence"; then
    echo "case $number does not say \"$sentence\" but: $output" | head -20
    failed=1
  fi
done <"${TMPDIR:-/tmp}/refusals.$$"
rm -f "${TMPDIR:-/tmp}/refusals.$$"
exit $failed
