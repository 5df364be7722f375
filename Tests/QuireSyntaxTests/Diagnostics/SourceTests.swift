// Lines, columns, carets and guesses.

import Testing

@testable import QuireSyntax

@Suite struct SourceTests {
  @Test("lines and columns count from 1, columns in characters")
  func locations() {
    let file = SourceFile(name: "t", text: "ab\r\n\n\té漢🦆x")
    #expect(file.lineCount == 3)
    #expect(file.location(of: 0) == SourceFile.Location(line: 1, column: 1))
    #expect(file.location(of: 1) == SourceFile.Location(line: 1, column: 2))
    #expect(file.location(of: 4) == SourceFile.Location(line: 2, column: 1))
    // A tab, é (2 bytes), 漢 (3 bytes) and 🦆 (4 bytes) stand before x.
    #expect(file.location(of: 15) == SourceFile.Location(line: 3, column: 5))
    #expect(file.utf16Column(of: 15) == 6)
    #expect(file.location(of: 999) == SourceFile.Location(line: 3, column: 6))
    #expect(
      file.text(ofLine: 1) == "ab" && file.text(ofLine: 2) == "" && file.text(ofLine: 9) == "")
  }

  @Test("a text that ends in a line break has an empty last line")
  func lastLine() {
    #expect(SourceFile(name: "t", text: "").lineCount == 1)
    #expect(SourceFile(name: "t", text: "a\n").lineCount == 2)
  }

  @Test(
    "the nearest name wins, if at most half of it must change",
    arguments: [
      ("conter", "counter"), ("Counter", "counter"), ("page_fualt", "page_fault"),
      ("pageFault", "page_fault"), ("mmpa", "mmap"), ("zzz", nil), ("m", nil), ("x", nil),
      ("mmap", "map"),
    ] as [(String, String?)])
  func guesses(name: String, meant: String?) {
    let names = ["counter", "mmap", "page_fault", "map"]
    #expect(didYouMean(name, among: names) == meant)
  }

  @Test("of equally near names the first wins")
  func ties() {
    #expect(didYouMean("ab", among: ["ax", "ay"]) == "ax")
    #expect(didYouMean("ab", among: ["ay", "ax"]) == "ay")
    #expect(didYouMean("", among: ["a"]) == nil)
  }

  private func drawn(_ text: String, _ offsets: Range<Int>) -> String {
    let file = SourceFile(name: "t", text: text)
    let diagnostic = Diagnostic("code", "here", at: SourceSpan(offsets, file: file.id))
    return DiagnosticFormatter(file: file).format(diagnostic)
  }

  @Test("a caret stands under its text, whatever its characters are as wide as")
  func carets() {
    #expect(drawn("a bc d", 2..<4) == "t:1:3: error: here\n1 | a bc d\n  |   ^~\n")
    #expect(drawn("\tbc", 1..<3) == "t:1:2: error: here\n1 |     bc\n  |     ^~\n")
    #expect(drawn("a\tbc", 2..<3) == "t:1:3: error: here\n1 | a   bc\n  |     ^\n")
    #expect(drawn("漢bc", 3..<4) == "t:1:2: error: here\n1 | 漢bc\n  |   ^\n")
    #expect(drawn("x漢c", 1..<4) == "t:1:2: error: here\n1 | x漢c\n  |  ^~\n")
    #expect(drawn("e\u{301}x", 3..<4) == "t:1:2: error: here\n1 | e\u{301}x\n  |  ^\n")
    #expect(drawn("👨‍👩‍👧x", 18..<19) == "t:1:2: error: here\n1 | 👨‍👩‍👧x\n  |   ^\n")
  }

  @Test("a mark of several lines stops at the end of the first, an empty one is one caret")
  func edges() {
    #expect(drawn("ab\ncd", 1..<5) == "t:1:2: error: here\n1 | ab\n  |  ^\n")
    #expect(drawn("ab", 2..<2) == "t:1:3: error: here\n1 | ab\n  |   ^\n")
    #expect(drawn("", 0..<0) == "t:1:1: error: here\n1 | \n  | ^\n")
  }

  @Test("a script does not speak to the terminal, and long lines are cut")
  func hostileLines() {
    #expect(drawn("\u{1B}[31mx", 5..<6).contains("\u{1B}") == false)
    let long = String(repeating: "a", count: 5000) + "HERE" + String(repeating: "b", count: 5000)
    let lines = drawn(long, 5000..<5004).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count < 140 })
    let column = lines[2].firstIndex(of: "^").map {
      lines[2].distance(from: lines[2].startIndex, to: $0)
    }
    #expect(column.map { String(lines[1].dropFirst($0).prefix(4)) } == "HERE")
  }

  @Test("colour is only added when asked for")
  func colour() {
    let file = SourceFile(name: "t", text: "a")
    let diagnostic = Diagnostic(.warning, "code", "here", at: SourceSpan(0..<1, file: file.id))
    let plain = DiagnosticFormatter(file: file).format(diagnostic)
    let coloured = DiagnosticFormatter(file: file, coloured: true).format(diagnostic)
    #expect(!plain.contains("\u{1B}"))
    #expect(coloured.contains("\u{1B}[1;35mwarning: \u{1B}[0m"))
  }

  @Test("a place in a file that is not at hand is told without its line")
  func otherFile() {
    let file = SourceFile(name: "t", text: "a", id: FileID(1))
    let note = Diagnostic.Note("there", at: SourceSpan(0..<1, file: FileID(1)))
    let diagnostic = Diagnostic(
      "code", "here", at: SourceSpan(0..<1, file: FileID(2)), notes: [note])
    #expect(
      DiagnosticFormatter(file: file).format(diagnostic)
        == "error: here\nt:1:1: note: there\n1 | a\n  | ^\n")
  }

  @Test("edits are applied in order, those that name no place are left out")
  func edits() {
    let file = SourceFile(name: "t", text: "let x == 3")
    let span = { (range: Range<Int>) in SourceSpan(range, file: file.id) }
    let edits = [
      Diagnostic.Edit(replace: span(6..<8), with: "="),
      Diagnostic.Edit(replace: span(0..<3), with: "var"),
      Diagnostic.Edit(replace: span(7..<8), with: "overlaps"),
      Diagnostic.Edit(replace: span(90..<91), with: "beyond"),
    ]
    #expect(String(decoding: file.applying(edits), as: UTF8.self) == "var x = 3")
  }
}
