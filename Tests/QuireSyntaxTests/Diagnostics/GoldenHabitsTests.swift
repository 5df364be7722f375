// Habits from other languages: understood, named and repaired.
// Each text was read by a person and judged to be what a reader wants to see.

import Testing

@Suite struct GoldenHabitsTests {
  private static let cases: [Golden] = [
    Golden(
      "C operators",
      #"""
      if a && !b || c { print x }
      """#,
      #"""
      demo.quire:1:6: error: there is no operator '&&'; it is the word 'and'
      1 | if a && !b || c { print x }
        |      ^~
      help: write 'and'
      1 | if a and !b || c { print x }
        |      +++
      demo.quire:1:9: error: there is no operator '!'; it is the word 'not'
      1 | if a && !b || c { print x }
        |         ^
      help: write 'not'
      1 | if a && not b || c { print x }
        |         ++++
      demo.quire:1:12: error: there is no operator '||'; it is the word 'or'
      1 | if a && !b || c { print x }
        |            ^~
      help: write 'or'
      1 | if a && !b or c { print x }
        |            ++
      """#),
    Golden(
      "C comments",
      #"""
      f // why
      """#,
      #"""
      demo.quire:1:3: error: comments begin with '#'
      1 | f // why
        |   ^~
      help: write '#'
      1 | f # why
        |   +
      """#),
    Golden(
      "elif",
      #"""
      if a { b } elif c { d }
      """#,
      #"""
      demo.quire:1:12: error: 'elif' is written 'else if'
      1 | if a { b } elif c { d }
        |            ^~~~
      help: write 'else if'
      1 | if a { b } else if c { d }
        |            +++++++
      """#),
    Golden(
      "single quotes",
      #"""
      print 'hello'
      """#,
      #"""
      demo.quire:1:7: error: strings are written with double quotes
      1 | print 'hello'
        |       ^~~~~~~
      help: use double quotes
      1 | print "hello"
        |       +     +
      """#),
    Golden(
      "curly quotes",
      #"""
      let s = “hi”
      """#,
      #"""
      demo.quire:1:9: error: strings are written with plain quotes: "text"
      1 | let s = “hi”
        |         ^
      help: use plain quotes
      1 | let s = "hi"
        |         +  +
      """#),
    Golden(
      "a type before the name",
      #"""
      int x = 3
      """#,
      #"""
      demo.quire:1:1: error: a variable is made with 'var': var x = 1
      1 | int x = 3
        | ^~~
      help: write 'var'
      1 | var x = 3
        | +++
      """#),
    Golden(
      "const",
      #"""
      const x = 3
      """#,
      #"""
      demo.quire:1:1: error: a variable is made with 'let': let x = 1
      1 | const x = 3
        | ^~~~~
      help: write 'let'
      1 | let x = 3
        | +++
      """#),
    Golden(
      "function",
      #"""
      function foo(a, b) { return a }
      """#,
      #"""
      demo.quire:1:1: error: a function is made with 'fn': fn f(x) { … }
      1 | function foo(a, b) { return a }
        | ^~~~~~~~
      help: write 'fn'
      1 | fn foo(a, b) { return a }
        | ++
      """#),
    Golden(
      "types",
      #"""
      fn f(a: Int) -> Int { }
      """#,
      #"""
      demo.quire:1:7: error: variables and parameters are written without a type
      1 | fn f(a: Int) -> Int { }
        |       ^~~~~
      help: remove it
      1 | fn f(a) -> Int { }
      demo.quire:1:14: error: functions are written without a result type
      1 | fn f(a: Int) -> Int { }
        |              ^~~~~~
      help: remove it
      1 | fn f(a: Int) { }
      """#),
    Golden(
      "increments",
      #"""
      x++
      """#,
      #"""
      demo.quire:1:2: error: there is no operator '++'; write 'x += 1'
      1 | x++
        |  ^~
      help: write '+= 1'
      1 | x += 1
        |  +++++
      """#),
    Golden(
      "a C loop",
      #"""
      for (let i = 0; i < 3; i++) { print i }
      """#,
      #"""
      demo.quire:1:5: error: expected a name and 'in': for i in 0 ..< 10 { … }
      1 | for (let i = 0; i < 3; i++) { print i }
        |     ^
      note: a counted loop without a variable is written repeat 10 { … }
      """#),
    Golden(
      "a Python block",
      #"""
      if x:
        print x
      """#,
      #"""
      demo.quire:1:5: error: a block is written in braces, not after ':'
      1 | if x:
        |     ^
      note: for example: if x > 3 { print x }
      """#),
    Golden(
      "a brace on its own line",
      #"""
      if x
      {
        print x
      }
      """#,
      #"""
      demo.quire:2:1: error: the '{' of a block stands on the line that the block belongs to
      2 | {
        | ^
      demo.quire:1:5: note: put it here
      1 | if x
        |     ^
      """#),
    Golden(
      "a chain of methods",
      #"""
      let x = a
        .b()
      """#,
      #"""
      demo.quire:2:3: error: a line cannot begin with '.'
      2 |   .b()
        |   ^
      note: a line goes on when it ends in an operator: put '.' at the end of the last one
      """#),
    Golden(
      "decimal sizes",
      #"""
      let m = mmap 4MB, "rw"
      """#,
      #"""
      demo.quire:1:15: error: 'MB' could mean 1000 or 1024; sizes are written KiB, MiB, GiB, TiB
      1 | let m = mmap 4MB, "rw"
        |               ^~
      help: write 'MiB'
      1 | let m = mmap 4MiB, "rw"
        |               +++
      """#),
    Golden(
      "octal numbers",
      #"""
      let mode = 0o17 + 017
      """#,
      #"""
      demo.quire:1:12: error: numbers are decimal, hexadecimal (0x1F) or binary (0b101), not octal
      1 | let mode = 0o17 + 017
        |            ^~~~
      demo.quire:1:19: error: a number does not begin with 0: elsewhere that makes it octal
      1 | let mode = 0o17 + 017
        |                   ^~~
      help: write 17
      1 | let mode = 0o17 + 17
        |                   ++
      """#),
    Golden(
      "a space that is none",
      #"""
      let x = 1
      """#,
      #"""
      demo.quire:1:6: error: this is U+00A0, which only looks like a space
      1 | let x = 1
        |      ^
      help: put in a space
      1 | let x = 1
        |      +
      """#),
    Golden(
      "letters beyond ASCII",
      #"""
      let größe = 3
      """#,
      #"""
      demo.quire:1:7: error: 'ö' begins nothing in the language
      1 | let größe = 3
        |       ^
      note: names are made of a-z, A-Z, 0-9 and _
      """#),
  ]

  @Test("what a reader sees", arguments: cases)
  func golden(_ golden: Golden) {
    #expect(report(golden.script) == golden.report + "\n")
  }
}
