#!/usr/bin/env bash
# Installs two packages with scripts, from the registry that this machine's npm is configured with: esbuild, and a native
# addon that node-gyp compiles with the headers of the Node.js that is there. Their scripts run in the jail, which must be
# whole; then the addon is put in place again without running anything (what esbuild does changes no file, so it runs again).
#
#   tests/programs/builds.sh     PKG=path/to/pkg   LAYOUTS="isolated flat nested pnp"
#
# Prints one line a layout; exits 1 where one failed. The output of what failed stands above its line.
set -uo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
pkg="${PKG:-$here/../../target/release/pkg}"
pkg="$(cd "$(dirname "$pkg")" && pwd)/$(basename "$pkg")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export PKG_HOME="$work/home" PKG_CONFIG_SANDBOX=required
check="console.log(require('esbuild').transformSync('let a: 1 = 1', { loader: 'ts' }).code.trim(), typeof require('fs-ext').flock)"
failed=0
for layout in ${LAYOUTS:-isolated flat nested pnp}; do
  project="$work/$layout"
  log="$work/$layout.log"
  mkdir "$project"
  printf '{"name": "app", "dependencies": {"esbuild": "0.25.0", "fs-ext": "2.1.1"}}\n' >"$project/package.json"
  printf 'layout=%s\n' "$layout" >"$project/.npmrc"
  rm -rf "$PKG_HOME/store/v1/builds"
  if "$pkg" -C "$project" install >"$log" 2>&1 &&
    "$pkg" -C "$project" approve-builds --all >>"$log" 2>&1 &&
    [ "$("$pkg" -C "$project" node -e "$check" 2>>"$log")" = "let a = 1; function" ] &&
    rm -rf "$project/node_modules" "$project/.pkg" "$project"/.pnp.* &&
    again="$("$pkg" -C "$project" install 2>>"$log")" && [[ "$again" == *"1 built before"* ]] &&
    [ "$("$pkg" -C "$project" node -e "$check" 2>>"$log")" = "let a = 1; function" ]; then
    printf '%-10s built in %s, and again in %s\n' "$layout" "$(grep -o '[0-9.]* m\?s$' "$log" | tail -1)" "$(grep -o '[0-9.]* m\?s$' <<<"$again" | tail -1)"
  else
    cat "$log"
    printf '%-10s FAILED\n' "$layout"
    failed=1
  fi
done
exit "$failed"
