// What a run leaves behind.

public import QuireKernel
public import QuireRuntime
public import QuireSyntax

/// The result of a run.
public struct Outcome: Sendable {
  /// How a run came to its end.
  public enum Ending: Hashable, Sendable {
    /// Every process has ended.
    case finished
    /// Processes are left that can never go on.
    case deadlocked
    /// A limit of the run was reached; the machine can go on when it is raised.
    case limitReached(LimitKind)
    /// The simulated kernel gave up.
    case panicked(Panic)
    /// The host cancelled the run.
    case cancelled
    /// An audit found the kernel's tables broken: a mistake in Quire itself.
    case corrupt([InvariantViolation])
  }

  public var ending: Ending
  /// 0 all held; 1 an expectation failed, the top level ended non-zero, or a process that nobody
  /// waited for died of an error or a signal; 3 a limit was reached; 130 cancelled.
  public var exitStatus: Int32
  /// What was printed, unless a handler took it as it came.
  public var output: [UInt8]
  /// Errors that nobody caught, expectations that did not hold, limits and deadlocks, in the order
  /// in which they happened.
  public var diagnostics: [Diagnostic]
  /// The files that the diagnostics point into.
  public var files: [SourceFile]
  public var expectationsHeld: UInt64
  public var expectationsFailed: UInt64
  /// The variables that the script's top level has declared, in order, with what they were when its
  /// process ended. A run that has stopped at a limit has them as they are.
  ///
  /// They are copies of bounded size: of a list or a text beyond 100,000 values or 1 MiB in all,
  /// only the beginning is here, as `ScriptValue.other`.
  public var variables: [ScriptVariable]
  /// The value of the script's last statement, if that is an expression that the top level came to.
  public var value: ScriptValue
  /// The counters of /proc/vmstat.
  public var counters: Counters
  /// Every process that the script started, in the order of creation.
  public var processes: [ProcessSummary]
  /// Statements, calls and backward branches that were made.
  public var steps: UInt64
  /// Simulated time that has passed, by the CPU that is furthest.
  public var time: Nanoseconds
  /// Times a CPU went from one process to another.
  public var switches: UInt64
  /// Equal for equal runs: of the output, the processes, the counters and what memory holds. With
  /// `RunOptions.recordsEvents` also of every event of the kernel, and of what memory held when the
  /// top level ended.
  public var digest: UInt64

  /// The variable `name` of the script's top level; nil when it has declared none.
  public subscript(name: String) -> ScriptValue? {
    variables.first { $0.name == name }?.value
  }

  /// The variable `name` as a type of Swift's: `outcome.value(of: "peak", as: Int.self)`.
  ///
  /// - Returns: nil when there is no such variable, or its value is of another kind.
  public func value<Value: ScriptConvertible>(
    of name: String, as type: Value.Type = Value.self
  ) -> Value? {
    self[name].flatMap { Value(scriptValue: $0) }
  }

  /// The output as text.
  public var text: String { String(decoding: output, as: UTF8.self) }

  /// The diagnostics as text, each with its line and a caret.
  public var report: String { DiagnosticFormatter(files: files).format(diagnostics) }
}

/// How a run is watched; nothing here changes what happens in it.
public struct RunOptions: Hashable, Sendable {
  /// Steps that are made between two looks at the host: cancelling, pausing, output.
  public var slice = 10_000
  /// Checks the kernel's invariants after every quantum. Slow.
  public var audits = false
  /// Lets the sequence of kernel events, and the memory at the end of the top level, take part in
  /// the digest.
  public var recordsEvents = false

  public init() {}
}
