// What a run depends on beside the machine: the seed and the rule by which processes take turns.

public import QuireKernel

/// The rule that chooses among processes that could run.
public enum SchedulerKind: String, Hashable, Sendable, CaseIterable {
  /// First come, first served, a quantum at a time.
  case roundRobin = "round-robin"
  /// Any of those that could run, for a time between 1 ns and a quantum, as the seed decides.
  case random
}

/// Seed and scheduling of a run. Together with the script and the machine it decides every byte.
public struct RunConfiguration: Hashable, Sendable {
  public var seed: UInt64 = 0
  public var scheduler = SchedulerKind.roundRobin
  /// How long a process runs while others wait. 1 ms: the order of Linux's own base slice.
  public var quantum: Nanoseconds = 1_000_000

  /// 1000 s: a longer quantum would be no quantum.
  public static let maximumQuantum: Nanoseconds = 1_000_000_000_000

  public init() {}
}
