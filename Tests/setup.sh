#!/bin/sh
# Installs the one system package that Quire needs, when it is missing.
set -eu

if [ -e /usr/include/readline/readline.h ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "quire: readline's header is missing; install your system's readline development package" >&2
  exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "quire: libreadline-dev is missing; as root: apt-get install libreadline-dev" >&2
    exit 1
  fi
  as_root="sudo"
fi
echo "quire: installing libreadline-dev (line editing for the REPL) with apt-get"
install_package() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libreadline-dev >/dev/null
}
# A fresh system has no package lists yet, and old lists may name a version that is gone.
install_package 2>/dev/null || { $as_root apt-get update -qq && install_package; }
