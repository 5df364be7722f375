// A session: a live machine to which a script is given entry by entry.

internal import KernelStorage
public import QuireKernel
internal import QuireProgram
public import QuireRuntime
internal import QuireStandardLibrary
public import QuireSyntax

/// What came of one entry of a session.
public struct Evaluation: Sendable {
  /// How the entry ended.
  public enum Ending: Hashable, Sendable {
    /// It ran to its end, or to an error that nobody caught.
    case done
    /// It has mistakes and did not run.
    case refused
    case interrupted
    case limitReached(LimitKind)
    /// Its process has ended: nothing more can be entered.
    case sessionEnded(ExitStatus?)
  }

  public var ending: Ending
  /// The value of the entry, if it was an expression that has one, as it is shown in a list.
  public var value: String? = nil
  /// Mistakes, errors and failed expectations.
  public var diagnostics: [Diagnostic] = []
  /// The files that the diagnostics point into.
  public var files: [SourceFile]

  /// Whether anything went wrong.
  public var failed: Bool { ending != .done || diagnostics.contains { $0.severity == .error } }
}

/// A machine that lives on between entries: variables, processes and memory stay.
///
///     var session = Session()
///     _ = session.evaluate("let m = mmap 1MiB, \"rw\"")
///     print(session.evaluate("m.pages").value ?? "")      // 256
///
/// The machine is built at the first entry, which may describe it (`machine { … }`). A session is
/// confined to whoever holds it.
public struct Session: ~Copyable {
  /// The machine for a session whose first entry describes none.
  public let settings: MachineSettings
  /// Entries that win over what the first entry says: `ram=1GiB`.
  private let overrides: [String]
  private let seed: UInt64?
  private let limits: Limits
  private let hostFunctions: [HostFunction]
  private let modules: (any ModuleResolver)?
  private var program: ProgramSession
  /// The machine, once there is one: at index 0.
  private var machines = Slots<World>()
  private var entryCount = 0

  /// - Parameters:
  ///   - settings: the machine, unless the first entry describes one.
  ///   - overrides: entries that win over both, as in `MachineSettings.set`.
  ///   - seed: wins over both, too.
  public init(
    on settings: MachineSettings = MachineSettings(), overriding overrides: [String] = [],
    seed: UInt64? = nil, limits: Limits = Limits(),
    hostFunctions: [HostFunction] = [], modules: (any ModuleResolver)? = nil
  ) {
    self.settings = settings
    self.overrides = overrides
    self.seed = seed
    self.limits = limits
    self.hostFunctions = hostFunctions
    self.modules = modules
    program = ProgramSession(
      options: CompilationOptions(
        prelude: StandardLibrary.prelude, hostFunctions: hostFunctions.map(\.signature)))
  }

  /// Whether `text` ends inside a block, a bracket or a string, so that more has to come.
  public static func isIncomplete(_ text: String) -> Bool {
    QuireSyntax.isIncomplete(SourceFile(name: "entry", text: text))
  }

  /// Compiles an entry and runs it to its end.
  ///
  /// - Parameters:
  ///   - name: what diagnostics call it; by default the number of the entry.
  ///   - output: takes what is printed as it comes.
  ///   - isInterrupted: is asked now and then; true gives the entry up and keeps the session.
  public mutating func evaluate(
    _ text: String, named name: String? = nil, output: ([UInt8]) -> Void = { _ in },
    isInterrupted: () -> Bool = { false }
  ) -> Evaluation {
    if isBooted && !machines[0].sessionIsAlive {
      return Evaluation(ending: .sessionEnded(machines[0].mainStatus), files: [])
    }
    var next = program
    let source = SourceFile(name: name ?? "entry \(entryCount + 1)", text: text)
    let compilation = next.append(source) { Program.answer($0, modules) }
    guard let compiled = compilation.program else {
      return refusal(compilation.diagnostics, compilation.files)
    }
    let image = CodeImage(compiled)
    if !isBooted {
      let problems = boot(image, compiled.machine)
      if !problems.isEmpty { return refusal(problems, compilation.files) }
    }
    program = next
    entryCount += 1
    return run(image, output, isInterrupted)
  }

  /// Whether the machine exists: an entry has been accepted.
  public var isBooted: Bool { machines.count > 0 }

  /// Everything that the next entry can name, in alphabetical order.
  public var names: [NamedThing] { program.names.map(NamedThing.init) }

  /// Looks at the kernel; nil before the first entry.
  public func inspect<Result>(_ body: (borrowing Kernel) -> Result) -> Result? {
    isBooted ? body(machines[0].kernel) : nil
  }

  // MARK: Running

  /// Builds the machine; gives what is wrong with it.
  private mutating func boot(_ image: CodeImage, _ block: MachineBlock?) -> [Diagnostic] {
    var settings = self.settings
    if block != nil {
      let (described, problems) = MachineSettings.reading(block)
      if !problems.isEmpty { return problems }
      settings = described
    }
    do {
      for assignment in overrides { try settings.set(assignment) }
      if let seed { settings.run.seed = seed }
      var world = try World(image, on: settings, limits: limits)
      world.hostFunctions = hostFunctions
      try world.startSession()
      machines.append(world)
      return []
    } catch {
      let start = image.program.functions[Int(image.program.entry)].span
      return [Diagnostic(.error, "bad-machine", "the machine cannot be built: \(error)", at: start)]
    }
  }

  private mutating func run(
    _ image: CodeImage, _ output: ([UInt8]) -> Void, _ isInterrupted: () -> Bool
  ) -> Evaluation {
    machines[0].beginEntry(of: image)
    var ending = Evaluation.Ending.done
    loop: while true {
      let status = machines[0].run(steps: Self.slice)
      let printed = machines[0].takeOutput()
      if !printed.isEmpty { output(printed) }
      switch status {
      case .finished: break loop
      case .stopped(let limit):
        ending = .limitReached(limit)
        machines[0].conclusion = machines[0].limitDiagnostic(limit)
        break loop
      case .more:
        if isInterrupted() {
          ending = .interrupted
          machines[0].conclusion = machines[0].interruptionDiagnostic
          break loop
        }
      }
    }
    if ending == .done && !machines[0].sessionIsAlive {
      ending = .sessionEnded(machines[0].mainStatus)
    }
    machines[0].abandonEntry()
    return takeEvaluation(ending)
  }

  /// Steps between two looks at the outside; changes nothing in the run.
  private static var slice: Int { 10_000 }

  private mutating func takeEvaluation(_ ending: Evaluation.Ending) -> Evaluation {
    let value = machines[0].entryValue.map { String(decoding: $0, as: UTF8.self) }
    let evaluation = Evaluation(
      ending: ending, value: ending == .done ? value : nil,
      diagnostics: machines[0].allDiagnostics, files: machines[0].image.program.files)
    machines[0].forgetDiagnostics()
    return evaluation
  }

  private func refusal(_ diagnostics: [Diagnostic], _ files: [SourceFile]) -> Evaluation {
    Evaluation(ending: .refused, diagnostics: diagnostics, files: files)
  }
}

/// A name that a script can use, with one line about it.
public struct NamedThing: Hashable, Sendable {
  public var name: String
  /// What it is: "builtin", "constant", "function", "variable" or "module".
  public var kind: String
  /// How it is called, or just the name.
  public var synopsis: String
  public var documentation: String

  init(_ summary: NameSummary) {
    name = summary.name
    kind = summary.kind.rawValue
    synopsis = summary.synopsis
    documentation = summary.documentation
  }
}

/// The name among `names` that a misspelt one most likely stands for; nil when none is near.
public func suggestedName(_ name: String, among names: [String]) -> String? {
  didYouMean(name, among: names)
}
