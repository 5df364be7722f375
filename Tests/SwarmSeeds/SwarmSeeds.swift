// How many seeds a swarm tries: a few in every test run, many in `make soak`.

internal import Foundation

/// The seeds of a swarm: `count` of them, or with QUIRE_SOAK=N in the environment N times as many.
public func swarmSeeds<Seed: FixedWidthInteger>(_ count: Seed, from first: Seed = 0) -> Range<Seed>
where Seed.Stride: SignedInteger {
  let factor = ProcessInfo.processInfo.environment["QUIRE_SOAK"].flatMap { Seed($0) } ?? 1
  return first..<first + count * max(factor, 1)
}
