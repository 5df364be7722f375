// Every instruction in full generality: the fast cases of the loop are shortcuts of these.

internal import QuireProgram

extension World {
  /// Does the instruction at `current.execution.pc` and moves on; the loop goes on unless an exit
  /// is returned.
  @inline(never)
  mutating func perform(_ i: Instruction) -> LoopExit? {
    meter.left &-= Int(i.steps)
    switch i.opcode {
    case .move, .loadNil, .loadTrue, .loadFalse, .loadAbsent, .loadInteger, .loadConstant,
      .loadFunction, .getGlobal, .setGlobal, .makeCell, .getCell, .setCell, .getCapture,
      .getCapturedCell, .setCapturedCell, .getSelf, .makeClosure:
      return conclude(loading(i), Int(i.a))
    case .add, .subtract, .multiply, .divide, .remainder, .shiftLeft, .shiftRight, .and, .or,
      .exclusiveOr, .addImmediate, .subtractImmediate, .multiplyImmediate, .divideImmediate,
      .remainderImmediate, .shiftLeftImmediate, .shiftRightImmediate, .andImmediate, .negate,
      .complement, .not, .equal, .notEqual, .less, .lessOrEqual:
      return conclude(operation(i), Int(i.a))
    case .jump, .jumpIfTrue, .jumpIfFalse, .jumpIfPresent:
      return branch(i, by: i.wide, condition(i))
    case .prepareRange, .prepareClosedRange, .prepareRepeat, .nextInRange, .prepareIteration,
      .nextInIteration:
      return loop(i)
    case .call, .callValue, .callBuiltin, .callVariadic, .callMember, .returnValue, .returnNil:
      return call(i)
    case .step:
      meter.left &-= i.wide
      current.execution.pc += 1
      return nil
    case .makeList, .extendList, .makeMap, .extendMap, .makeRange, .makeClosedRange, .makeString,
      .getIndex, .getIndexImmediate, .setIndex, .getMember, .setMember:
      return conclude(building(i), Int(i.a))
    case .expect, .expectMissed, .expectFailed:
      return conclude(expectation(i), Int(i.a))
    default:
      return branch(i, by: i.offset, condition(i))
    }
  }

  /// Register `register` of the running frame.
  func register(_ register: UInt16) -> Value { current.execution[Int(register)] }

  // MARK: What came of it

  /// Stores a result in register `result` and moves on, or does what else the outcome asks for.
  @inline(__always)
  mutating func conclude(_ outcome: BuiltinOutcome, _ result: Int) -> LoopExit? {
    guard case .value(let value) = outcome else { return depart(outcome, result) }
    current.execution[result] = value
    current.execution.pc += 1
    // What the instruction did in proportion to its data.
    meter.left &-= pendingSteps
    pendingSteps = 0
    return nil
  }

  /// An outcome that is no plain value.
  @inline(never)
  mutating func depart(_ outcome: BuiltinOutcome, _ result: Int) -> LoopExit? {
    pendingSteps = 0
    switch outcome {
    case .value: return nil
    case .raise(let error):
      if unwind(error, at: current.execution.pc) { return nil }
      settleSteps()
      return .stop(endByUncaught(error))
    case .yield(let value):
      current.execution[result] = value
      current.execution.pc += 1
      return .stop(.quantum)
    case .ended: return .stop(.ended)
    case .wait: return repeatLater(.stop(.waiting))
    case .again: return repeatLater(.stop(.quantum))
    case .limit(let limit): return repeatLater(.stop(.limit(limit)))
    case .room(let words): return repeatLater(.room(words))
    }
  }

  /// The instruction will be made again, without being charged again.
  mutating func repeatLater(_ exit: LoopExit) -> LoopExit {
    current.execution.isResuming = true
    return exit
  }

  // MARK: Branches

  /// Goes to a target relative to the next instruction if the condition is true.
  private mutating func branch(
    _ i: Instruction, by offset: Int, _ condition: BuiltinOutcome
  ) -> LoopExit? {
    guard case .value(let value) = condition else { return depart(condition, Int(i.a)) }
    guard let isTaken = value.asBoolean else {
      return depart(notBoolean(value), Int(i.a))
    }
    current.execution.pc += 1 + (isTaken ? offset : 0)
    return nil
  }

  mutating func notBoolean(_ value: Value) -> BuiltinOutcome {
    let kind = heap.kindPhrase(of: value)
    return fail(ErrorContent("a condition must be true or false, not \(kind): \(excerpt(value))"))
  }

  /// The condition of a branch as a boolean.
  private mutating func condition(_ i: Instruction) -> BuiltinOutcome {
    let x = register(i.a)
    switch i.opcode {
    case .jump: return .value(.boolean(true))
    case .jumpIfTrue: return .value(x)
    case .jumpIfFalse: return inverted(.value(x))
    case .jumpIfPresent: return .value(.boolean(!x.isAbsent))
    case .jumpIfEqual: return .value(.boolean(heap.areEqual(x, register(i.b))))
    case .jumpIfNotEqual: return .value(.boolean(!heap.areEqual(x, register(i.b))))
    case .jumpIfLess: return calculate(.less, x, register(i.b))
    case .jumpIfNotLess: return inverted(calculate(.less, x, register(i.b)))
    case .jumpIfLessOrEqual: return calculate(.lessOrEqual, x, register(i.b))
    case .jumpIfNotLessOrEqual: return inverted(calculate(.lessOrEqual, x, register(i.b)))
    default: return immediateCondition(i, x, Value(small: i.immediateB))
    }
  }

  private mutating func immediateCondition(
    _ i: Instruction, _ x: Value, _ y: Value
  ) -> BuiltinOutcome {
    switch i.opcode {
    case .jumpIfEqualImmediate: .value(.boolean(heap.areEqual(x, y)))
    case .jumpIfNotEqualImmediate: .value(.boolean(!heap.areEqual(x, y)))
    case .jumpIfLessImmediate: calculate(.less, x, y)
    case .jumpIfNotLessImmediate: inverted(calculate(.less, x, y))
    case .jumpIfLessOrEqualImmediate: calculate(.lessOrEqual, x, y)
    case .jumpIfNotLessOrEqualImmediate: inverted(calculate(.lessOrEqual, x, y))
    case .jumpIfGreaterImmediate: calculate(.less, y, x)
    case .jumpIfNotGreaterImmediate: inverted(calculate(.less, y, x))
    case .jumpIfGreaterOrEqualImmediate: calculate(.lessOrEqual, y, x)
    default: inverted(calculate(.lessOrEqual, y, x))
    }
  }

  private mutating func inverted(_ outcome: BuiltinOutcome) -> BuiltinOutcome {
    guard case .value(let value) = outcome, let truth = value.asBoolean else { return outcome }
    return .value(.boolean(!truth))
  }

  // MARK: Operators

  private mutating func operation(_ i: Instruction) -> BuiltinOutcome {
    let x = register(i.b)
    switch i.opcode {
    case .negate: return negate(x)
    case .complement: return complement(x)
    case .not: return x.asBoolean.map { .value(.boolean(!$0)) } ?? notBoolean(x)
    case .equal: return .value(.boolean(heap.areEqual(x, register(i.c))))
    case .notEqual: return .value(.boolean(!heap.areEqual(x, register(i.c))))
    default:
      let y = i.opcode.hasImmediateC ? Value(small: i.immediateC) : register(i.c)
      let outcome = calculate(i.opcode.arithmetic, x, y)
      // A message shows the operands in the order of the source.
      guard case .raise = outcome, i.opcode.hasImmediateC, isExchanged else { return outcome }
      return calculate(i.opcode.arithmetic, y, x)
    }
  }

  private var isExchanged: Bool {
    let place = UInt32(truncatingIfNeeded: current.execution.pc)
    return image.function(at: current.execution.pc)?.exchanged.contains(place) ?? false
  }
}

extension Opcode {
  fileprivate var hasImmediateC: Bool {
    switch self {
    case .addImmediate, .subtractImmediate, .multiplyImmediate, .divideImmediate,
      .remainderImmediate, .shiftLeftImmediate, .shiftRightImmediate, .andImmediate:
      true
    default: false
    }
  }

  fileprivate var arithmetic: Operator {
    switch self {
    case .add, .addImmediate: .add
    case .subtract, .subtractImmediate: .subtract
    case .multiply, .multiplyImmediate: .multiply
    case .divide, .divideImmediate: .divide
    case .remainder, .remainderImmediate: .remainder
    case .shiftLeft, .shiftLeftImmediate: .shiftLeft
    case .shiftRight, .shiftRightImmediate: .shiftRight
    case .and, .andImmediate: .and
    case .or: .or
    case .exclusiveOr: .exclusiveOr
    case .less: .less
    default: .lessOrEqual
    }
  }
}
