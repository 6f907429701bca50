#!/usr/bin/env bash
# Records what a person sees: each scene runs in a real terminal (tmux), and its screen is printed as text.
#
#   tests/terminal/record.sh [COLUMNS]...     PKG=path/to/pkg
#
# With no width: 80 and 40 columns. Uses the packages of registry-fixtures, so it needs no network. Times and paths
# are as they were; everything else is the same in every run.
set -uo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../.." && pwd)"
pkg="${PKG:-$root/target/release/pkg}"
pkg="$(cd "$(dirname "$pkg")" && pwd)/$(basename "$pkg")"
work="$(mktemp -d)"
socket="pkg-terminal-$$"
trap 'tmux -L "$socket" kill-server 2>/dev/null; rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/home"
ln -s "$pkg" "$work/bin/pkg"

# A project of its own for each scene.
project() {
  rm -rf "$work/shop" && mkdir "$work/shop"
  cp -R "$root/registry-fixtures/packages" "$work/packages" 2>/dev/null
  printf 'registry=file:../packages\n' >"$work/shop/.npmrc"
  printf '%s\n' "$1" >"$work/shop/package.json"
}

# Types each line at the prompt, once what went before has ended, and prints the screen at the end. A line that begins
# with `key:` is a key, or several, for a program that asks.
scene() {
  local title="$1" line
  shift
  tmux -L "$socket" -f /dev/null new-session -d -x "$columns" -y 60 -s scene \
    "cd '$work/shop' && exec env -i HOME='$work/home' PKG_HOME='$work/home' PATH='$work/bin:$PATH' TERM=screen PS1='$ ' bash --norc --noprofile"
  wait_for '^\$ *$'
  for line in "$@"; do
    case "$line" in
      key:*) tmux -L "$socket" send-keys -t scene ${line#key:}; sleep 0.3; continue ;;
      wait:*) wait_for "${line#wait:}"; continue ;;
    esac
    wait_for '^\$ *$'
    tmux -L "$socket" send-keys -t scene -l -- "$line"
    tmux -L "$socket" send-keys -t scene Enter
    sleep 0.1
  done
  wait_for '^\$ *$'
  printf '### %s, %s columns\n\n```text\n' "$title" "$columns"
  tmux -L "$socket" capture-pane -p -t scene | sed -e 's/[[:space:]]*$//' -e "s#$work#~#g" |
    awk 'NF { for (; gap; gap--) print ""; print; next } { gap++ }' | sed -e '$ { /^\$$/d }'
  printf '```\n\n'
  tmux -L "$socket" kill-session -t scene
}

# Waits until the last line of the screen is as wanted, for ten seconds at most.
wait_for() {
  for _ in $(seq 200); do
    tmux -L "$socket" capture-pane -p -t scene | awk 'NF { last = $0 } END { print last }' | grep -Eq -- "$1" && return
    sleep 0.05
  done
}

[ $# -gt 0 ] || set -- 80 40
for columns in "$@"; do
  project '{"name": "shop", "version": "1.0.0", "dependencies": {"tiny-http-app": "^1.0.0", "colour-print": "1.x"}}'
  scene "An install, and one that has nothing to do" "pkg install" "pkg install"
  scene "A package is added" "pkg add tiny-log" "pkg list"
  scene "A frozen install that must not go on" \
    "echo '{\"dependencies\": {\"tiny-log\": \"^2.0.0\"}}' > package.json" "pkg install --frozen-lockfile"
  project '{"name": "shop", "version": "1.0.0"}'
  scene "A range that nothing satisfies, a name that does not exist, a command that does not" \
    "pkg add tiny-log@^99" "pkg add tiny-lgo" "pkg isntall"
  project '{"name": "shop", "version": "1.0.0", "dependencies": {"plug-one": "^1.0.0", "plug-host": "^2.0.0"}}'
  scene "A conflict, and why" "pkg install" "pkg explain plug-host"
  project '{"name": "shop", "version": "1.0.0", "dependencies": {"script-post": "^1.0.0"}}'
  scene "A script of a package, and its approval" "pkg install" "pkg approve-builds" "wait:\\?|\\[" "key:y Enter" "pkg install"
done
