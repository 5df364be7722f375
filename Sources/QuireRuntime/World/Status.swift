// What the run loop and the interpreter tell each other and their callers.

/// Where a run stands after `World.run`.
package enum Status: Hashable, Sendable {
  /// Every process has ended, or nothing can ever go on (`World.deadlock`).
  case finished
  /// A limit of the run stopped it; raise it and run on.
  case stopped(LimitKind)
  /// There is more to do.
  case more
}

/// Why the interpreter came back.
package enum Stop: Hashable, Sendable, BitwiseCopyable {
  /// The steps granted to this visit are used up. No input of the simulation: the same fiber goes
  /// on.
  case budget
  /// The clock passed `kernel.sliceEnd`.
  case quantum
  /// The fiber waits; its `wait` says for what.
  case waiting
  /// The task has ended.
  case ended
  /// A limit of the run was reached.
  case limit(LimitKind)
}
