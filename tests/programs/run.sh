#!/usr/bin/env bash
# Installs the programs with pkg, from the registry that this machine's npm is configured with, and checks them.
#
#   tests/programs/run.sh [PROGRAM]...     PKG=path/to/pkg
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
pkg="${PKG:-$here/../../target/release/pkg}"
pkg="$(cd "$(dirname "$pkg")" && pwd)/$(basename "$pkg")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cp "$here/check.cjs" "$work"
[ $# -gt 0 ] || set -- express koa nest
for program in "$@"; do
  cp -R "$here/$program" "$work/$program"
  "$pkg" -C "$work/$program" install
  "$pkg" -C "$work/$program" run check
done
