#!/bin/sh
# The same script, machine and seed give the same bytes: shown by repeating.
#
# usage: determinism.sh REPEATS PROGRAM...
# Runs three samples REPEATS times with each PROGRAM (a debug and a release build, say), spread over
# slices of 1, 7 and 10,000 steps, one and two cores, and with hashing seeded and not. Every run must
# print the same bytes. Then twenty seeds of one sample must give at least two digests.
set -eu

repeats=$1
shift
samples="race copy-on-write swap"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM

cores() {
  if command -v taskset >/dev/null 2>&1; then taskset -c "$@"; else shift; "$@"; fi
}

failures=0
for sample in $samples; do
  expected=""
  runs=0
  for program in "$@"; do
    repeat=0
    while [ "$repeat" -lt "$repeats" ]; do
      case $((repeat % 3)) in 0) slice=1 ;; 1) slice=7 ;; *) slice=10000 ;; esac
      case $((repeat / 3 % 2)) in 0) cpus=0 ;; *) cpus=0-$(($(nproc) - 1)) ;; esac
      case $((repeat / 6 % 2)) in 0) hashing="SWIFT_DETERMINISTIC_HASHING=1" ;; *) hashing="" ;; esac
      # shellcheck disable=SC2086  # no word when hashing is seeded anew in every run
      cores "$cpus" env $hashing "$program" run \
        "samples/$sample.quire" --digest --slice "$slice" >"$scratch/out" 2>&1 || true
      sum=$(cksum <"$scratch/out")
      if [ -z "$expected" ]; then
        expected=$sum
        cp "$scratch/out" "$scratch/first"
      fi
      if [ "$sum" != "$expected" ]; then
        echo "$sample: run $repeat of $program (slice $slice, cores $cpus) differs:" >&2
        diff "$scratch/first" "$scratch/out" | head -20 >&2 || true
        failures=$((failures + 1))
      fi
      repeat=$((repeat + 1))
      runs=$((runs + 1))
    done
  done
  echo "$sample: $runs runs, $(tail -n 1 "$scratch/first")"
done

seed=0
: >"$scratch/digests"
while [ "$seed" -lt 20 ]; do
  "$1" run samples/race.quire --seed "$seed" --digest | tail -n 1 >>"$scratch/digests"
  seed=$((seed + 1))
done
distinct=$(sort -u "$scratch/digests" | wc -l)
echo "race: $distinct digests among 20 seeds"
[ "$distinct" -ge 2 ] || failures=$((failures + 1))
exit "$((failures > 0))"
