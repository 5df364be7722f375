// Chance against the parser: whatever the bytes, it ends, gives a sound tree, and says what is
// wrong with sound spans.

import SwarmSeeds
import Testing

@testable import QuireSyntax

@Suite struct FuzzTests {
  /// Parses, and checks what always holds.
  private func check(_ bytes: [UInt8], _ label: @autoclosure () -> String) {
    let file = SourceFile(name: "fuzz", bytes: bytes)
    let parsed = parse(file)
    #expect(parsed.diagnostics.count <= ParsedFile.maximumDiagnosticCount + 1, "\(label())")
    for diagnostic in parsed.diagnostics {
      let spans =
        [diagnostic.span] + diagnostic.notes.compactMap(\.span)
        + diagnostic.fixIts.flatMap(\.edits).map(\.span)
      #expect(spans.allSatisfy { Int($0.end) <= bytes.count }, "\(label()): \(diagnostic)")
    }
    #expect(parsed.tree.violations() == [], "\(label())")
    // Drawing and dumping must not trap either.
    #expect(
      DiagnosticFormatter(file: file).format(parsed.diagnostics).isEmpty
        == parsed.diagnostics.isEmpty)
    _ = parsed.tree.dump()
    _ = isIncomplete(file)
  }

  private static let words = [
    "let", "var", "1.", "e+5", "KiB", "0b", "_", "7", "\\u{41}", "\"", "{\n", "\n    ", "“", "fn",
    "return", "if", "else", "while", "for", "in", "repeat", "break", "import",
    "machine", "process", "test", "expect", "try", "catch", "show", "and", "or", "not", "nil", "a",
    "b", "1", "0x1", "2.5", "4KiB", "\"s\"", "\"\\(", ")\"", "(", ")", "[", "]", "{", "}", ",", ":",
    ".", "=", "+=", "+", "-", "*", "==", "<", "..<", "~", "|", ";", "\n", "\n", "\n  ", " ", " ",
    " -", "#", "##", "'", "&&", "!", "//", "\\", "$", "é", "\u{A0}", "++", "as",
  ]

  @Test("random bytes", arguments: swarmSeeds(4))
  func randomBytes(batch: Int) {
    var random = SeededGenerator(seed: UInt64(batch))
    for round in 0..<150 {
      let bytes = (0..<random.below(80)).map { _ in UInt8(random.below(256)) }
      check(bytes, "batch \(batch), round \(round)")
      check(bytes.map { $0 & 0x7F }, "batch \(batch), round \(round), ASCII")
    }
  }

  @Test("random words", arguments: swarmSeeds(4))
  func randomWords(batch: Int) {
    var random = SeededGenerator(seed: UInt64(batch))
    for round in 0..<250 {
      let separator = random.pick(["", " "])
      let text = (0..<random.below(40)).map { _ in random.pick(Self.words) }
        .joined(separator: separator)
      check(Array(text.utf8), "batch \(batch), round \(round): \(text)")
    }
  }

  @Test("a script of the repository with bytes changed", arguments: Repository.scripts.indices)
  func mutatedScripts(index: Int) {
    let bytes = Repository.scripts[index].bytes
    var random = SeededGenerator(seed: UInt64(index))
    for round in 0..<12 where !bytes.isEmpty {
      var mutated = bytes
      for _ in 0...random.below(4) {
        let place = random.below(mutated.count)
        switch random.below(3) {
        case 0: mutated.remove(at: place)
        case 1: mutated.insert(contentsOf: random.pick(Self.words).utf8, at: place)
        default: mutated[place] = UInt8(random.below(128))
        }
      }
      check(mutated, "\(Repository.scripts[index].name), round \(round)")
    }
  }

  @Test("a text that holds every form, cut off at every byte")
  func truncated() {
    let text = """
      language 1
      import "lib/x" as y
      machine { ram: 64MiB, swap: [1, 2]
        seed: 7 }
      ## Doc.
      fn f(a, b = -3) { return a + b * 2 }
      let m = [k: 1, "s\\(a)t": 2.5, (c): nil]
      let child = fork { e in exit 0xFF }
      if not a == b { x[0] = 1 } else if c { y.z += 2 } else { }
      for i in 0 ..< 3 { while true { break } }
      repeat 2 { try { g } catch e { show maps a } }
      process "p\\u{e9}" { sleep 2ms }
      test "t" { expect ENOMEM { mmap 1TiB, populate: true } }
      expect f(1,
        2) == ~4 and {
        a }()

      """
    #expect(codes(text) == [])
    let bytes = Array(text.utf8)
    for length in bytes.indices { check(Array(bytes[..<length]), "\(length) bytes") }
  }
}
