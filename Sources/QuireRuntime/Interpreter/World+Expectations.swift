// `expect`: a condition or a failure that must be.

internal import QuireProgram

extension World {
  /// Does an `expect` instruction; answers with ra as it is.
  mutating func expectation(_ i: Instruction) -> BuiltinOutcome {
    let value = register(i.a)
    guard let record = image.function(at: current.execution.pc) else { return .value(value) }
    let expectation = record.expectations[Int(i.c)]
    switch i.opcode {
    case .expect:
      guard let held = value.asBoolean else { return notBoolean(value) }
      var sides = (left: Value.none, right: Value.none)
      if !held, case .comparison = expectation.kind {
        sides = (register(i.b), current.execution[Int(i.b) + 1])
      }
      recordExpectation(expectation, held: held, left: sides.left, right: sides.right)
    case .expectMissed: recordFailureExpectation(expectation, error: nil)
    default: recordFailureExpectation(expectation, error: heap.asError(value))
    }
    return .value(value)
  }
}
