// The language beside Lua, and its parser.

internal import Quire
internal import QuireSyntax

/// Lines about scripts.
enum LanguageBenchmarks {
  /// A script of about a mebibyte is parsed.
  private static let parsedBytes = 1 << 20
  /// Iterations of the loops of scripts.
  private static let iterations: UInt64 = 10_000_000

  static let all = [
    Benchmark(name: "fib_30", summary: "fib(30), 1.3 million calls")
      .ours { try time(per: 1, fibonacci) }.peer("Lua") { try LuaPeer.time(per: 1, luaFibonacci) },
    Benchmark(name: "loop", summary: "a turn of a loop with arithmetic and a comparison")
      .ours { try time(per: iterations, loop("sum = sum + i % 7")) }
      .peer("Lua") { try LuaPeer.time(per: iterations, luaLoop("sum = sum + i % 7")) },
    Benchmark(name: "builtin_call", summary: "a turn of a loop that calls a built-in function")
      .ours { try time(per: iterations, loop("sum = sum + abs(i)")) }
      .peer("Lua") { try LuaPeer.time(per: iterations, luaLoop("sum = sum + abs(i)")) },
    Benchmark(name: "host_call", summary: "a turn of a loop that calls a function of the host")
      .ours { try time(per: iterations, loop("sum = sum + successor(i)"), calling: successor) }
      .peer("Lua") { try LuaPeer.time(per: iterations, luaLoop("sum = sum + abs(i)")) },
    Benchmark(name: "parse_byte", summary: "a byte of a script, lexed and parsed").ours(parsing),
  ]

  private static let successor = HostFunction("successor", "of") { (number: Int64) in number + 1 }

  private static let fibonacci = """
    fn fib(n) {
        if n < 2 { return n }
        return fib(n - 1) + fib(n - 2)
    }
    expect fib(30) == 832_040
    """

  private static let luaFibonacci = """
    local function fib(n)
      if n < 2 then return n end
      return fib(n - 1) + fib(n - 2)
    end
    assert(fib(30) == 832040)
    """

  /// A counted loop around a statement.
  private static func loop(_ statement: String) -> String {
    """
    var sum = 0
    var i = 0
    while i < \(iterations) {
        \(statement)
        i = i + 1
    }
    """
  }

  private static func luaLoop(_ statement: String) -> String {
    """
    local abs = math.abs
    local sum, i = 0, 0
    while i < \(iterations) do
      \(statement)
      i = i + 1
    end
    """
  }

  /// CPU time per operation of a script on a machine of its own, compiling not counted.
  static func time(
    per operations: UInt64, _ script: String, calling function: HostFunction? = nil
  ) throws -> Double {
    let program = try Program(script, hostFunctions: function.map { [$0] } ?? [])
    var status: Int32 = 0
    var report = ""
    let time = try Stopwatch.time(per: operations) {
      let outcome = try program.run()
      (status, report) = (outcome.exitStatus, outcome.report)
    }
    if status != 0 { throw BenchmarkError(description: "the script failed: \(report)") }
    return time
  }

  private static func parsing() throws -> Double {
    var text = ""
    while text.utf8.count < parsedBytes { text += sample }
    let source = SourceFile(name: "sample.quire", text: text)
    var hasErrors = false
    let time = Stopwatch.time(per: UInt64(text.utf8.count)) {
      hasErrors = parse(source).hasErrors
    }
    if hasErrors { throw BenchmarkError(description: "the sample does not parse") }
    return time
  }

  /// Ordinary code: comments, calls with and without parentheses, blocks, numbers, strings.
  private static let sample = """
    ## Touches a region in strides and says how many faults that cost.
    fn survey(area, step) {
        let before = vmstat.pgfault          # machine-wide
        var page = 0
        while page < area.pages {
            touch area.page(page)
            if page % 16 == 0 and step > 1 { print "page \\(page) of \\(area.pages)" }
            page = page + step
        }
        return [faults: vmstat.pgfault - before, pages: page]
    }

    process "surveyor" {
        let heap = mmap 4MiB, "rw"
        for step in [1, 2, 4, 8] {
            let result = survey(heap, step)
            expect result["faults"] <= 1_024
        }
        munmap heap
    }

    """
}
