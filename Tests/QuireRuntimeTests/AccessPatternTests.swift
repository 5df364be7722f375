// Walks over memory: what each pattern promises.

import Testing

@testable import QuireRuntime

@Suite("Access patterns")
struct AccessPatternTests {
  private func draws(_ pattern: AccessPattern, _ count: Int) -> [UInt64] {
    var pattern = pattern
    var stream = RandomStream(seed: 3)
    return (0..<count).map { _ in pattern.next(&stream) }
  }

  @Test("a stride goes round")
  func stride() {
    #expect(draws(AccessPattern(.stride(step: 3), over: 7), 8) == [0, 3, 6, 2, 5, 1, 4, 0])
  }

  @Test("uniform draws stay within the region and reach all of it")
  func uniform() {
    let pages = draws(AccessPattern(.uniform, over: 10), 1_000)
    #expect(Set(pages) == Set(0..<10))
  }

  @Test("weights of 3 to 1 are drawn 3 to 1")
  func weighted() throws {
    let pattern = try AccessPattern(first: [0, 2, 4], weights: [3, 0, 1], over: 6)
    let pages = draws(pattern, 8_000)
    #expect(Set(pages) == [0, 1, 4, 5])
    let heavy = pages.filter { $0 < 2 }.count
    #expect((5_800...6_200).contains(heavy))
  }

  @Test("a hotspot of 10 percent gets 90 percent")
  func hotspot() throws {
    let pages = draws(try AccessPattern(hotspot: 10, accesses: 90, over: 200), 10_000)
    let hot = pages.filter { $0 < 20 }.count
    #expect((8_850...9_150).contains(hot))
  }

  @Test("nonsense is refused, not looped over")
  func refusals() {
    #expect(throws: PatternError.self) {
      try AccessPattern(first: [1], weights: [1], over: 4)
    }
    #expect(throws: PatternError.self) {
      try AccessPattern(first: [0, 0], weights: [1, 1], over: 4)
    }
    #expect(throws: PatternError.self) {
      try AccessPattern(first: [0], weights: [0], over: 4)
    }
    #expect(throws: PatternError.self) {
      try AccessPattern(first: [0], weights: [.max], over: 4)
    }
    #expect(throws: PatternError.self) {
      try AccessPattern(hotspot: 0, accesses: 10, over: 4)
    }
  }
}
