// Scripts that ask for too much: each stops at a limit of the run, or says what is wrong, in little
// time and memory.

import QuireRuntime
import Testing

@Suite("Scripts that ask for too much") struct HostileScriptTests {
  private func stop(
    _ script: String, _ change: (inout Limits) -> Void = { _ in }
  ) throws -> Status {
    var options = RunOptions()
    change(&options.limits)
    return try run(script, options).status
  }

  @Test("endless recursion reaches the limit of calls")
  func recursion() throws {
    #expect(try stop("fn f(n) { return f(n + 1) + 1 }\nf(0)") == .stopped(.callDepth))
    #expect(
      try stop("let f = [0]\nf[0] = { n in f[0](n + 1) }\nlet g = f[0]\ng(0)")
        == .stopped(.callDepth))
  }

  @Test("as many calls as the limit allows are no limit")
  func depthIsExact() throws {
    let script = "fn f(n) { if n == 0 { return 0 }\nreturn f(n - 1) }\nprint f(98)"
    #expect(try stop(script) { $0.callDepth = 100 } == .finished)
    #expect(try stop(script) { $0.callDepth = 99 } == .stopped(.callDepth))
  }

  @Test("an endless loop reaches the limit of steps, and can go on when it is raised")
  func steps() throws {
    #expect(try stop("while true { }") { $0.steps = 1000 } == .stopped(.steps))
    var options = RunOptions()
    options.limits.steps = 1000
    options.slice = 7
    #expect(try run("var i = 0\nwhile true { i = i + 1 }", options).steps < 1010)
  }

  @Test("a limit cannot be caught")
  func uncatchable() throws {
    let script = "try { while true { } } catch e { print \"caught\" }"
    var options = RunOptions()
    options.limits.steps = 100
    let result = try run(script, options)
    #expect(result.status == .stopped(.steps) && result.output == "")
  }

  @Test("virtual time ends where the limit says")
  func time() throws {
    let status = try stop("while true { }") { $0.virtualTime = 10_000 }
    #expect(status == .stopped(.virtualTime))
  }

  @Test(
    "a string too long for the heap is refused before it is made",
    arguments: [
      "let s = \"x\" * 2_000_000_000", "let s = \"abc\" * 9_223_372_036_854_775_807",
    ])
  func longStrings(_ script: String) throws { #expect(try stop(script) == .stopped(.heap)) }

  @Test(
    "strings grow up to the heap limit",
    arguments: [
      "var s = \"xxxxxxxxxxxxxxxx\"\nwhile true { s = s + s }",
      "var s = \"x\"\nwhile true { s = \"\\(s)\\(s)\\(s)\" }",
      "let a = [\"x\" * 1_000_000]\nfor i in 0 ..< 100 { push a, a[0] }\nlet s = join(a)",
    ])
  func strings(_ script: String) throws {
    #expect(try stop(script) { $0.heapBytes = 32 << 20 } == .stopped(.heap))
  }

  @Test(
    "lists and maps grow up to the heap limit",
    arguments: [
      "var a = [1]\nwhile true { a = a + a }",
      "let a = []\nwhile true { push a, [1, 2, 3] }",
      "let m = [:]\nvar i = 0\nwhile true { m[i] = [i]\ni = i + 1 }",
      "var a = nil\nwhile true { a = [a] }",
    ])
  func collections(_ script: String) throws {
    #expect(try stop(script) { $0.heapBytes = 1 << 20 } == .stopped(.heap))
  }

  @Test("what is dropped is free again: garbage does not reach the limit")
  func garbage() throws {
    let script =
      "var a = []\nfor i in 0 ..< 100_000 { a = [i, a == nil, \"text \\(i)\"] }\nprint a[0]"
    #expect(try stop(script) { $0.heapBytes = 1 << 16 } == .finished)
  }

  @Test("the heap limit counts the heaps of all processes")
  func heapsOfAll() throws {
    let script = """
      let s = "x" * 300_000
      let child = fork {
        sleep 1ms
        print len(s)
      }
      let other = fork {
        sleep 1ms
        print len(s)
      }
      wait
      """
    #expect(try stop(script) { $0.heapBytes = 2_000_000 } == .finished)
    #expect(try stop(script) { $0.heapBytes = 800_000 } == .stopped(.heap))
  }

  @Test("what a process used is free when it has ended")
  func heapsAreGivenBack() throws {
    let script = """
      for i in 0 ..< 50 {
        let child = fork { let s = "x" * 100_000 }
        wait child
      }
      """
    #expect(try stop(script) { $0.heapBytes = 1_000_000 } == .finished)
  }

  @Test("nesting without end is printed up to a depth and compared to the end")
  func nesting() throws {
    let script = """
      fn nest(n) {
        var a = []
        for i in 0 ..< n { a = [a] }
        return a
      }
      let a = nest(200_000)
      print len(str(a)) < 1000, a == nest(200_000), a == nest(200_001)
      """
    #expect(try lines(script) == ["true true false"])
  }

  /// Sixteen mebibytes of text take many seconds without optimisation.
  private static var isOptimised: Bool {
    #if DEBUG
      false
    #else
      true
    #endif
  }

  @Test("shared elements do not make text without end", .enabled(if: isOptimised))
  func sharing() throws {
    let script = """
      var a = [0]
      for i in 0 ..< 60 { a = [a, a] }
      try { print a } catch e { print e }
      var b = [0]
      for i in 0 ..< 60 { b = [b, b] }
      print a == b
      """
    #expect(
      try lines(script) == ["the text of a list or map would be longer than 16 MiB", "true"])
  }

  @Test("output stops at its limit")
  func output() throws {
    let status = try stop("while true { print \"0123456789\" }") { $0.outputBytes = 1000 }
    #expect(status == .stopped(.output))
  }

  @Test("text in proportion to data takes steps in proportion")
  func work() throws {
    let short = try run("let s = \"x\" * 1000")
    let long = try run("let s = \"x\" * 1_000_000")
    #expect(long.steps - short.steps > 15_000)
  }

  @Test("an error unwinds through as many calls as there may be")
  func unwinding() throws {
    let script = """
      fn f(n) { if n == 0 { raise "deep" }
      return f(n - 1) }
      try { f(90_000) } catch e { print e }
      """
    #expect(try lines(script) == ["deep"])
  }
}
