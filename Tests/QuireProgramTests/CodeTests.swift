// The code of small programs, through the disassembler.

import QuireProgram
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
}
