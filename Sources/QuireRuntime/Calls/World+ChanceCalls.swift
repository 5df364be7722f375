// Chance: draws from the process's own stream.

internal import QuireProgram

extension World {
  /// The calls of this file by builtin.
  mutating func chanceCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .rand: try randCall(call)
    case .shuffle: try shuffleCall(call)
    case .choose: try chooseCall(call)
    default: preconditionFailure("chanceCall: \(builtin.name) draws nothing")
    }
  }

  /// rand(range) or rand(n)
  private mutating func randCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    let value = argument(0, call)
    if let bound = heap.asInteger(value) {
      if bound < 1 { throw .misuse("there is no number in 0 ..< \(bound)") }
      return .value(heap.integer(Int64(current.random.below(UInt64(bound)))))
    }
    guard let range = heap.asRange(value) else {
      throw wrongKind("range", "a range or a number", value)
    }
    if range.isEmpty { throw .misuse("the range is empty") }
    // All 2^64 numbers have a count of 0 here, and any word is one of them.
    let count = UInt64(bitPattern: range.last &- range.lower) &+ 1
    let drawn = count == 0 ? current.random.next() : current.random.below(count)
    return .value(heap.integer(range.lower &+ Int64(bitPattern: drawn)))
  }

  /// shuffle(list)
  private mutating func shuffleCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let list = argument(0, call)
    guard list.has(.list) else { throw wrongKind("list", "a list", list) }
    var stream = current.random
    stream.shuffle(count: heap.count(ofList: list)) { left, right in
      let value = heap.element(left, of: list)
      heap.setElement(left, of: list, to: heap.element(right, of: list))
      heap.setElement(right, of: list, to: value)
    }
    current.random = stream
    return .value(.none)
  }

  /// choose(list)
  private mutating func chooseCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let list = argument(0, call)
    guard list.has(.list) else { throw wrongKind("list", "a list", list) }
    let count = heap.count(ofList: list)
    if count == 0 { throw .misuse("the list is empty") }
    return .value(heap.element(Int(current.random.below(UInt64(count))), of: list))
  }
}
