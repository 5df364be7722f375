// Signals that wait: sigprocmask and sigpending.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// sigprocmask(how, signals): the set that was blocked before.
  mutating func signalMaskCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let former = kernel.tasks[current.task].blocked
    let names = Self.names(of: former)
    try reserve(Self.words(for: names))
    if !argument(1, call).isAbsent {
      let given = try signals(1, call)
      var wanted = former
      switch try string(0, "how", call) {
      case "block": wanted.bits |= given.bits
      case "unblock": wanted.bits &= ~given.bits
      case "set": wanted = given
      case let other:
        throw .misuse("'how' is \"block\", \"unblock\" or \"set\", not \"\(other)\"")
      }
      kernel.setBlockedSignals(wanted, by: current.task)
    }
    let answer = value(of: names)
    // What was held back comes now, before the next statement.
    return hasDeliverableSignals ? .yield(answer) : .value(answer)
  }

  /// sigpending()
  mutating func pendingSignalsCall() throws(CallFailure) -> BuiltinOutcome {
    let record = kernel.tasks[current.task]
    var held = record.pending
    held.bits &= record.blocked.bits
    let names = Self.names(of: held)
    try reserve(Self.words(for: names))
    return .value(value(of: names))
  }

  private static func names(of set: SignalSet) -> ScriptValue {
    .list(Signal.allCases.filter { set.contains($0) }.map { .string($0.name) })
  }

  /// A list of signals by name or number, or one of them.
  private func signals(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> SignalSet {
    let value = argument(index, call)
    var set = SignalSet()
    guard value.has(.list) else {
      set.insert(try signal(value))
      return set
    }
    for place in 0..<heap.count(ofList: value) {
      set.insert(try signal(heap.element(place, of: value)))
    }
    return set
  }

  private func signal(_ value: Value) throws(CallFailure) -> Signal {
    if let name = heap.asString(value) {
      if let signal = Signal(name: name) { return signal }
      throw .misuse("there is no signal \"\(name)\"")
    }
    guard let number = heap.asInteger(value) else {
      throw wrongKind("signals", "a signal or a list of them", value)
    }
    guard let code = UInt8(exactly: number), let signal = Signal(rawValue: code) else {
      throw .errno(.EINVAL)
    }
    return signal
  }
}
