// The random numbers are part of the language: a changed draw changes every recorded run.

import Testing

@testable import QuireRuntime

@Suite("Random streams")
struct RandomStreamTests {
  /// Published vectors of SplitMix64 (seed 1234567).
  @Test("SplitMix64 gives its published numbers")
  func splitMix() {
    var stream = SplitMix64(seed: 1_234_567)
    #expect(
      (0..<5).map { _ in stream.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test("xoshiro256** gives the same numbers as ever")
  func xoshiro() {
    var stream = RandomStream(seed: 7)
    #expect(
      (0..<4).map { _ in stream.next() } == [
        0xb358_faf7_4ef9_765a, 0x475c_3d96_4f48_2cd2, 0xd6f1_d349_952c_7996, 0xfb29_3873_1e80_7240,
      ])
  }

  @Test(
    "each named stream has numbers of its own",
    arguments: [
      (StreamName.scheduler, UInt64(0), UInt64(0x3ae6_6250_96a1_4f9c)),
      (.environment, 0, 0x9824_d849_255b_069b),
      (.workload, 0, 0x7779_0e82_71f1_b202),
      (.process, 0, 0x0092_2ec3_7498_662c),
      (.process, 1, 0x553d_9658_e6b9_8c34),
    ])
  func named(name: StreamName, key: UInt64, first: UInt64) {
    var stream = RandomStream(seed: 7, name, key: key)
    #expect(stream.next() == first)
  }

  @Test("bounded draws, the rejection included")
  func below() {
    var stream = RandomStream(seed: 42)
    #expect((0..<12).map { _ in stream.below(6) } == [0, 2, 4, 5, 5, 4, 4, 5, 4, 3, 4, 1])
    #expect(stream.below(3 << 62) == 11_082_217_660_002_669_832)
  }

  @Test("a shuffle is Fisher-Yates from the end")
  func shuffle() {
    var stream = RandomStream(seed: 42)
    var order = Array(0..<10)
    stream.shuffle(count: order.count) { order.swapAt($0, $1) }
    #expect(order == [9, 1, 4, 2, 8, 7, 6, 5, 3, 0])
  }

  @Test("every order of three comes up about equally often")
  func shuffleIsFair() {
    var stream = RandomStream(seed: 1)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<6_000 {
      var order = [0, 1, 2]
      stream.shuffle(count: 3) { order.swapAt($0, $1) }
      counts[order, default: 0] += 1
    }
    #expect(counts.count == 6)
    for count in counts.values { #expect((900...1_100).contains(count)) }
  }
}
