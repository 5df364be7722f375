// Texts that are meant to hurt: one clear message, bounded time, and no crash.

import Foundation
import Testing

@testable import QuireSyntax

@Suite struct HostileTests {
  private static let count = 4000

  /// What a secondary thread has on some systems; unoptimised code takes more.
  #if DEBUG
    private static let stackSize = 4 << 20
  #else
    private static let stackSize = 512 << 10
  #endif

  private static func many(_ text: String) -> String {
    String(repeating: text, count: count)
  }

  /// What nests, with what closes it again.
  private static let nests: [(String, String)] = [
    ("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")"), ("x[", "]"), ("[a: ", "]"), ("[(", "): 1]"),
    ("f { ", "}"), ("if x { ", "}"), ("fn f() { ", "}"), ("try { ", "} catch { }"),
    ("\"\\(", ")\""), ("f({ [", "] })"), ("while f({ ", " }) { }"), ("process \"a\" { ", "}"),
    ("test \"\" { ", "}"), ("repeat x[{ ", "}] { }"), ("fn f(a = { ", "}) { }"),
  ]

  @Test("a hundred thousand nested parentheses get one message")
  func parentheses() {
    let text = String(repeating: "(", count: 100_000) + String(repeating: ")", count: 100_000)
    #expect(codes(text) == ["nested-too-deeply"])
  }

  @Test("what is nested too deeply gets one message", arguments: nests.indices)
  func nesting(index: Int) {
    let (opening, closing) = Self.nests[index]
    let text = Self.many(opening) + "1" + Self.many(closing)
    #expect(codes("a\n\(text)\nb") == ["nested-too-deeply"])
  }

  private static let longChains: [String] = [
    "let x = " + many("-") + "1", "let x = " + many("not ") + "1",
    "let x = " + many("1 + ") + "1",
    "let x = " + many("a and ") + "a", "f" + many("(1)"), "f" + many(".x"), "f" + many("[0]"),
    many("process ") + "1", "let x = f" + many("(1).x[0]") + " + 1",
  ]

  @Test(
    "long chains get one message",
    arguments: longChains.indices)
  func chains(index: Int) {
    let text = Self.longChains[index]
    #expect(codes(text + "\nb") == ["nested-too-deeply"])
  }

  private static let flatTexts: [String] = [
    "if x { }" + many(" else if x { }"), "f " + many("1, ") + "1",
    "let x = [" + many("1, ") + "]",
    many("a;"), many("let a = b\n"), "\"" + many("\\(a)") + "\"", many("# comment\n"),
    "machine {" + many("a: 1,") + "}", "fn f(" + many("a, ") + ") { }",
  ]

  @Test(
    "long flat texts are fine",
    arguments: flatTexts.indices)
  func flat(index: Int) {
    let text = Self.flatTexts[index]
    #expect(codes(text) == [])
  }

  @Test("the deepest tree that is allowed is walked without harm on a small stack")
  func smallStack() async {
    let opening = String(repeating: "f({ if x[(", count: 28)
    let closing = String(repeating: ")] { } })", count: 28)
    let text = opening + "1" + closing
    let parsed = await onThread(stackSize: Self.stackSize) {
      parse(SourceFile(name: "deep", text: text)).tree.dump().count
    }
    #expect(codes(text) == [] && parsed > 0)
  }

  @Test("the deepest text that is refused needs no large stack either")
  func refusedOnSmallStack() async {
    for (opening, closing) in Self.nests {
      let text =
        String(repeating: opening, count: 2000) + "1" + String(repeating: closing, count: 2000)
      let count = await onThread(stackSize: Self.stackSize) {
        parse(SourceFile(name: "deep", text: text)).diagnostics.count
      }
      #expect(count == 1, "\(opening)")
    }
  }

  private func onThread<Result: Sendable>(
    stackSize: Int, _ work: @escaping @Sendable () -> Result
  ) async -> Result {
    await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: work()) }
      thread.stackSize = stackSize
      thread.start()
    }
  }

  private static let mistakes: [String] = [
    many(")"), many("\"\n"), many("let\n"), many("\0 "), many("f(1,\n"),
    many("([{\n") + many(")]}\n"),
    many("'"), many("{\n"), many("x ( 1\n"), many("0x\n"),
  ]

  @Test(
    "countless mistakes give twenty messages and a last one",
    arguments: mistakes.indices)
  func manyMistakes(index: Int) {
    let text = Self.mistakes[index]
    let codes = codes(text)
    #expect(codes.count <= ParsedFile.maximumDiagnosticCount + 1)
    #expect(codes.count < 3 || codes.last == "too-many-errors", "\(codes)")
  }

  @Test("brackets that never close are reported once for each line")
  func unclosed() {
    #expect(codes(Self.many("(")) == ["unclosed-bracket"])
    #expect(codes(Self.many("[{(")) == ["unclosed-bracket", "nested-too-deeply"])
    #expect(codes(Self.many("([{") + Self.many(")]}")).count <= 21)
  }

  @Test("what is not UTF-8 is refused, with the place")
  func notUTF8() {
    let file = SourceFile(name: "binary", bytes: Array("let a = \"".utf8) + [0xC3, 0x28])
    let diagnostics = parse(file).diagnostics
    #expect(
      diagnostics.map(\.message) == [
        "this file is not UTF-8: the byte at offset 9 begins no character"
      ])
    #expect(diagnostics[0].span == SourceSpan(9..<10, file: file.id))
    #expect(parse(file).tree.statementCount == 0)
  }

  @Test("a file that is too long is refused")
  func tooLong() {
    let bytes = [UInt8](repeating: 0x20, count: SourceFile.maximumByteCount + 1)
    let parsed = parse(SourceFile(name: "long", bytes: bytes))
    #expect(parsed.diagnostics.map(\.code) == ["text-too-long"])
    let drawn = DiagnosticFormatter(files: [parsed.source]).format(parsed.diagnostics)
    #expect(drawn.utf8.count < 1_000)
  }
}
