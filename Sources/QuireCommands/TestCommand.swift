// `quire test`: the `test` blocks of scripts, each in a machine of its own.

package import ArgumentParser
internal import Quire

/// Runs tests and counts those that passed.
package struct TestCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run the test blocks of scripts, each in a machine of its own.")

  @Argument(help: "The scripts, or folders of scripts.", completion: .file(extensions: ["quire"]))
  var files: [String]

  @Option(name: .long, help: "Run only tests whose name contains this text.")
  var filter: String?

  @OptionGroup(title: "Machine") var machine: MachineArguments
  @OptionGroup(title: "Limits") var limits: LimitArguments
  @OptionGroup(title: "Watching") var watch: WatchArguments
  @OptionGroup var messages: MessageArguments

  package init() {}

  package func run() throws {
    var tally = Tally()
    for file in try scripts() {
      do {
        try runTests(of: file, &tally)
      } catch is ExitCode {
        tally.unstarted += 1
        Console.write("FAILED  \(file) cannot be started\n")
      }
    }
    Console.write(tally.text + "\n")
    if tally.unstarted > 0 { throw ExitCode(CommandStatus.notStarted) }
    if tally.failed > 0 { throw ExitCode(CommandStatus.failed) }
  }

  /// What came of the tests so far.
  private struct Tally {
    var passed = 0
    var failed = 0
    var unstarted = 0

    var text: String {
      let rest =
        unstarted == 0
        ? "" : ", \(unstarted == 1 ? "1 script" : "\(unstarted) scripts") not started"
      return "\(passed) passed, \(failed) failed\(rest)"
    }
  }

  /// The files that are named, and every script in the folders that are.
  private func scripts() throws -> [String] {
    try files.flatMap { path in
      guard let found = try ScriptSource.scripts(inFolder: path) else { return [path] }
      if found.isEmpty { throw ValidationError("There is no script (*.quire) in \(path).") }
      return found
    }
  }

  private func runTests(of file: String, _ tally: inout Tally) throws {
    let script = try LoadedScript.load(
      file: file, text: nil, machine: machine, messages: messages)
    messages.report(script.program.warnings, in: script.program.files)
    if script.program.testNames.isEmpty { Console.write("--  \(file) has no tests\n") }
    for test in try outcomes(of: script) {
      Console.write("\(test.passed ? "ok" : "FAILED")  \(file): \(test.name)\n")
      if test.passed {
        tally.passed += 1
      } else {
        tally.failed += 1
        Console.write(test.outcome.output)
        messages.report(test.outcome.diagnostics, in: test.outcome.files)
        if test.outcome.diagnostics.isEmpty { Console.writeError(Self.end(of: test)) }
      }
    }
  }

  /// Why a test failed that left no message.
  private static func end(of test: TestOutcome) -> String {
    let code = test.outcome.processes.first?.status?.code ?? 0
    return "error: the test ended with code \(code)\n"
  }

  private func outcomes(of script: LoadedScript) throws -> [TestOutcome] {
    do throws(MachineError) {
      return try script.program.runTests(
        on: script.settings, limits: limits.limits, options: watch.options
      ) { name in filter.map { name.contains($0) } ?? true }
    } catch {
      script.report(error)
      throw ExitCode(CommandStatus.notStarted)
    }
  }
}
