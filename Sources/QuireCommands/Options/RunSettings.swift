// What `run` and `test` have in common: the machine, the limits, how to watch.

public import ArgumentParser
internal import Foundation
internal import Quire

/// The machine of a run, as far as somebody overrides it.
protocol MachineChoices {
  var set: [String] { get }
  var seed: SeedArgument? { get }
}

/// How messages look, and where modules are.
protocol MessageChoices {
  var color: ColourChoice { get }
  var modulePath: [String] { get }
}

/// What holds when the command line says nothing.
struct DefaultChoices: MachineChoices, MessageChoices {
  let set: [String] = []
  let seed: SeedArgument? = nil
  let color = ColourChoice.auto
  let modulePath: [String] = []
}

/// The machine of a run, as far as the command line overrides it.
public struct MachineArguments: ParsableArguments, MachineChoices {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Override an entry of the script's machine: ram=1GiB, 'swap=[64MiB]'.",
      valueName: "key=value"))
  var set: [String] = []

  @Option(name: .long, help: "The seed: a number, 0x… or random.")
  var seed: SeedArgument?

  public init() {}
}

extension MachineChoices {
  /// The script's own machine with what is to be different.
  func apply(to settings: MachineSettings) throws -> MachineSettings {
    var settings = settings
    for assignment in set { try settings.set(assignment) }
    if let chosenSeed { settings.run.seed = chosenSeed }
    return settings
  }

  /// The seed that the command line asks for; one that the host chooses is reported.
  var chosenSeed: UInt64? {
    switch seed {
    case .number(let number): return number
    case .random:
      let number = UInt64.random(in: 0...UInt64(Int64.max))
      Console.writeError("seed \(number)\n")
      return number
    case nil: return nil
    }
  }
}

/// The limits of a run.
public struct LimitArguments: ParsableArguments {
  @Option(name: .long, help: "Stop after so many statements, calls and loop turns.")
  var maxSteps: UInt64?

  @Option(
    name: .long,
    help: ArgumentHelp("Room for the values of scripts (default 1GiB).", valueName: "size"))
  var maxHeap: ByteSize?

  @Option(name: .long, help: "Processes that may exist at one time (default 32768).")
  var maxProcesses: Int?

  @Option(
    name: .long, help: ArgumentHelp("What may be printed (default 1GiB).", valueName: "size"))
  var maxOutput: ByteSize?

  @Option(
    name: .long, help: ArgumentHelp("Simulated time that may pass: 20ms.", valueName: "time"))
  var maxTime: VirtualDuration?

  public init() {}

  public func validate() throws {
    if let maxProcesses, maxProcesses < 1 {
      throw ValidationError("--max-processes is at least 1")
    }
  }

  var limits: Limits {
    var limits = Limits()
    limits.steps = maxSteps
    if let maxHeap { limits.heapBytes = Int(clamping: maxHeap.bytes) }
    if let maxProcesses { limits.processes = maxProcesses }
    if let maxOutput { limits.outputBytes = Int(clamping: maxOutput.bytes) }
    limits.virtualTime = maxTime?.nanoseconds
    return limits
  }
}

/// How a run is watched.
public struct WatchArguments: ParsableArguments {
  @Flag(name: .long, help: "Check the kernel's invariants after every quantum. Slow.")
  var audit = false

  @Flag(name: .long, help: "Print a digest of the events and the final state.")
  var digest = false

  @Option(
    name: .long,
    help: "Steps between two looks at the outside. Changes nothing in the run.")
  var slice = RunOptions().slice

  public init() {}

  public func validate() throws {
    if slice < 1 { throw ValidationError("--slice is at least 1") }
  }

  var options: RunOptions {
    var options = RunOptions()
    options.slice = slice
    options.audits = audit
    options.recordsEvents = digest
    return options
  }
}

/// How messages look.
public struct MessageArguments: ParsableArguments, MessageChoices {
  @Option(name: .long, help: "Colour in messages: auto, always or never.")
  var color = ColourChoice.auto

  @Option(
    name: .customLong("module-path"),
    help: ArgumentHelp("A folder to search for imported modules.", valueName: "folder"))
  var modulePath: [String] = []

  public init() {}
}

extension MessageChoices {
  var modules: FileModules { FileModules(options: modulePath) }

  /// Prints diagnostics on standard error.
  func report(_ diagnostics: [Diagnostic], in files: [SourceFile]) {
    if diagnostics.isEmpty { return }
    let isColoured = color.isOn(for: STDERR_FILENO)
    Console.writeError(
      DiagnosticFormatter(files: files, coloured: isColoured).format(diagnostics))
  }
}
