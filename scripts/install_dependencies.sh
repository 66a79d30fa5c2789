#!/bin/sh
# Installs the Debian packages that rayd needs and this machine lacks: those to
# build and run it, with --tests also those of its tests, with --checks also
# those of scripts/local_checks.sh. Works as root, else with sudo. Starts no
# service: redis-tools brings the server's program, not the service.
set -eu

build="g++ cmake ninja-build ccache pkg-config capnproto \
libcaf-dev libboost-dev libhiredis-dev libcapnp-dev libfmt-dev libspdlog-dev \
libcli11-dev libxxhash-dev libssl-dev nlohmann-json3-dev libjs-dygraphs \
redis-tools"
tests="catch2 librapidcheck-dev openssh-client chromium chromium-driver"
# Where systemd runs, these packages would start their services; the tests that
# want an sshd of their own, or promtool, say there that they are skipped.
[ -d /run/systemd/system ] || tests="$tests openssh-server prometheus"
checks="clang-format clang-tidy"

wanted=$build
for argument in "$@"; do
  case $argument in
    --tests) wanted="$wanted $tests" ;;
    --checks) wanted="$wanted $tests $checks" ;;
    *)
      echo "usage: install_dependencies.sh [--tests] [--checks]" >&2
      exit 2
      ;;
  esac
done

command -v dpkg-query >/dev/null 2>&1 || {
  echo "This is not Debian: please install what stands for these packages:" >&2
  echo "  $wanted" >&2
  exit 1
}

is_installed() {
  dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null \
    | grep -q '^install ok installed$'
}

missing=
for package in $wanted; do
  is_installed "$package" || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "dependencies: all installed"
  exit 0
fi
echo "dependencies: installing$missing"

as_root=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || {
    echo "Not root and no sudo; please run as root:" >&2
    echo "  apt-get install -y$missing" >&2
    exit 1
  }
  as_root=sudo
fi

# $missing is a list of words.
# shellcheck disable=SC2086
install_missing() {
  $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends $missing </dev/null
}

# A fresh machine has no lists, an old one lists of files that are gone.
if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
  echo "dependencies: apt-get update, as there are no package lists yet"
  $as_root apt-get update
  install_missing
elif ! install_missing; then
  echo "dependencies: apt-get update, as the package lists may be old"
  $as_root apt-get update
  install_missing
fi
