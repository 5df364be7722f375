// The language beside Lua, and its parser.

internal import QuireSyntax

/// Lines about scripts.
enum LanguageBenchmarks {
  /// A script of about a mebibyte is parsed.
  private static let parsedBytes = 1 << 20

  static let all = [
    Benchmark(name: "parse_byte", summary: "a byte of a script, lexed and parsed").ours(parsing)
  ]

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
