// What is said when the host stops a run, wherever between two steps that happens.

import QuireProgram
import QuireRuntime
import QuireSyntax
import Testing

@Suite("Interrupted runs")
struct InterruptionTests {
  /// The messages, and the lines they point at, when a run is stopped after each of its visits.
  private func interruptions(
    of text: String, slice: Int, visits: Int
  ) throws -> [String] {
    let file = SourceFile(name: "test.quire", text: text)
    let program = try #require(Program.compile(file).program)
    let (settings, _) = MachineSettings.reading(program.machine)
    var world = try World(CodeImage(program), on: settings, limits: Limits())
    try world.start(Int(program.entry))
    var found: [String] = []
    for _ in 0..<visits where world.run(steps: slice) == .more {
      let diagnostic = world.interruptionDiagnostic
      let line = text.utf8.prefix(Int(diagnostic.span.start)).count { $0 == UInt8(ascii: "\n") } + 1
      found.append("\(line): \(diagnostic.message)")
    }
    return found
  }

  @Test("a busy run is interrupted where it is, also between two quanta")
  func busy() throws {
    let script = "let first = 1\nfork { while true { } }\nwhile true { }\n"
    let found = try interruptions(of: script, slice: 1, visits: 200_000)
    #expect(!found.isEmpty && found.allSatisfy { $0.hasSuffix("interrupted here") })
  }

  @Test("a run in which all wait is interrupted where the next of them waits")
  func waiting() throws {
    let script = "let first = 1\nwhile true {\n  sleep 1s\n}\n"
    let found = try interruptions(of: script, slice: 1, visits: 100)
    #expect(found.contains("3: interrupted while every process waited"))
  }
}
