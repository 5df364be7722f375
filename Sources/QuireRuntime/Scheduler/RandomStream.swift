// Random numbers of our own: the same on every host and in every version of Swift.
//
// A root SplitMix64 derives named streams, each a xoshiro256**, so that a draw in one part of the
// machine never moves another. The algorithms are in the public domain (Vigna, Blackman); the
// bounded draw is Lemire's (2019).

/// SplitMix64: seeds everything else.
package struct SplitMix64: Sendable, Hashable, BitwiseCopyable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// What a stream of the machine is for.
package enum StreamName: UInt64, Sendable {
  case scheduler = 1
  case environment = 2
  case workload = 3
  case process = 4
}

/// One stream of random numbers: xoshiro256**.
package struct RandomStream: Sendable, Hashable, BitwiseCopyable {
  private var s0: UInt64
  private var s1: UInt64
  private var s2: UInt64
  private var s3: UInt64

  package init(seed: UInt64) {
    var root = SplitMix64(seed: seed)
    s0 = root.next()
    s1 = root.next()
    s2 = root.next()
    s3 = root.next()
  }

  /// The stream `name` of the machine with this seed; `key` tells apart streams of one name.
  package init(seed: UInt64, _ name: StreamName, key: UInt64 = 0) {
    var root = SplitMix64(seed: seed)
    var named = SplitMix64(seed: root.next() ^ name.rawValue &* 0xd134_2543_de82_ef95)
    var keyed = SplitMix64(seed: named.next() ^ key)
    self.init(seed: keyed.next())
  }

  package mutating func next() -> UInt64 {
    let result = Self.rotate(s1 &* 5, 7) &* 9
    let t = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = Self.rotate(s3, 45)
    return result
  }

  /// A number in `0 ..< bound`, each equally likely; `bound` is at least 1.
  package mutating func below(_ bound: UInt64) -> UInt64 {
    precondition(bound > 0, "RandomStream.below: the bound is 0")
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return product.high
  }

  /// Puts `count` things into random order by exchanging pairs of them (Fisher–Yates, from the
  /// end).
  package mutating func shuffle(count: Int, exchange: (Int, Int) -> Void) {
    var last = count - 1
    while last > 0 {
      exchange(last, Int(below(UInt64(last + 1))))
      last -= 1
    }
  }

  private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 {
    (word << count) | (word >> (64 - count))
  }
}
