#!/bin/sh
# All tests: the Swift tests in release (simulations are 30 times slower in debug), the scripts
# that are tests, and the same bytes in debug and release.
set -eu

swift build -c release --build-tests
swift test -c release --skip-build
