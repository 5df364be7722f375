#!/bin/sh
# Builds a small package from the README's own lines, and runs it: what the README says works.
#
# usage: embedding.sh   (from the root of the repository)
set -eu

root=$(pwd)
scratch=${QUIRE_EMBEDDING_SCRATCH:-$root/.build/embedding}
mkdir -p "$scratch/Sources/Grader" "$scratch/Sources/Probe"

# The Swift blocks of the README, by what they begin with.
block() {
  awk -v first="$1" '
    /^```swift$/ { inside = 1; text = ""; next }
    /^```$/ && inside { inside = 0; if (index(text, first) == 1) { printf "%s", text; exit } next }
    inside { text = text $0 "\n" }' README.md
}
# Only what changed is written, so that a second run builds nothing.
keep() { cat >"$1.new"; cmp -s "$1.new" "$1" && rm "$1.new" || mv "$1.new" "$1"; }

block "import Dispatch" | keep "$scratch/Sources/Grader/main.swift"
block "import QuireKernel" | keep "$scratch/Sources/Probe/main.swift"
{
  echo "// swift-tools-version: 6.3"
  echo "import PackageDescription"
  echo "let package = Package("
  echo "  name: \"grader\","
  block "dependencies:" |
    sed -e "s|url: \"[^\"]*\", from: \"[^\"]*\"|name: \"quire\", path: \"$root\"|" -e '$d'
  echo "  , .executableTarget("
  echo "    name: \"Probe\", dependencies: [.product(name: \"QuireKernel\", package: \"quire\")])"
  echo "])"
} | keep "$scratch/Package.swift"

cd "$scratch"
swift build -c release 2>&1 | tail -n 3
check() { printf '%s\n' "$output" | grep -q "$1" || { echo "missing: $1" >&2; echo "$output" >&2; exit 1; }; }
output=$(.build/release/Grader)
check "script: pid 3 has 1048576 bytes"
check "seed 1: 256 faults"
check "seed 2: 256 faults"
check "total 55, last value integer(110)"
check "limitReached"
check "did you mean 'touch'"
output=$(.build/release/Probe)
check "done 256"
check "rw-p"
echo "the README's packages build and run"
