// How a builtin talks to the interpreter.
//
// A builtin is called with `execution.pc` on its call and the clock of the CPU up to date. Whatever
// it answers but `value` and `raise` leaves the pc there, so the call is made again when the fiber
// runs next; what it has begun is in `Fiber.operation`. The step of the call is charged once.

/// Where the arguments of a call are.
package struct BuiltinCall: BitwiseCopyable, Sendable {
  /// The register of the first one, counted from the bottom of the stack.
  package var first: Int
  /// How many registers: the parameters of the signature (those left out hold `absent`), and then,
  /// if it is variadic, as many as were given.
  package var count: Int
}

/// What came of calling a builtin.
package enum BuiltinOutcome: BitwiseCopyable, Sendable {
  /// It is done.
  case value(Value)
  /// It failed; the value is an error, see `ScriptHeap.error`.
  case raise(Value)
  /// The fiber waits, `Fiber.wait` says for what; when it wakes the call is made again.
  case wait
  /// The time slice is over in the middle of a long operation; the call is made again.
  case again
  /// The call is done with this value and the fiber gives up its CPU (`yield`).
  case yield(Value)
  /// The task has ended.
  case ended
  /// A limit of the run is reached; after raising it the call is made again.
  case limit(LimitKind)
  /// `ScriptHeap.reserve` refused so many words; the world makes room and calls again. Nothing may
  /// have been changed by then.
  case room(Int)

  /// Whether the fiber goes on at once, in its code or in a handler of the error.
  @inline(__always)
  var goesOn: Bool {
    switch self {
    case .value, .raise: true
    case .wait, .again, .yield, .ended, .limit, .room: false
    }
  }
}
