// The library written in the language: patterns, reports, and what needs no import.

import Quire
import Testing

@Suite("Standard library")
struct StandardLibraryTests {
  @Test("the prelude")
  func prelude() throws {
    try expectAllHold(
      """
      let xs = [3, 1, 2]
      expect map(xs) { x in x * 10 } == [30, 10, 20]
      expect filter(xs) { x in x > 1 } == [3, 2]
      expect sum(xs) == 6
      expect sum([]) == 0
      expect sort(xs) == [1, 2, 3]
      expect xs == [3, 1, 2]
      expect sort(xs, by: { x in -x }) == [3, 2, 1]
      expect sort([]) == []
      expect reversed(xs) == [2, 1, 3]
      expect reduce(xs, 1) { a, b in a * b } == 6
      expect any(xs) { x in x == 2 }
      expect not all(xs) { x in x == 2 }
      """)
  }

  @Test("sort keeps the order of equal elements, at sizes around powers of two")
  func stableSort() throws {
    try expectAllHold(
      """
      for count in [1, 2, 3, 15, 16, 17, 100] {
          let pairs = []
          for i in 0 ..< count { push pairs, [rand(5), i] }
          let sorted = sort(pairs, by: { pair in pair[0] })
          expect len(sorted) == count
          for i in 1 ..< count {
              let left = sorted[i - 1]
              let right = sorted[i]
              expect left[0] < right[0] or (left[0] == right[0] and left[1] < right[1])
          }
      }
      """)
  }

  @Test("patterns touch the pages they promise")
  func patterns() throws {
    try expectAllHold(
      """
      import "patterns"
      let m = mmap 400KiB, "rw"
      touch m, pattern: patterns.strided(10), count: 10
      expect self.rss == 40KiB
      touch m, pattern: patterns.sequential()
      expect self.rss == 400KiB

      let hot = mmap 400KiB, "rw"
      touch hot, pattern: patterns.hotspot(10, 100), count: 1000
      expect self.rss == 440KiB

      let some = mmap 400KiB, "rw"
      touch some, pattern: [5, 6, 5], count: 30
      expect self.rss == 448KiB
      touch some, pattern: "random", count: 2000
      expect self.rss == 840KiB
      touch some, pattern: patterns.zipf(1), count: 0
      """)
  }

  /// The weights of Zipf's law come from integer tables: they are the same on every host, and close
  /// to the true ones.
  @Test("zipf's weights fall as 1 / rank")
  func zipf() throws {
    try expectAllHold(
      """
      import "patterns"
      let z = patterns.zipf(1)
      expect z.first[0] == 0
      expect z.weight[0] == 1 << 30
      for rank in 1 ..< 16 {
          let exact = (1 << 30) / rank
          expect abs(z.weight[rank - 1] - exact) <= exact / 10_000 + 1
      }
      for i in 1 ..< len(z.first) { expect z.first[i] > z.first[i - 1] }
      let flat = patterns.zipf(0)
      expect flat.weight[100] == 1 << 30
      let z99 = patterns.zipf(0.99)
      expect z99.weight[1] > z.weight[1]
      """)
  }

  @Test("a pattern that makes no sense is refused with a sentence")
  func badPatterns() throws {
    let outcome = try run(
      """
      let m = mmap 16KiB, "rw"
      for pattern in ["sideways", [], [4], 7, [kind: "odd"], [kind: "stride", step: -1],
                      [kind: "weighted", first: [1], weight: [1]]] {
          try { touch m, pattern: pattern } catch e { print e.message }
      }
      """)
    #expect(
      outcome.text == """
        touch: a pattern is "sequential" or "random", not "sideways"
        touch: the list of pages is empty
        touch: page 4 is not in the region, which has 4
        touch: 'pattern' is one of the module 'patterns', not 7
        touch: there is no pattern of the kind "odd"
        touch: the pattern's 'step' is an integer that is not negative
        touch: 'first' begins with 0 and is as long as 'weight'

        """)
  }

  @Test("reports")
  func report() throws {
    let outcome = try run(
      """
      import "report"
      print report.bytes(4MiB), report.bytes(100), report.time(1500ns), report.time(2ms)
      print report.percent(1, 8), report.percent(1, 0), report.bar(1, 4, width: 8)
      report.table([["name", "count"], ["a", 1], ["longer", 23]])
      print report.changes([a: 1, b: 2], [a: 1, b: 5, c: 9])
      """)
    #expect(outcome.report == "")
    #expect(
      outcome.text == """
        4 MiB 100 B 1500 ns 2 ms
        12.5% - ##......
        name    count
        a           1
        longer     23
        [b: 3]

        """)
  }
}
