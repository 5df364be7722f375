// A run as the machine and the direct calls both need it: the world, its slices, its outcome.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram
internal import QuireRuntime
internal import QuireSyntax

/// A world under way. Whoever holds it may advance it, on any thread.
struct Run: ~Copyable {
  var world: World
  private let options: RunOptions
  private var limit: LimitKind?
  private(set) var isFinished = false

  /// A machine that is about to run `function` of the program, or its top level.
  init(
    _ program: Program, function: Int? = nil, _ settings: MachineSettings?, _ limits: Limits,
    _ options: RunOptions
  ) throws(MachineError) {
    let settings = settings ?? program.settings
    try settings.validate()
    var world = try World(program.image, on: settings, limits: limits)
    world.hostFunctions = program.hostFunctions
    world.isAudited = options.audits
    world.kernel.events.isOn = options.recordsEvents
    do throws(Errno) {
      try world.start(function ?? Int(program.image.program.entry))
    } catch {
      throw MachineError(key: "ram", message: "the first process cannot be given its memory")
    }
    self.world = world
    self.options = options
  }

  /// Makes one slice of steps; false when there is nothing more to do.
  mutating func advance() -> Bool {
    limit = nil
    world.conclusion = nil
    switch world.run(steps: max(1, options.slice)) {
    case .more: return true
    case .finished:
      isFinished = true
      world.reportSilentDeaths()
    case .stopped(let kind):
      limit = kind
      world.conclusion = world.limitDiagnostic(kind)
    }
    return false
  }

  mutating func outcome() -> Outcome {
    let ending = ending
    return Outcome(
      ending: ending, exitStatus: exitStatus(ending), output: [],
      diagnostics: world.allDiagnostics, files: world.image.program.files,
      expectationsHeld: world.expectationsHeld, expectationsFailed: world.expectationsFailed,
      variables: world.topLevelVariables(), value: world.mainValue, counters: world.kernel.counters,
      processes: world.processSummaries, steps: world.steps,
      time: world.latestTime, switches: world.switches, digest: world.digest)
  }

  private var ending: Outcome.Ending {
    if !world.violations.isEmpty { return .corrupt(world.violations) }
    if let limit { return .limitReached(limit) }
    if let panic = world.kernel.panic { return .panicked(panic) }
    if world.isDeadlocked { return .deadlocked }
    return isFinished ? .finished : .cancelled
  }

  private func exitStatus(_ ending: Outcome.Ending) -> Int32 {
    switch ending {
    case .limitReached: 3
    case .cancelled: 130
    default: world.hasFailed ? 1 : 0
    }
  }
}

/// The result of one `test` block.
public struct TestOutcome: Sendable {
  public var name: String
  public var outcome: Outcome

  /// Whether all of its expectations held and nothing went wrong.
  public var passed: Bool { outcome.exitStatus == 0 }
}

extension Program {
  /// Runs the script to its end on the calling thread.
  ///
  /// - Parameters:
  ///   - settings: the machine; by default the one that the script asks for.
  ///   - output: takes what is printed as it comes; by default it is collected in the outcome.
  /// - Throws: `MachineError` when there can be no such machine.
  public func run(
    on settings: MachineSettings? = nil, limits: Limits = Limits(),
    options: RunOptions = RunOptions(), output: (([UInt8]) -> Void)? = nil
  ) throws(MachineError) -> Outcome {
    let run = try Run(self, settings, limits, options)
    return Self.complete(run, output)
  }

  /// Runs each `test` block in a machine of its own, in order.
  ///
  /// - Parameter isIncluded: chooses tests by name.
  public func runTests(
    on settings: MachineSettings? = nil, limits: Limits = Limits(),
    options: RunOptions = RunOptions(), where isIncluded: (String) -> Bool = { _ in true }
  ) throws(MachineError) -> [TestOutcome] {
    var outcomes: [TestOutcome] = []
    for test in image.program.tests where isIncluded(test.name) {
      let run = try Run(self, function: Int(test.function), settings, limits, options)
      outcomes.append(TestOutcome(name: test.name, outcome: Self.complete(run, nil)))
    }
    return outcomes
  }

  private static func complete(_ run: consuming Run, _ output: (([UInt8]) -> Void)?) -> Outcome {
    var run = run
    var collected: [UInt8] = []
    var goesOn = true
    while goesOn {
      goesOn = run.advance()
      let printed = run.world.takeOutput()
      if let output {
        if !printed.isEmpty { output(printed) }
      } else {
        collected += printed
      }
    }
    var outcome = run.outcome()
    outcome.output = collected
    return outcome
  }
}
