#!/bin/sh
# Compares a million seeded questions with the reference implementation under Node.js.
#
#   range/differential/run.sh [number of questions] [seed]
#
# SEMVER names the folder of the `semver` package to compare with; by default it is the one inside
# the npm that is installed.
set -eu
export PKG_RANGE_QUESTIONS="${1:-1000000}"
export PKG_RANGE_SEED="${2:-1}"
export PKG_RANGE_REFERENCE="${SEMVER:-$(npm root -g)/npm/node_modules/semver}"
cd "$(dirname "$0")/.."
exec cargo test --release --test differential -- --nocapture
