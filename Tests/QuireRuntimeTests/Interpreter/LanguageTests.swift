// The language, script by script: what goes in and what is printed.

import Testing

@Suite struct LanguageTests {
  @Test func arithmetic() throws {
    #expect(
      try lines("print 1 + 2 * 3, 7 / 2, -7 / 2, -7 % 3, 1 << 10, 5 & 3, 5 | 3, 5 ^ 3, ~0") == [
        "7 3 -3 -1 1024 1 7 6 -1"
      ])
  }

  @Test func recursion() throws {
    #expect(
      try lines(
        """
        fn fib(n) {
          if n < 2 { return n }
          return fib(n - 1) + fib(n - 2)
        }
        print fib(15)
        """) == ["610"])
  }
}
