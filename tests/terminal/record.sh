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
work="$(mktemp -d /tmp/XXXXX)"
socket="pkg-terminal-$$"
trap 'tmux -L "$socket" kill-server 2>/dev/null; [ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/home"
ln -s "$pkg" "$work/bin/pkg"

# A project of its own for each scene; with `slow`, its packages come from a server that takes its time.
project() {
  rm -rf "$work/shop" && mkdir "$work/shop"
  [ -d "$work/packages" ] || cp -R "$root/registry-fixtures/packages" "$work/packages"
  printf 'registry=%s\n' "${2:-file:../packages}" >"$work/shop/.npmrc"
  printf '%s\n' "$1" >"$work/shop/package.json"
}

# Types each line at the prompt, once what went before has ended, and prints the screen at the end. A line that begins
# with `key:` is a key, or several, for a program that asks.
# `shot:` prints the screen as it is then, `size:` makes the terminal so wide. The variables of `settings` are set.
scene() {
  local title="$1" line
  shift
  tmux -L "$socket" -f /dev/null new-session -d -x "$columns" -y 60 -s scene \
    "cd '$work/shop' && exec env -i HOME='$work/home' PKG_HOME='$work/home' PATH='$work/bin:$PATH' TERM=screen PS1='$ ' $settings bash --norc --noprofile"
  wait_for '^\$ *$'
  printf '### %s, %s columns\n\n```text\n' "$title" "$columns"
  for line in "$@"; do
    case "$line" in
      key:*) tmux -L "$socket" send-keys -t scene ${line#key:}; sleep 0.3; continue ;;
      wait:*) wait_for "${line#wait:}"; continue ;;
      size:*) tmux -L "$socket" resize-window -t scene -x "${line#size:}"; sleep 0.4; continue ;;
      shot:*) printf '(%s)\n' "${line#shot:}"; shot; printf '\n'; continue ;;
    esac
    wait_for '^\$ *$'
    tmux -L "$socket" send-keys -t scene -l -- "$line"
    tmux -L "$socket" send-keys -t scene Enter
    sleep 0.1
  done
  wait_for '^\$ *$'
  shot "$colours" | sed -e '$ { /^\$$/d }'
  printf '```\n\n'
  tmux -L "$socket" kill-session -t scene
}

# The screen; with `-e`, colours and all, in words.
shot() {
  # shellcheck disable=SC2086
  tmux -L "$socket" capture-pane -p -S - ${1:-} -t scene | sed -e 's/\x1b\[\([0-9;]*\)m/‹\1›/g' -e 's/[[:space:]]*$//' -e "s#$work#~#g" |
    awk 'NF { for (; gap; gap--) print ""; print; next } { gap++ }'
}

# Waits until the last line of the screen is as wanted, for ten seconds at most.
wait_for() {
  for _ in $(seq 200); do
    tmux -L "$socket" capture-pane -p -t scene | awk 'NF { last = $0 } END { print last }' | grep -Eq -- "$1" && return
    sleep 0.05
  done
}

# A registry that answers each request after so many milliseconds.
slow() {
  exec 3< <(exec node "$here/slow.cjs" "$work/packages" "$1")
  server=$!
  read -r port <&3
  address="http://127.0.0.1:$port/"
}

settings="" colours="" server=""
mkdir -p "$work/home"
cp -R "$root/registry-fixtures/packages" "$work/packages"
slow 400
shop='{"name": "shop", "version": "1.0.0", "dependencies": {"tiny-http-app": "^1.0.0", "colour-print": "1.x"}}'
chain='{"name": "shop", "version": "1.0.0", "dependencies": {"chain-1": "1.x", "colour-print": "1.x"}, "scripts": {"wait": "echo begun; sleep 30; echo never"}}'

[ $# -gt 0 ] || set -- 80 40
for columns in "$@"; do
  project "$shop"
  scene "An install, and one that has nothing to do" "pkg install" "pkg install"
  scene "A package is added" "pkg add tiny-log" "pkg add -D tiny-log" "pkg list" "pkg remove tiny-log"
  scene "A frozen install that must not go on" \
    "echo '{\"dependencies\": {\"tiny-log\": \"^2.0.0\"}}' > package.json" "pkg install --frozen-lockfile"
  project '{"name": "shop", "version": "1.0.0"}'
  scene "A range that nothing satisfies, a name that does not exist" "pkg add tiny-log@^99" "pkg add tiny-lgo"
  project '{"name": "shop", "version": "1.0.0", "scripts": {"build": "true", "test": "exit 3"}}'
  scene "A command and a script that do not exist, one that fails, flags that exclude each other" \
    "pkg isntall" "pkg run biuld" "pkg test" "pkg install --prod --dev" "pkg ci" "pkg add -g tiny-log" "pkg install --fozen"
  project '{"name": "shop", "version": "1.0.0", "dependencies": {"plug-one": "^1.0.0", "plug-host": "^2.0.0"}}'
  scene "A conflict, and why" "pkg install" "pkg explain plug-host"
  project '{"name": "shop", "version": "1.0.0", "dependencies": {"script-post": "^1.0.0"}}'
  scene "A script of a package, and its approval" "pkg install" "pkg approve-builds" "wait:later:" "key:y Enter" "pkg install"
  rm -rf "$work/home"/* "$work/shop/node_modules" "$work/shop/pkg-builds.json"
  scene "A question without a terminal, and one that Ctrl-C ends" "pkg install" "pkg approve-builds </dev/null" \
    "pkg approve-builds" "wait:later:" "key:C-c" 'echo "exit code $?"'
  project '{"name": "shop", "version": "1.0.0", "dependencies": {"greet": "1.0.0", "number-list": "1.0.0"}}'
  scene "What may move is chosen; Ctrl-C changes nothing" "pkg install" \
    "sed -i 's/\"1.0.0\",/\"^1.0.0\",/; s/\"1.0.0\"}/\"^1.0.0\"}/' package.json" "pkg update -i" "wait:leave" "key:Space" "shot:chosen" "key:C-c" \
    'echo "exit code $?"; stty -a | grep -owe "-*echo"'
  rm -rf "$work/home"/*
  project "$chain" "$address"
  scene "Ctrl-C in the middle of an install, and of a script" "pkg install" "wait:Resolving [2-9]" "shot:meanwhile" "key:C-c" \
    'echo "exit code $?"; ls node_modules' "pkg install" "pkg run wait" "wait:begun" "key:C-c" 'echo "exit code $?"'
done

columns=80
rm -rf "$work/home"/*
project "$chain" "$address"
scene "An install during which the terminal is made narrower, and wide again" "pkg install" "wait:Resolving [2-9]" \
  "shot:80" "size:40" "shot:40" "size:80" "shot:80"
project "$shop"
settings="FORCE_COLOR=" colours="-e"
scene "Colours, as codes" "pkg install" "pkg add tiny-lgo"
settings="NO_COLOR=1"
scene "NO_COLOR, as codes" "pkg add tiny-lgo"
settings="TERM=dumb" colours=""
rm -rf "$work/home"/*
project "$chain" "$address"
scene "TERM=dumb" "pkg install"
settings=""
project "$shop"
scene "Piped" "pkg install 2>&1 | cat" "pkg list | cat" "pkg add tiny-lgo 2>&1 | cat"
