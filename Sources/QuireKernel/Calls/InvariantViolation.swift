// The checker of the machine: rules that hold between any two calls (AUDIT).

/// A rule of the kernel's own state that does not hold: a fault of Quire, never of a script.
public struct InvariantViolation: Hashable, Sendable, CustomStringConvertible {
  /// The name of the rule, its subsystem first: `task.parent-alive`.
  public var rule: String
  /// Who breaks it, and how.
  public var detail: String

  public init(_ rule: String, _ detail: String) {
    self.rule = rule
    self.detail = detail
  }

  public var description: String { "\(rule): \(detail)" }
}

extension Kernel {
  /// Checks every rule of every subsystem; an empty list means that all hold.
  ///
  /// It reads whole tables and is meant for tests and audits.
  public borrowing func checkInvariants() -> [InvariantViolation] {
    var violations: [InvariantViolation] = []
    checkPhysical(&violations)
    checkTasks(&violations)
    checkLRU(&violations)
    checkSwap(&violations)
    checkVirtualMemory(&violations)
    checkDescriptors(&violations)
    checkMounts(&violations)
    return violations
  }
}
