// Brackets that do not balance, and strings that do not end.
// Each text was read by a person and judged to be what a reader wants to see.

import Testing

@Suite struct GoldenBracketsTests {
  private static let cases: [Golden] = [
    Golden(
      "a parenthesis is lost: the statement is, not the file",
      #"""
      let m = f(1, 2
      let y = 3
      print y
      """#,
      #"""
      demo.quire:1:10: error: this '(' is never closed
      1 | let m = f(1, 2
        |          ^
      note: put a ')' where it should end
      """#),
    Golden(
      "a parenthesis is lost over several lines",
      #"""
      let m = f(
        1,
        2
      let y = (3)
      """#,
      #"""
      demo.quire:1:10: error: this '(' is never closed
      1 | let m = f(
        |          ^
      note: put a ')' where it should end
      """#),
    Golden(
      "a bracket is lost inside a block",
      #"""
      fork {
        let a = [1, 2
        exit 3
      }
      """#,
      #"""
      demo.quire:2:11: error: this '[' is never closed
      2 |   let a = [1, 2
        |           ^
      note: put a ']' where it should end
      """#),
    Golden(
      "a brace is lost at the end",
      #"""
      fn f() {
        let x = 1

      """#,
      #"""
      demo.quire:1:8: error: this '{' is never closed
      1 | fn f() {
        |        ^
      note: put a '}' where it should end
      """#),
    Golden(
      "a brace is lost in the middle",
      #"""
      fn a() {
        if x {
          foo
      }
      fn b() {
      }
      """#,
      #"""
      demo.quire:2:8: error: this '{' is never closed
      2 |   if x {
        |        ^
      demo.quire:4:1: note: this '}' closes it, but is indented less
      4 | }
        | ^
      """#),
    Golden(
      "the wrong bracket closes",
      #"""
      let f = f(1, 2]
      """#,
      #"""
      demo.quire:1:15: error: expected ')', found ']'
      1 | let f = f(1, 2]
        |               ^
      demo.quire:1:10: note: to close this '('
      1 | let f = f(1, 2]
        |          ^
      help: write ')'
      1 | let f = f(1, 2)
        |               +
      """#),
    Golden(
      "a bracket too many",
      #"""
      f(1))
      """#,
      #"""
      demo.quire:1:5: error: this ')' closes nothing
      1 | f(1))
        |     ^
      help: remove it
      1 | f(1)
      """#),
    Golden(
      "a brace too many",
      #"""
      if a {
      }
      }
      b
      """#,
      #"""
      demo.quire:3:1: error: this '}' closes nothing
      3 | }
        | ^
      help: remove it
      """#),
    Golden(
      "a string without an end",
      #"""
      let s = "abc
      let y = 1
      """#,
      #"""
      demo.quire:1:9: error: this string has no closing '"' on its line
      1 | let s = "abc
        |         ^
      note: a string ends on the line it begins on; write \n for a line break in it
      help: close it at the end of the line
      1 | let s = "abc"
        |             +
      """#),
    Golden(
      "an interpolation without an end",
      #"""
      let s = "abc \(f(x)
      let y = 1
      """#,
      #"""
      demo.quire:1:9: error: this string has no end on its line: a '\(' in it is not closed
      1 | let s = "abc \(f(x)
        |         ^
      note: an interpolation is written "sum: \(a + b)", all on one line
      """#),
  ]

  @Test("what a reader sees", arguments: cases)
  func golden(_ golden: Golden) {
    #expect(report(golden.script) == golden.report + "\n")
  }
}
