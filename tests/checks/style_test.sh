#!/bin/sh
# Shows style.sh one fault of each kind and a tree without any; fails when a
# fault goes unnoticed or the good tree is refused.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT INT TERM
failed=0

# Starts an empty tree and writes standard input to the file $1.
sample() {
  rm -rf "$tree/src" "$tree/tests" "$tree/scripts" "$tree/include"
  mkdir -p "$tree/$(dirname "$1")"
  cat >"$tree/$1"
}

# Repeats the text $2 $1 times, one per line.
repeat() {
  awk -v times="$1" -v text="$2" 'BEGIN { while (times-- > 0) print text }'
}

# The tree must be refused with the words $1.
expect() {
  if output=$(sh "$folder/style.sh" "$tree" 2>&1); then
    echo "not noticed: $1"
    failed=1
  elif ! printf '%s\n' "$output" | grep -qF -- "$1"; then
    echo "expected \"$1\", got: $output"
    failed=1
  fi
}

expect_order() {
  if ! output=$(sh "$folder/style.sh" "$tree" 2>&1); then
    echo "refused without reason: $output"
    failed=1
  fi
}

sample src/base/clock.hpp <<END
#pragma once
// It's in order: an unclosed { in a comment, 1'000 and "{ in a literal.
inline int clock(int x) {
$(repeat 60 "  x += 1'000 + '{';")
  return x;
}
struct pair {
$(repeat 60 "  int x = 0;")
$(repeat 40 "  int f() { return 0; }")
};
END
expect_order
sample src/base/clock.cpp <<END
// $(repeat 1 "ä ö ü — ä ö ü — ä ö ü — ä ö ü — ä ö ü — ä ö ü — ä ö ü — ä ö ü —")
// https://example.org/$(repeat 1 "a-long-address-that-cannot-be-broken-at-all")
const char* raw = R"(
  } } { " { '
)";
END
expect_order

{ echo "#pragma once" && repeat 250 "int x;"; } | sample src/base/large.hpp
expect "longer than 250 lines"
repeat 401 "int x;" | sample src/base/large.cpp
expect "longer than 400 lines"
printf '// %078d\n' 0 | sample src/base/wide.cpp
expect "src/base/wide.cpp:1: longer than 80 columns (81)"
echo "int x;" | sample include/ray/once.hpp
expect "no #pragma once"
echo "#include <caf/all.hpp>" | sample src/base/all.cpp
expect "caf/all.hpp costs"
echo "self->request(peer, caf::infinite, 1);" | sample src/base/wait.cpp
expect "caf::infinite"
echo "// TODO: later" | sample src/base/later.cpp
expect "without an issue"
echo "std::this_thread::sleep_for(1s);" | sample tests/unit/base/nap_test.cpp
expect "do not sleep"
echo "int x;" | sample src/base/BigClock.cpp
expect "not snake_case"
for word in util common helper manager misc; do
  echo "int x;" | sample "src/base/string_$word.cpp"
  expect "\"$word\" says nothing"
done
echo "int x;" | sample src/base/clock.cc
expect "end in .hpp and .cpp"
for part in home work root; do
  echo "cd /$part/somebody" | sample scripts/run.sh
  expect "one machine only"
done
printf 'int x; \n' | sample src/base/space.cpp
expect "space at the end"
sample src/base/long_function.cpp <<END
namespace rayd {
struct thing {
  thing(int x) : x_{x}, y_{x} {
$(repeat 70 "    if (x) { x = 1; }")
  }
};
}
END
expect "src/base/long_function.cpp:3: function of 72 lines"
sample src/base/long_lambda.cpp <<END
constexpr auto f = [](int x) noexcept {
$(repeat 70 "  x += 1;")
};
END
expect "function of 72 lines"

[ "$failed" -eq 0 ] && echo "style.sh finds each fault"
exit "$failed"
