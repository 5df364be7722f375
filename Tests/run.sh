#!/bin/sh
# All tests: the Swift tests, optimised (simulations are 30 times slower in debug) but with the
# internals open to them; then the README's own packages; then the same bytes from a debug and a
# release build.
#
# One build directory per set of flags, or everything would be built again and again.
set -eu

release=.build/tests
swift build -c release --build-tests -Xswiftc -enable-testing --scratch-path "$release"
swift test -c release --skip-build -Xswiftc -enable-testing --scratch-path "$release"

sh Tests/embedding.sh

swift build --product quire
sh Tests/determinism.sh 12 "$release/release/quire" .build/debug/quire
