#!/usr/bin/env bash
# Installs the programs with pkg, from the registry that this machine's npm is configured with, and checks them.
#
#   tests/programs/run.sh [PROGRAM]...     PKG=path/to/pkg   LAYOUTS="isolated flat nested pnp"   KEEP=1 keeps the folder
#
# Prints one line a program and layout; exits 1 where one failed. The output of what failed stands above its line.
set -uo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
pkg="${PKG:-$here/../../target/release/pkg}"
pkg="$(cd "$(dirname "$pkg")" && pwd)/$(basename "$pkg")"
work="$(mktemp -d)"
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
if [ $# -eq 0 ]; then
  for folder in "$here"/*/; do set -- "$@" "$(basename "$folder")"; done
fi
failed=0
for layout in ${LAYOUTS:-isolated}; do
  mkdir -p "$work/$layout"
  cp "$here/check.cjs" "$work/$layout"
  for program in "$@"; do
    project="$work/$layout/$program"
    cp -R "$here/$program" "$project"
    log="$work/$layout/$program.log"
    if "$pkg" -C "$project" install --layout "$layout" >"$log" 2>&1 && "$pkg" -C "$project" run check >>"$log" 2>&1 </dev/null; then
      printf '%-10s %-12s passed\n' "$layout" "$program"
    else
      cat "$log"
      printf '%-10s %-12s FAILED\n' "$layout" "$program"
      failed=1
    fi
  done
done
[ -z "${KEEP:-}" ] || printf 'kept in %s\n' "$work"
exit "$failed"
