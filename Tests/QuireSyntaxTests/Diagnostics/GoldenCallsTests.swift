// Calls, signs and spaces.
// Each text was read by a person and judged to be what a reader wants to see.

import Testing

@Suite struct GoldenCallsTests {
  private static let cases: [Golden] = [
    Golden(
      "a command call in a condition",
      #"""
      expect len xs == 3
      """#,
      #"""
      demo.quire:1:12: error: a call inside an expression needs its parentheses: len(xs …)
      1 | expect len xs == 3
        |            ^~
      note: only the first call of a statement, or right of '=' or 'return', may go without
      """#),
    Golden(
      "a block call in an expression",
      #"""
      let z = 1 + fork { exit 3 }
      """#,
      #"""
      demo.quire:1:18: error: a call inside an expression needs its parentheses: fork() { … }
      1 | let z = 1 + fork { exit 3 }
        |                  ^
      note: only the first call of a statement, or right of '=' or 'return', may go without
      help: add them
      1 | let z = 1 + fork() { exit 3 }
        |                 ++
      """#),
    Golden(
      "arguments in spaced parentheses",
      #"""
      print (1, 2)
      """#,
      #"""
      demo.quire:1:9: error: parentheses hold one value
      1 | print (1, 2)
        |         ^
      note: a call has no space before its parentheses: f(1, 2); a list is written [1, 2]
      """#),
    Golden(
      "a space before parentheses",
      #"""
      let y = a + f (1)
      """#,
      #"""
      demo.quire:1:15: error: a call has no space before its '('
      1 | let y = a + f (1)
        |               ^
      help: remove the space
      1 | let y = a + f(1)
      """#),
    Golden(
      "a sign where an operator was meant",
      #"""
      let y = (a -b)
      """#,
      #"""
      demo.quire:1:12: error: '-' with a space only before it is a sign; 'a - b' subtracts
      1 | let y = (a -b)
        |            ^
      help: put a space after it
      1 | let y = (a - b)
        |             +
      """#),
    Golden(
      "an operator where a sign was meant",
      #"""
      let x = - 4
      """#,
      #"""
      demo.quire:1:9: error: a sign stands directly before its operand: -4
      1 | let x = - 4
        |         ^
      help: remove the space
      1 | let x = -4
      """#),
    Golden(
      "a label with an equals sign",
      #"""
      f(a = 1)
      """#,
      #"""
      demo.quire:1:5: error: a label is followed by ':', not by '='
      1 | f(a = 1)
        |     ^
      help: write ':'
      1 | f(a: 1)
        |    +
      """#),
    Golden(
      "a lost comma between arguments",
      #"""
      f(1 2)
      """#,
      #"""
      demo.quire:1:5: error: expected ',' or ')', found '2'
      1 | f(1 2)
        |     ^
      """#),
    Golden(
      "a lost comma between lines",
      #"""
      let x = [1, 2
        3]
      """#,
      #"""
      demo.quire:1:14: error: expected ',' or ']' at the end of this line
      1 | let x = [1, 2
        |              ^
      help: put in a comma
      1 | let x = [1, 2,
        |              +
      """#),
    Golden(
      "a unit with a space",
      #"""
      let m = mmap 16 pages, "rw"
      """#,
      #"""
      demo.quire:1:17: error: a unit stands directly behind its number: 16pages
      1 | let m = mmap 16 pages, "rw"
        |                 ^~~~~
      help: remove the space
      1 | let m = mmap 16pages, "rw"
      """#),
  ]

  @Test("what a reader sees", arguments: cases)
  func golden(_ golden: Golden) {
    #expect(report(golden.script) == golden.report + "\n")
  }
}
