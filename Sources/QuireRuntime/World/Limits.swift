// Limits of a run: what the host grants, as opposed to what the simulated machine has.

public import QuireKernel

/// How much a run may use. Reaching one stops the run; no script can catch it, and a host can raise
/// it and go on.
public struct Limits: Hashable, Sendable {
  /// Statements, calls and backward branches of all processes together; nil is no limit.
  public var steps: UInt64?
  /// Bytes of script values of all processes together.
  public var heapBytes = 1 << 30
  /// Processes that exist at one time, zombies included; or that live or have died of an error
  /// without anybody waiting for them. The second count is what stops a fork bomb, whose processes
  /// die when the machine refuses them another fork.
  public var processes = 32_768
  /// Calls inside each other in one process.
  public var callDepth = 100_000
  /// Bytes that the run may print.
  public var outputBytes = 1 << 30
  /// Simulated time; nil is no limit.
  public var virtualTime: Nanoseconds?

  public init() {}

  /// The last moment that an integer of the language can tell; no run goes on beyond it.
  static let lastMoment = Nanoseconds(Int64.max)

  /// When a run stops at the latest.
  var latestTime: Nanoseconds { min(virtualTime ?? Self.lastMoment, Self.lastMoment) }
}

/// Which limit a run reached.
public enum LimitKind: String, Hashable, Sendable, BitwiseCopyable, CaseIterable {
  case steps, heap, processes, callDepth, output, virtualTime

  /// The option of the command line that raises it; the call depth has none.
  public var option: String? {
    switch self {
    case .steps: "--max-steps"
    case .heap: "--max-heap"
    case .processes: "--max-processes"
    case .callDepth: nil
    case .output: "--max-output"
    case .virtualTime: "--max-time"
    }
  }
}
