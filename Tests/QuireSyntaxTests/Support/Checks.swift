// What most tests do: parse a text and look at its tree, its tokens or its diagnostics.

import Testing

@testable import QuireSyntax

/// A text and what is expected of it; tables of these are the tests.
struct Case: Sendable, CustomTestStringConvertible {
  let text: String
  let expected: String

  init(_ text: String, _ expected: String) {
    self.text = text
    self.expected = expected
  }

  var testDescription: String { text }
}

/// The tree of a text that has no mistakes, without the last line break.
func tree(_ text: String, location: SourceLocation = #_sourceLocation) -> String {
  let file = SourceFile(name: "test.quire", text: text)
  let parsed = parse(file)
  #expect(
    parsed.diagnostics.isEmpty, "\(DiagnosticFormatter(file: file).format(parsed.diagnostics))",
    sourceLocation: location)
  return String(parsed.tree.dump().dropLast())
}

/// The codes of what is reported about a text, in order.
func codes(_ text: String) -> [String] {
  parse(SourceFile(name: "test.quire", text: text)).diagnostics.map(\.code.name)
}

/// What a reader sees about a text.
func report(_ text: String) -> String {
  let file = SourceFile(name: "demo.quire", text: text)
  return DiagnosticFormatter(file: file).format(parse(file).diagnostics)
}

/// The kinds of the tokens of a text, but for the last.
func kinds(_ text: String) -> [TokenKind] {
  var lexer = Lexer(SourceFile(name: "test.quire", text: text))
  return lexer.lex().tokens.dropLast().map(\.kind)
}

/// A script with mistakes and what is said about it.
struct Golden: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let script: String
  let report: String

  init(_ name: String, _ script: String, _ report: String) {
    testDescription = name
    self.script = script
    self.report = report
  }
}
