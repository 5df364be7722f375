// Recordings are compared leaf by leaf; a difference is reported with its path.

import Testing

@testable import QuireCommands

@Suite("Comparison of recordings")
struct LeafComparisonTests {
  private func recording(_ json: String) throws -> Recording {
    try Recording(json: Array(json.utf8))
  }

  private func difference(
    _ expected: String, _ got: String, unstable: Set<String> = []
  ) throws -> LeafDifference? {
    LeafComparison(unstable: unstable).firstDifference(
      expected: try recording(expected).leaves, got: try recording(got).leaves)
  }

  static let base = """
    {"kernel": "k", "T": "0x7fffc0000000", "not_stable": [], "results": [
      {"line": 1, "proc": "p0", "op": "brk =1p", "ret": ["B", 0], "failed": true},
      {"line": 2, "proc": "p0", "minflt": 3, "vmas": [{"start": ["T", -4096], "Pss": 4}]}]}
    """

  @Test("equal recordings have no difference, whatever kernel made them")
  func equal() throws {
    #expect(try difference(Self.base, Self.base) == nil)
    let other = Self.base.replacing("\"k\"", with: "\"other\"")
    #expect(try difference(Self.base, other) == nil)
  }

  @Test("a changed leaf is reported by its path, with both values")
  func changedLeaf() throws {
    let changed = Self.base.replacing("\"Pss\": 4", with: "\"Pss\": 8")
    let found = try #require(try difference(Self.base, changed))
    #expect(found.path == "results[1].vmas[0].Pss")
    #expect(found.expected == .integer(4))
    #expect(found.got == .integer(8))
  }

  @Test("missing and surplus leaves are differences")
  func missingLeaf() throws {
    let shorter = Self.base.replacing(", \"failed\": true", with: "")
    let lost = try #require(try difference(Self.base, shorter))
    #expect(lost == LeafDifference(path: "results[0].failed", expected: .boolean(true), got: nil))
    let gained = try #require(try difference(shorter, Self.base))
    #expect(gained == LeafDifference(path: "results[0].failed", expected: nil, got: .boolean(true)))
    let empty = Self.base.replacing("[{\"start\": [\"T\", -4096], \"Pss\": 4}]", with: "[]")
    #expect(try difference(Self.base, empty)?.path == "results[1].vmas[0]")
  }

  @Test("an unstable leaf is not compared")
  func unstableLeaf() throws {
    let changed = Self.base.replacing("\"minflt\": 3", with: "\"minflt\": 4")
    #expect(try difference(Self.base, changed)?.path == "results[1].minflt")
    #expect(try difference(Self.base, changed, unstable: ["/results/1/minflt"]) == nil)
    let absent = Self.base.replacing("\"minflt\": 3, ", with: "")
    #expect(try difference(absent, changed, unstable: ["/results/1/minflt"]) == nil)
  }

  @Test("a recording of another scenario is refused")
  func mismatch() throws {
    let recording = try recording(Self.base)
    let own = try ScenarioParser.parse("brk =1p\nobserve", name: "own")
    #expect(recording.mismatch(with: own) == nil)
    let moved = try ScenarioParser.parse("\nbrk =1p\nobserve", name: "moved")
    #expect(recording.mismatch(with: moved)?.hasPrefix("line 2: ") == true)
    let other = try ScenarioParser.parse("brk =2p\nobserve", name: "other")
    #expect(recording.mismatch(with: other)?.contains("'brk =1p'") == true)
    let longer = try ScenarioParser.parse("brk =1p\nobserve\nobserve", name: "longer")
    #expect(recording.mismatch(with: longer)?.contains("2 results") == true)
  }

  @Test("what is not a recording is refused")
  func notARecording() {
    #expect(throws: ConformanceError.self) { try recording("{") }
    #expect(throws: ConformanceError.self) { try recording("{\"kernel\": \"k\"}") }
  }
}
