// `quire check`: what can be said about a script without running it.

package import ArgumentParser
internal import Quire

/// Reports syntax errors, unknown names and wrong arguments.
package struct CheckCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Report mistakes in scripts without running them.",
    discussion: "The exit status is 0 when there are none, and 2 otherwise.")

  @Argument(
    help: "The scripts; - reads standard input.", completion: .file(extensions: ["quire"]))
  var files: [String]

  @Flag(name: .long, help: "Print the diagnostics as JSON, one list for all files.")
  var json = false

  @OptionGroup var messages: MessageArguments

  package init() {}

  package func run() throws {
    var reports: [DiagnosticReport] = []
    var hasErrors = false
    for file in files {
      let (diagnostics, sources) = try check(file, &hasErrors, &reports)
      if json {
        reports += diagnostics.map { DiagnosticReport($0, in: sources) }
      } else {
        messages.report(diagnostics, in: sources)
      }
    }
    if json { Console.write(encodeJSON(reports)) }
    if hasErrors { throw ExitCode(CommandStatus.notStarted) }
  }

  private func check(
    _ file: String, _ hasErrors: inout Bool, _ reports: inout [DiagnosticReport]
  ) throws -> ([Diagnostic], [SourceFile]) {
    do {
      let source = try ScriptSource(file: file, text: nil)
      let program = try Program(
        bytes: source.bytes, named: source.name, modules: messages.modules)
      return (program.warnings, program.files)
    } catch let error as ProgramError {
      hasErrors = true
      return (error.diagnostics, error.files)
    } catch let error as UnreadableScript {
      if json { reports.append(DiagnosticReport(error)) } else { Console.writeError("\(error)") }
      hasErrors = true
      return ([], [])
    }
  }
}
