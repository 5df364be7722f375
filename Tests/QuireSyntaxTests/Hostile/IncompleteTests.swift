// When a line editor should ask for more.

import Testing

@testable import QuireSyntax

@Suite struct IncompleteTests {
  @Test(
    "a text that only ends too soon is incomplete",
    arguments: [
      "f(", "f(1,", "f(1,\n2", "[", "[1,\n2\n", "{", "fork {", "fork {\n  wait\n", "if a {\nb\n",
      "fn f(a) {\n", "machine {\n ram: 1\n", "let x =", "let x = a +", "f a,", "a.", "a ..<\n",
      "try { a }", "try {\na\n}\n", "f({ [", "let x = not", "let x = (a\n", "f label:", "a and",
      "x +=", "if a { b } else {",
    ])
  func incomplete(text: String) {
    #expect(isIncomplete(SourceFile(name: "repl", text: text)))
  }

  @Test(
    "a text that is complete, or wrong whatever follows, is not",
    arguments: [
      "", "a", "f(1)", "let x = 1\n", "if a { b }", "fork { }", "let", "let x", "let = f(", "f(1 }",
      "\"abc", "\"a \\(b", "f(]", ")", "if a { 1 2 ", "let x = 4MB + (", "try { a } b", "import",
      "1 2 +",
    ])
  func complete(text: String) {
    #expect(!isIncomplete(SourceFile(name: "repl", text: text)))
  }
}
