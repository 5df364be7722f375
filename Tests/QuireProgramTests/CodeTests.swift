// The code of small programs, through the disassembler.

import QuireProgram
import QuireSyntax
import Testing

@Suite("Code")
struct CodeTests {
  @Test("a recursive function needs eight instructions")
  func fibonacci() throws {
    let text = """
      fn fib(n) {
          if n < 2 { return n }
          return fib(n - 1) + fib(n - 2)
      }
      """
    #expect(
      try listing(text, of: "fib") == """
        function 1 fib(n): function, registers 3
            0  +1  jumpIfNotLessImmediate          r0 2 → 2
            1  +1  returnValue                     r0
            2      subtractImmediate               r1 ← r0, 1
            3  +2  call                            r1 ← fib#1 r1, 1
            4      subtractImmediate               r2 ← r0, 2
            5  +1  call                            r2 ← fib#1 r2, 1
            6      add                             r1 ← r1, r2
            7      returnValue                     r1

        """)
  }

  @Test("a loop tests at its end; a pass costs one step and its statements")
  func whileLoop() throws {
    let text = """
      var i = 0
      var s = 0
      while i < 10_000_000 {
          if i % 3 == 0 { s += i }
          i += 1
      }
      """
    #expect(
      try listing(text) == """
        function 0 main.quire(): file, registers 4
            0      loadInteger                     r0 ← 0
            1      loadInteger                     r1 ← 0
            2      loadInteger                     r2 ← 10000000
            3  +3  jumpIfNotLess                   r0 r2 → 10
            4      remainderImmediate              r3 ← r0, 3
            5  +1  jumpIfNotEqualImmediate         r3 0 → 8
            6      add                             r1 ← r1, r0
            7      step                            1
            8      addImmediate                    r0 ← r0, 1
            9  +2  jumpIfLess                      r0 r2 → 4
           10      returnNil

        """)
  }

  @Test("loops over integers need no test but their own")
  func countedLoops() throws {
    let text = """
      for i in 0 ..< 10 { print i }
      repeat 3 { yield }
      for x in [1] { if x == 1 { continue } else { break } }
      """
    #expect(
      try listing(text) == """
        function 0 main.quire(): file, registers 4
            0      loadInteger                     r0 ← 0
            1      loadInteger                     r1 ← 10
            2  +1  prepareRange                    r0 → 6
            3      move                            r2 ← r0
            4  +2  callVariadic                    r2 ← print r2, 1
            5  +1  nextInRange                     r0 → 3
            6      loadInteger                     r0 ← 3
            7  +1  prepareRepeat                   r0 → 10
            8  +2  callBuiltin                     r2 ← yield r2
            9  +1  nextInRange                     r0 → 8
           10      loadInteger                     r3 ← 1
           11      makeList                        r3 ← r3, 1
           12      prepareIteration                r0 ← r3
           13  +1  nextInIteration                 r0 → 15
           14      jump                            → 19
           15  +1  jumpIfNotEqualImmediate         r2 1 → 17
           16  +1  jump                            → 18
           17  +1  jump                            → 19
           18  +1  nextInIteration                 r0 → 15
           19      returnNil

        """)
  }

  @Test("variables that closures change live in cells, others are captured by value")
  func captures() throws {
    let text = """
      fn counter(step) {
          var count = 0
          return { count += step }
      }
      """
    let code = try listing(text)
    #expect(code.contains("returnNil"))
    #expect(
      try listing(text, of: "counter") == """
        function 1 counter(step): function, registers 5
            0      loadInteger                     r1 ← 0
            1      makeCell                        r1 ← r1
            2      move                            r3 ← r1
            3      move                            r4 ← r0
            4      makeClosure                     r2 ← closure#2 over r3
            5  +2  returnValue                     r2

        """)
    #expect(
      try listing(text, of: "closure") == """
        function 2 closure(): closure, registers 3, captures 2
            0      getCapturedCell                 r0 ← capture 0
            1      getCapture                      r2 ← capture 1
            2      add                             r1 ← r0, r2
            3      setCapturedCell                 capture 0 ← r1
            4  +1  returnNil

        """)
  }

  @Test("a nested function that captures nothing is called without a value")
  func nestedFunctions() throws {
    let text = """
      fn outer(n) {
          fn plain(k) { if k == 0 { 0 } else { plain(k - 1) } }
          fn bound(k) { if k == 0 { n } else { bound(k - 1) } }
          return plain(1) + bound(2)
      }
      """
    let outer = try listing(text, of: "outer")
    #expect(outer.contains("call                            r2 ← plain#"))
    #expect(outer.contains("makeClosure"))
    #expect(try listing(text, of: "bound").contains("getSelf"))
    #expect(!(try listing(text, of: "plain").contains("getSelf")))
  }

  @Test("errors go to the innermost handler; what came before a try is paid before it")
  func handlers() throws {
    let text = """
      var a = 1
      try {
          a = 2
          try { sbrk 1 } catch { a = 3 }
      } catch e { a = e.number }
      expect ENOMEM { sbrk 2 }
      """
    #expect(
      try listing(text) == """
        function 0 main.quire(): file, registers 4
            0      loadInteger                     r0 ← 1
            1      step                            2
            2      loadInteger                     r0 ← 2
            3      step                            2
            4      loadInteger                     r3 ← 1
            5  +2  callBuiltin                     r3 ← sbrk r3
            6      jump                            → 9
            7      loadInteger                     r0 ← 3
            8      step                            1
            9      jump                            → 12
           10      getMember                       r0 ← r1.number
           11      step                            1
           12      step                            1
           13      loadInteger                     r2 ← 2
           14  +2  callBuiltin                     r2 ← sbrk r2
           15      expectMissed                    ENOMEM
           16      jump                            → 18
           17      expectFailed                    r1 is ENOMEM
           18      returnNil
              errors of 4 ..< 6 to 7, in r2
              errors of 2 ..< 9 to 10, in r1
              errors of 13 ..< 15 to 17, in r1

        """)
  }

  @Test("an expectation keeps both sides and their text")
  func expectations() throws {
    let code = try listing("let x = 3\nexpect x + 1 == 4\nexpect x > 2\nexpect true")
    #expect(code.contains("expect                          r3, r1 `x + 1` == r2 `4`"))
    #expect(code.contains("r3, r1 `x` > r2 `2`"))
    #expect(code.contains("less                            r3 ← r2, r1"))
    #expect(code.contains("expect                          r1\n"))
  }

  @Test("conditions are branches; their values are made only where wanted")
  func conditions() throws {
    #expect(
      try listing(
        "fn f(a, b) { if not (a < b and b <= 3.5) or a == nil { 1 } else { 2 } }", of: "f")
          == """
          function 1 f(a, b): function, registers 3
              0  +1  jumpIfNotLess                   r0 r1 → 5
              1      loadConstant                    r2 ← 3.5
              2      jumpIfNotLessOrEqual            r1 r2 → 5
              3      loadNil                         r2
              4      jumpIfNotEqual                  r0 r2 → 7
              5      loadInteger                     r2 ← 1
              6  +1  returnValue                     r2
              7      loadInteger                     r2 ← 2
              8  +1  returnValue                     r2

          """)
    #expect(
      try listing("fn f(a, b) { a or 1 > b }", of: "f") == """
        function 1 f(a, b): function, registers 3
            0  +1  jumpIfTrue                      r0 → 2
            1      jumpIfNotLessImmediate          r1 1 → 4
            2      loadTrue                        r2
            3      jump                            → 5
            4      loadFalse                       r2
            5      returnValue                     r2

        """)
  }

  @Test("units and constants are folded, what would raise is left to the run")
  func folding() throws {
    let code = try listing("print 16pages, 2 * 4MiB - 1, GFP_KERNEL | __GFP_ZERO, 1 / 0, 1 << 63")
    #expect(code.contains("← 65536\n"))
    #expect(code.contains("← 8388607\n"))
    #expect(code.contains("← 1984\n"))
    #expect(code.contains("divideImmediate"))
    #expect(code.contains("shiftLeftImmediate"))
  }

  @Test("a default is computed when the argument is absent; labels may come in any order")
  func defaults() throws {
    let text = "fn f(a, b = 2, c = a + b) { c }\nprint f(c: 1, a: 2), f(3)"
    #expect(
      try listing(text, of: "f") == """
        function 1 f(a, b, c): function, registers 3
            0      jumpIfPresent                   r1 → 2
            1      loadInteger                     r1 ← 2
            2      jumpIfPresent                   r2 → 4
            3      add                             r2 ← r0, r1
            4  +1  returnValue                     r2

        """)
    #expect(
      try listing(text) == """
        function 0 main.quire(): file, registers 4
            0      loadInteger                     r2 ← 1
            1      loadInteger                     r0 ← 2
            2      loadAbsent                      r1
            3  +2  call                            r0 ← f#1 r0, 3
            4      loadInteger                     r1 ← 3
            5      loadAbsent                      r2
            6      loadAbsent                      r3
            7  +1  call                            r1 ← f#1 r1, 3
            8  +1  callVariadic                    r0 ← print r0, 2
            9      returnValue                     r0

        """)
  }

  @Test("a test runs the top-level variables first, and nothing else of the script")
  func tests() throws {
    let text = "let a = 1\nprint a\nfn f() { a }\ntest \"t\" { expect f() == 1 }"
    let program = try #require(compile(text).program)
    let test = try #require(program.tests.first)
    #expect(test.name == "t")
    let code = program.disassemble(test.function)
    #expect(code.contains("declarations#"))
    let declarations = try listing(text, of: "declarations")
    #expect(declarations.contains("a ← r0"))
    #expect(!declarations.contains("print"))
  }

  @Test("long literals are built in pieces, a frame has a greatest size")
  func limits() throws {
    let numbers = (0..<1000).map(String.init).joined(separator: ", ")
    #expect(try listing("print [\(numbers)]").contains("registers 33\n"))
    let variables = (0..<2100).map { "let v\($0) = 1" }.joined(separator: "\n")
    #expect(
      messages("fn f() {\n\(variables)\n}")
        == "1:1: too many variables in one function: it needs more than 2048")
  }

  @Test("a place in the code knows where it comes from")
  func spans() throws {
    let compilation = compile("let a = 1\nprint a,\n  load(a)\n")
    let program = try #require(compilation.program)
    let load = try #require(
      program.code.firstIndex {
        $0.opcode == .callBuiltin && $0.b == Builtin.load.rawValue
      })
    let span = try #require(program.span(at: UInt32(load)))
    #expect(compilation.files[0].text(of: span) == "load(a)")
    #expect(program.span(at: UInt32(program.code.count)) == nil)
  }

  @Test("the hash of a program is that of its sources")
  func contentHash() throws {
    let first = try #require(compile("print 1").program)
    let again = try #require(compile("print 1").program)
    let other = try #require(compile("print 2").program)
    #expect(first.contentHash == again.contentHash)
    #expect(first.contentHash != other.contentHash)
    #expect(MemoryLayout<Instruction>.size == 8)
  }
}
