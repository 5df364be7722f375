// Statements that lack something.
// Each text was read by a person and judged to be what a reader wants to see.

import Testing

@Suite struct GoldenStatementsTests {
  private static let cases: [Golden] = [
    Golden(
      "a variable without a value",
      #"""
      let x
      let y = 1
      """#,
      #"""
      demo.quire:1:6: error: expected '=' and a value for 'x', found the end of the line
      1 | let x
        |      ^
      note: every variable has a value from the start: let x = nil
      """#),
    Golden(
      "a value that is missing",
      #"""
      let x = 
      """#,
      #"""
      demo.quire:1:8: error: expected a value after '=', found the end of the file
      1 | let x = 
        |        ^
      """#),
    Golden(
      "a reserved word as a name",
      #"""
      let if = 3
      """#,
      #"""
      demo.quire:1:5: error: 'if' is a word of the language and cannot name a variable
      1 | let if = 3
        |     ^~
      help: write 'if_'
      1 | let if_ = 3
        |     +++
      """#),
    Golden(
      "comparing with one sign",
      #"""
      if x = 3 { print x }
      """#,
      #"""
      demo.quire:1:6: error: '=' makes no value here; two values are compared with '=='
      1 | if x = 3 { print x }
        |      ^
      help: write '=='
      1 | if x == 3 { print x }
        |      ++
      """#),
    Golden(
      "assigning with two",
      #"""
      let x == 3
      """#,
      #"""
      demo.quire:1:7: error: a variable gets its value with '='; '==' compares
      1 | let x == 3
        |       ^~
      help: write '='
      1 | let x = 3
        |       +
      """#),
    Golden(
      "chained comparisons",
      #"""
      while a < b < c { }
      """#,
      #"""
      demo.quire:1:13: error: comparisons do not chain; write a < b and b < c
      1 | while a < b < c { }
        |             ^
      """#),
    Golden(
      "a for without in",
      #"""
      for i = 0 { }
      """#,
      #"""
      demo.quire:1:7: error: expected a name and 'in': for i in 0 ..< 10 { … }
      1 | for i = 0 { }
        |       ^
      note: a counted loop without a variable is written repeat 10 { … }
      """#),
    Golden(
      "a repeat without a count",
      #"""
      repeat { }
      """#,
      #"""
      demo.quire:1:1: error: expected how often to repeat: repeat 3 { … }
      1 | repeat { }
        | ^~~~~~
      note: a loop without an end is written while true { … }
      """#),
    Golden(
      "a try without a catch",
      #"""
      try { f }
      print 3
      """#,
      #"""
      demo.quire:1:1: error: this 'try' has no 'catch'
      1 | try { f }
        | ^~~
      note: for example: try { … } catch e { print e.message }
      """#),
    Golden(
      "a process without a name",
      #"""
      process { wait }
      """#,
      #"""
      demo.quire:1:1: error: a process has a name: process "worker" { … }
      1 | process { wait }
        | ^~~~~~~
      note: a copy of the running process is made with fork { … }
      """#),
    Golden(
      "an else on its own",
      #"""
      else { }
      """#,
      #"""
      demo.quire:1:1: error: this 'else' belongs to no 'if'
      1 | else { }
        | ^~~~
      """#),
    Golden(
      "a value of a statement",
      #"""
      let x = if a { 1 } else { 2 }
      """#,
      #"""
      demo.quire:1:9: error: 'if' begins a statement, which has no value
      1 | let x = if a { 1 } else { 2 }
        |         ^~
      """#),
    Golden(
      "a machine with equals signs",
      #"""
      machine { ram = 64MiB }
      """#,
      #"""
      demo.quire:1:15: error: a setting is written key: value
      1 | machine { ram = 64MiB }
        |               ^
      help: write ':'
      1 | machine { ram: 64MiB }
        |              +
      """#),
    Golden(
      "an import without quotes",
      #"""
      import foo
      """#,
      #"""
      demo.quire:1:8: error: expected the path of a module as a string, found 'foo'
      1 | import foo
        |        ^~~
      note: for example: import "patterns", or import "lib/patterns" as p
      help: add quotes
      1 | import "foo"
        |        +++++
      """#),
    Golden(
      "an import without a name",
      #"""
      import "my-lib"
      """#,
      #"""
      demo.quire:1:8: error: the last part of this path is no name; give the module one
      1 | import "my-lib"
        |        ^~~~~~~~
      help: name it
      1 | import "my-lib" as my_lib
        |                ++++++++++
      """#),
    Golden(
      "a view in quotes",
      #"""
      show "maps"
      """#,
      #"""
      demo.quire:1:6: error: expected what to show, a plain word, found a string
      1 | show "maps"
        |      ^~~~~~
      note: for example: show memory, show maps child, show slab "kmalloc-64"
      help: remove the quotes
      1 | show maps
        |      ++++
      """#),
    Golden(
      "a map in braces",
      #"""
      let m = { a: 1 }
      """#,
      #"""
      demo.quire:1:9: error: a map is written in square brackets: [key: value]
      1 | let m = { a: 1 }
        |         ^
      note: the settings of the machine are written machine { key: value }
      """#),
    Golden(
      "a map with a computed key",
      #"""
      let m = [f(x): 2]
      """#,
      #"""
      demo.quire:1:14: error: a key is a name, a string, or a value in parentheses
      1 | let m = [f(x): 2]
        |              ^
      note: write [name: 1], ["a string": 1] or [(a + b): 1]
      """#),
    Golden(
      "two mistakes, two messages",
      #"""
      let x = )
      let y = 1 +
      let z = 4MB
      let w = 1
      """#,
      #"""
      demo.quire:1:9: error: this ')' closes nothing
      1 | let x = )
        |         ^
      help: remove it
      1 | let x = 
      demo.quire:2:12: error: expected a value after '+', found the next statement
      2 | let y = 1 +
        |            ^
      demo.quire:3:10: error: 'MB' could mean 1000 or 1024; sizes are written KiB, MiB, GiB, TiB
      3 | let z = 4MB
        |          ^~
      help: write 'MiB'
      3 | let z = 4MiB
        |          +++
      """#),
  ]

  @Test("what a reader sees", arguments: cases)
  func golden(_ golden: Golden) {
    #expect(report(golden.script) == golden.report + "\n")
  }
}
