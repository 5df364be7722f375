// `quire run`: a script from its first line to its last.

package import ArgumentParser
internal import Quire

/// Runs a script and says by its exit status whether all held.
package struct RunCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a script.",
    discussion: "The same script, machine and seed give the same bytes, on every host.")

  @Argument(help: "The script; - reads standard input.", completion: .file(extensions: ["quire"]))
  var file: String?

  @Option(name: .shortAndLong, help: "Run this text instead of a file.")
  var eval: String?

  @OptionGroup(title: "Machine") var machine: MachineArguments
  @OptionGroup(title: "Limits") var limits: LimitArguments
  @OptionGroup(title: "Watching") var watch: WatchArguments

  @Flag(name: .long, help: "Print the outcome as JSON instead of the script's output.")
  var json = false

  @OptionGroup var messages: MessageArguments

  package init() {}

  package func validate() throws {
    if (file == nil) == (eval == nil) {
      throw ValidationError("Give one script: a file, - for standard input, or -e TEXT.")
    }
  }

  package func run() throws {
    try ScriptRun(
      file: file, text: eval, machine: machine, limits: limits.limits, options: watch.options,
      messages: messages, printsDigest: watch.digest, isJSON: json
    ).run()
  }
}

/// One script from its first byte to its exit status.
struct ScriptRun {
  var file: String?
  var text: String?
  var machine: any MachineChoices = DefaultChoices()
  var limits = Limits()
  var options = RunOptions()
  var messages: any MessageChoices = DefaultChoices()
  var printsDigest = false
  var isJSON = false

  /// - Throws: `ExitCode` unless all held.
  func run() throws {
    let loaded = try LoadedScript.load(
      file: file, text: text, machine: machine, messages: messages, json: isJSON)
    let simulation = try loaded.build(limits: limits, options: options)
    let interrupt = Interrupt(action: { simulation.cancel() })
    let print: @Sendable ([UInt8]) -> Void = { bytes in _ = Console.write(bytes) }
    let outcome = simulation.runToEnd(output: isJSON ? nil : print)
    interrupt.stop()
    if isJSON {
      Console.write(OutcomeReport(outcome).json)
    } else {
      messages.report(loaded.program.warnings + outcome.diagnostics, in: outcome.files)
      if printsDigest { Console.write("digest \(hexadecimal(outcome.digest))\n") }
    }
    if outcome.exitStatus != 0 { throw ExitCode(outcome.exitStatus) }
  }
}

/// A compiled script with the machine it is going to run on.
struct LoadedScript {
  var program: Program
  var settings: MachineSettings
  private var isJSON: Bool

  /// Compiles the script; what is wrong with it is reported, and ends the command with status 2.
  static func load(
    file: String?, text: String?, machine: any MachineChoices,
    messages: any MessageChoices, json: Bool = false
  ) throws -> LoadedScript {
    do {
      let source = try ScriptSource(file: file, text: text)
      let program = try Program(
        bytes: source.bytes, named: source.name, modules: messages.modules)
      let settings = try machine.apply(to: program.settings)
      return LoadedScript(
        program: program, settings: settings, isJSON: json)
    } catch let error as UnreadableScript {
      refuse(error, json)
    } catch let error as ProgramError {
      refuse(error, messages, json)
    }
    throw ExitCode(CommandStatus.notStarted)
  }

  /// Boots the machine; one that cannot be had is reported and ends the command with status 2.
  func build(limits: Limits, options: RunOptions) throws -> Machine {
    do throws(MachineError) {
      return try Machine(program, on: settings, limits: limits, options: options)
    } catch {
      report(error)
      throw ExitCode(CommandStatus.notStarted)
    }
  }

  func report(_ error: MachineError) {
    let text = "error: the machine cannot be built: \(error.key): \(error.message)"
    if isJSON {
      Console.write(OutcomeReport(refusal: [text], exitStatus: CommandStatus.notStarted).json)
    } else {
      Console.writeError(text + "\n")
    }
  }

  private static func refuse(_ error: UnreadableScript, _ json: Bool) {
    if json {
      Console.write(OutcomeReport(refusal: error, exitStatus: CommandStatus.notStarted).json)
    } else {
      Console.writeError(error.description)
    }
  }

  private static func refuse(_ error: ProgramError, _ messages: any MessageChoices, _ json: Bool) {
    if json {
      let report = OutcomeReport(
        error.diagnostics, in: error.files, exitStatus: CommandStatus.notStarted)
      Console.write(report.json)
    } else {
      messages.report(error.diagnostics, in: error.files)
    }
  }
}

/// 0x and sixteen digits.
func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return "0x" + String(repeating: "0", count: 16 - digits.count) + digits
}
