// Loops: counted ones and walks through collections.

internal import QuireProgram

extension World {
  /// Does a loop instruction.
  mutating func loop(_ i: Instruction) -> LoopExit? {
    switch i.opcode {
    case .prepareRange: return prepareRange(i, isClosed: false)
    case .prepareClosedRange: return prepareRange(i, isClosed: true)
    case .prepareRepeat: return prepareRepeat(i)
    case .nextInRange: return nextInRange(i)
    case .prepareIteration:
      let collection = register(i.b)
      let outcome = beginIteration(over: collection)
      guard case .value(let cursor) = outcome else { return depart(outcome, Int(i.a)) }
      current.execution[Int(i.a)] = collection
      current.execution[Int(i.a) + 1] = cursor
      current.execution.pc += 1
      return nil
    default: return nextInIteration(i)
    }
  }

  private mutating func prepareRange(_ i: Instruction, isClosed: Bool) -> LoopExit? {
    let (lower, upper) = (register(i.a), current.execution[Int(i.a) + 1])
    guard let first = heap.asInteger(lower), let bound = heap.asInteger(upper) else {
      return depart(badBounds(lower, upper, isClosed: isClosed), Int(i.a))
    }
    let range = IntegerRange(lower: first, upper: bound, isClosed: isClosed)
    if range.isEmpty {
      current.execution.pc += 1 + i.wide
      return nil
    }
    guard heap.reserve(ScriptHeap.numberWords) else {
      return depart(.room(ScriptHeap.numberWords), Int(i.a))
    }
    current.execution[Int(i.a) + 1] = heap.integer(range.last)
    current.execution.pc += 1
    return nil
  }

  private mutating func prepareRepeat(_ i: Instruction) -> LoopExit? {
    let value = register(i.a)
    guard let count = heap.asInteger(value) else {
      let kind = heap.kindPhrase(of: value)
      let message = "the count of 'repeat' is an integer, not \(kind): \(excerpt(value))"
      return depart(fail(ErrorContent(message)), Int(i.a))
    }
    current.execution[Int(i.a)] = Value(small: 1)
    current.execution[Int(i.a) + 1] = value
    current.execution.pc += 1 + (count < 1 ? i.wide : 0)
    return nil
  }

  private mutating func nextInRange(_ i: Instruction) -> LoopExit? {
    let (value, last) = (register(i.a), current.execution[Int(i.a) + 1])
    guard let number = heap.asInteger(value), let end = heap.asInteger(last), number < end else {
      current.execution.pc += 1
      return nil
    }
    guard heap.reserve(ScriptHeap.numberWords) else {
      return depart(.room(ScriptHeap.numberWords), Int(i.a))
    }
    current.execution[Int(i.a)] = heap.integer(number + 1)
    current.execution.pc += 1 + i.wide
    return nil
  }

  private mutating func nextInIteration(_ i: Instruction) -> LoopExit? {
    let place = Int(i.a)
    switch nextElement(of: register(i.a), at: current.execution[place + 1]) {
    case .element(let element, let cursor):
      current.execution[place + 1] = cursor
      current.execution[place + 2] = element
      current.execution.pc += 1 + i.wide
      return nil
    case .end:
      current.execution.pc += 1
      return nil
    case .outcome(let outcome): return depart(outcome, Int(i.a))
    }
  }
}
