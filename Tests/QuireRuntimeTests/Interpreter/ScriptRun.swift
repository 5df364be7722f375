// Scripts run to their end: what they printed, and what was said about them.

import QuireKernel
import QuireProgram
import QuireRuntime
import QuireSyntax
import Testing

/// What came of running a script.
struct ScriptRun {
  var output: String
  /// Messages of diagnostics, those of the compiler or those of the run.
  var messages: [String]
  var status: Status
  var steps: UInt64
  /// Simulated time at which the top level ended, or everything stopped.
  var now: Nanoseconds
}

/// How a script is run.
struct RunOptions {
  var limits = Limits()
  /// Steps of a visit: no input of the simulation.
  var slice = 100_000
  var collectsAlways = false
}

/// Compiles and runs a script.
func run(
  _ text: String, _ options: RunOptions = RunOptions(),
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> ScriptRun {
  let compilation = Program.compile(SourceFile(name: "test.quire", text: text))
  guard let program = compilation.program else {
    let messages = compilation.diagnostics.map { $0.message }
    Issue.record("the script does not compile: \(messages)", sourceLocation: sourceLocation)
    return ScriptRun(output: "", messages: messages, status: .finished, steps: 0, now: 0)
  }
  var (settings, _) = MachineSettings.reading(program.machine)
  settings.machine.ram = min(settings.machine.ram, 64 << 20)
  var world = try World(CodeImage(program), on: settings, limits: options.limits)
  world.isCollectingAlways = options.collectsAlways
  try world.start(Int(program.entry))
  var status = Status.more
  while status == .more { status = world.run(steps: options.slice) }
  return ScriptRun(
    output: String(decoding: world.output, as: UTF8.self),
    messages: world.allDiagnostics.map { $0.message }, status: status, steps: world.steps,
    now: world.kernel.now)
}

/// What a script prints, line by line; it must not fail.
func lines(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
  let result = try run(text, sourceLocation: sourceLocation)
  #expect(result.messages == [], sourceLocation: sourceLocation)
  return result.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
    String($0)
  }
}

/// The message of the error that ends a script.
func failure(of text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
  let result = try run(text, sourceLocation: sourceLocation)
  #expect(result.messages.count == 1, sourceLocation: sourceLocation)
  return result.messages.first ?? ""
}
