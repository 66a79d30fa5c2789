#!/bin/sh
# Checks the rules of style that need no compiler, for the tree in $1: sizes of
# files, lines and functions, names of files, things that are banned. Prints
# "FILE:LINE: what is wrong" for each fault and ends with 1 when there is one.
set -eu
export LC_ALL=C

[ $# -eq 1 ] && [ -d "$1" ] || {
  echo "usage: style.sh TREE" >&2
  exit 2
}
folder=$(cd "$(dirname "$0")" && pwd)
cd "$1"

# Text that we wrote: no build folders, nothing that git does not keep.
list_files() {
  for part in include src apps tests config scripts cmake .ci; do
    [ ! -d "$part" ] || find "$part" -type f
  done
  find . -maxdepth 1 -type f ! -name LICENSE | sed 's|^\./||'
}

list_files | sort >"${TMPDIR:-/tmp}/style-files.$$"
trap 'rm -f "${TMPDIR:-/tmp}/style-files.$$"' EXIT INT TERM

faults=$(
  awk -f "$folder/file_names.awk" "${TMPDIR:-/tmp}/style-files.$$"
  grep -E '\.(hpp|cpp|capnp|sh|awk|cmake|conf|md|txt|json|in|js|css|html)$' \
    "${TMPDIR:-/tmp}/style-files.$$" | tr '\n' '\0' \
    | xargs -0 awk -f "$folder/style.awk"
  grep -E '\.(hpp|cpp)$' "${TMPDIR:-/tmp}/style-files.$$" | tr '\n' '\0' \
    | xargs -0 awk -v most=70 -f "$folder/function_length.awk"
)
if [ -n "$faults" ]; then
  printf '%s\n' "$faults"
  echo "style: $(printf '%s\n' "$faults" | wc -l) faults"
  exit 1
fi
echo "style: $(wc -l <"${TMPDIR:-/tmp}/style-files.$$") files are in order"
