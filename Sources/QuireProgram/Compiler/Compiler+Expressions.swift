// Expressions to code.

import QuireSyntax

extension Compiler {
  /// The register that holds the value: a variable's own, or a new temporary.
  mutating func operand(_ id: ExpressionID) -> Register { evaluate(id, into: nil) }

  /// Puts the value into a certain register.
  mutating func compile(_ id: ExpressionID, into target: Register) {
    let result = evaluate(id, into: target)
    if result != target {
      function.emit(Instruction(.move, a: target, b: result), at: tree.span(of: id))
    }
  }

  /// Puts the value into the next free register, and takes that register.
  mutating func push(_ id: ExpressionID) -> Register {
    let mark = function.nextRegister
    let result = evaluate(id, into: nil)
    function.release(to: mark)
    let target = function.allocate()
    if result != target {
      function.emit(Instruction(.move, a: target, b: result), at: tree.span(of: id))
    }
    return target
  }

  /// Compiles an expression. With a target the result is there when the target is returned, and
  /// in the returned register otherwise. The target is written last of all, so that it may be a
  /// variable that the expression reads.
  private mutating func evaluate(_ id: ExpressionID, into target: Register?) -> Register {
    let span = tree.span(of: id)
    if let value = constantInteger(id) { return emitInteger(value, into: target, at: span) }
    switch tree[id] {
    case .parenthesized(let inner): return evaluate(inner, into: target)
    case .name, .member: return evaluateName(id, into: target)
    case .call(let call):
      return compileCall(
        tree[call].callee, tree[call].arguments, tree[call].hasTrailingBlock, into: target,
        at: span)
    case .process(let name, let body): return compileProcess(name, body, into: target, at: span)
    case .closure(let closure):
      let register = target ?? function.allocate()
      if let context = file.contextOfFunction[closure] {
        makeClosure(of: context, into: register, at: span)
      }
      return register
    case .unary, .binary, .logical, .index: return evaluateOperation(id, into: target)
    case .list, .map, .interpolation, .range: return evaluateCollection(id, into: target)
    default: return emitLiteral(id, into: target ?? function.allocate())
    }
  }

  private mutating func emitLiteral(_ id: ExpressionID, into register: Register) -> Register {
    let span = tree.span(of: id)
    switch tree[id] {
    case .boolean(let value):
      function.emit(Instruction(value ? .loadTrue : .loadFalse, a: register), at: span)
    case .address(let value): emitConstant(.address(value), into: register, at: span)
    case .float(let value): emitConstant(.float(value), into: register, at: span)
    case .string(let text):
      emitConstant(.string(tree.text(of: text)), into: register, at: span)
    case .integer(let value, _):
      // A count of pages that overflows in bytes is multiplied when it runs, to raise there.
      emitConstant(.integer(value), into: register, at: span)
      let size = UInt16(truncatingIfNeeded: pageSize)
      function.emit(
        Instruction(.multiplyImmediate, a: register, b: register, c: size), at: span)
    default: function.emit(Instruction(.loadNil, a: register), at: span)
    }
    return register
  }

  private mutating func emitInteger(
    _ value: Int64, into target: Register?, at span: SourceSpan
  ) -> Register {
    if target == nil, let kept = function.loopConstants[value] { return kept }
    let register = target ?? function.allocate()
    if let small = Int32(exactly: value) {
      function.emit(Instruction(.loadInteger, a: register, wide: small), at: span)
    } else {
      emitConstant(.integer(value), into: register, at: span)
    }
    return register
  }

  mutating func emitConstant(
    _ constant: Constant, into register: Register, at span: SourceSpan
  ) {
    let index = Int32(clamping: tables.index(of: constant))
    function.emit(Instruction(.loadConstant, a: register, wide: index), at: span)
  }

  func constantInteger(_ id: ExpressionID) -> Int64? {
    tree.constantInteger(id, pageSize: pageSize, uses: file.uses)
  }

  /// The index of a name after a dot.
  mutating func member(_ name: Identifier) -> UInt16 {
    UInt16(truncatingIfNeeded: tables.index(ofMember: tree.text(of: name.name)))
  }
}

// MARK: - Operators

extension Compiler {
  private mutating func evaluateOperation(
    _ id: ExpressionID, into target: Register?
  ) -> Register {
    let span = tree.span(of: id)
    let mark = function.nextRegister
    switch tree[id] {
    case .unary(let operation, let inner):
      let value = operand(inner)
      function.release(to: mark)
      let result = target ?? function.allocate()
      function.emit(Instruction(operation.opcode, a: result, b: value), at: span)
      return result
    case .binary(let operation, let left, let right):
      return evaluateBinary(operation, left, right, into: target, at: span)
    case .index(let base, let index):
      let first = operand(base)
      if let immediate = immediate(index) {
        function.release(to: mark)
        let result = target ?? function.allocate()
        function.emit(Instruction(.getIndexImmediate, a: result, b: first, c: immediate), at: span)
        return result
      }
      let second = operand(index)
      function.release(to: mark)
      let result = target ?? function.allocate()
      function.emit(Instruction(.getIndex, a: result, b: first, c: second), at: span)
      return result
    default:
      let result = target ?? function.allocate()
      compileBoolean(id, into: result)
      return result
    }
  }

  private mutating func evaluateBinary(
    _ operation: BinaryOperator, _ left: ExpressionID, _ right: ExpressionID,
    into target: Register?, at span: SourceSpan
  ) -> Register {
    let mark = function.nextRegister
    if operation.isCommutative, let immediate = immediate(left),
      let opcode = operation.immediateOpcode
    {
      let value = operand(right)
      function.release(to: mark)
      let result = target ?? function.allocate()
      function.exchanged.append(function.here)
      function.emit(Instruction(opcode, a: result, b: value, c: immediate), at: span)
      return result
    }
    let first = operand(left)
    guard operation.isComparison else {
      let reserved = target ?? (Int(first) == mark ? first : function.allocate())
      compileBinary(operation, first, right, into: reserved, at: span)
      function.release(to: target == nil ? Int(reserved) + 1 : mark)
      return reserved
    }
    let second = operand(right)
    function.release(to: mark)
    let result = target ?? function.allocate()
    emitComparison(operation, first, second, into: result, at: span)
    return result
  }

  /// target ← left OP right, with the right side in the instruction when it is a small constant.
  mutating func compileBinary(
    _ operation: BinaryOperator, _ left: Register, _ right: ExpressionID,
    into target: Register, at span: SourceSpan
  ) {
    let mark = function.nextRegister
    if let immediate = immediate(right), let opcode = operation.immediateOpcode {
      function.emit(Instruction(opcode, a: target, b: left, c: immediate), at: span)
    } else {
      let value = operand(right)
      function.emit(Instruction(operation.opcode, a: target, b: left, c: value), at: span)
    }
    function.release(to: mark)
  }
}

// MARK: - Collections

extension Compiler {
  /// More elements than this are added in several goes, to keep frames small.
  private static let chunk = 32

  private mutating func evaluateCollection(
    _ id: ExpressionID, into target: Register?
  ) -> Register {
    let span = tree.span(of: id)
    let mark = function.nextRegister
    let base: Register
    switch tree[id] {
    case .list(let elements): base = buildList(Array(tree[elements]), at: span)
    case .map(let entries): base = buildMap(Array(tree[entries]), at: span)
    case .interpolation(let parts): base = buildString(Array(tree[parts]), at: span)
    case .range(let lower, let upper, let isClosed):
      base = push(lower)
      _ = push(upper)
      let opcode: Opcode = isClosed ? .makeClosedRange : .makeRange
      function.release(to: mark)
      let result = target ?? function.allocate()
      function.emit(Instruction(opcode, a: result, b: base), at: span)
      return result
    default: return target ?? function.allocate()
    }
    function.release(to: mark + 1)
    return base
  }

  private mutating func buildList(_ elements: [ExpressionID], at span: SourceSpan) -> Register {
    build(elements, .makeList, .extendList, at: span) { compiler, element in
      _ = compiler.push(element)
    }
  }

  private mutating func buildMap(_ entries: [MapEntry], at span: SourceSpan) -> Register {
    build(entries, .makeMap, .extendMap, at: span) { compiler, entry in
      _ = compiler.push(entry.key)
      _ = compiler.push(entry.value)
    }
  }

  private mutating func build<Element>(
    _ elements: [Element], _ make: Opcode, _ extend: Opcode, at span: SourceSpan,
    push: (inout Compiler, Element) -> Void
  ) -> Register {
    let mark = function.nextRegister
    var start = 0
    repeat {
      let end = min(start + Self.chunk, elements.count)
      let result = Register(truncatingIfNeeded: mark)
      let first = start == 0 ? mark : mark + 1
      for element in elements[start..<end] { push(&self, element) }
      function.emit(
        Instruction(
          start == 0 ? make : extend, a: result, b: Register(truncatingIfNeeded: first),
          c: UInt16(end - start)), at: span)
      function.release(to: mark)
      _ = function.allocate()
      start = end
    } while start < elements.count
    return Register(truncatingIfNeeded: mark)
  }

  /// The string so far is the first part of each further one.
  private mutating func buildString(_ parts: [ExpressionID], at span: SourceSpan) -> Register {
    let base = function.allocate()
    function.release(to: Int(base))
    var count: UInt16 = 0
    for part in parts {
      _ = push(part)
      count += 1
      guard Int(count) > Self.chunk else { continue }
      function.emit(Instruction(.makeString, a: base, b: base, c: count), at: span)
      function.release(to: Int(base) + 1)
      count = 1
    }
    function.emit(Instruction(.makeString, a: base, b: base, c: count), at: span)
    return base
  }
}

// MARK: - Opcodes of operators

extension UnaryOperator {
  fileprivate var opcode: Opcode {
    switch self {
    case .negate: .negate
    case .complement: .complement
    case .not: .not
    }
  }
}

extension BinaryOperator {
  fileprivate var isCommutative: Bool { self == .add || self == .multiply || self == .and }

  fileprivate var opcode: Opcode {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    case .remainder: .remainder
    case .shiftLeft: .shiftLeft
    case .shiftRight: .shiftRight
    case .and: .and
    case .or: .or
    case .exclusiveOr: .exclusiveOr
    case .equal: .equal
    case .notEqual: .notEqual
    case .less, .greater: .less
    case .lessOrEqual, .greaterOrEqual: .lessOrEqual
    }
  }

  fileprivate var immediateOpcode: Opcode? {
    switch self {
    case .add: .addImmediate
    case .subtract: .subtractImmediate
    case .multiply: .multiplyImmediate
    case .divide: .divideImmediate
    case .remainder: .remainderImmediate
    case .shiftLeft: .shiftLeftImmediate
    case .shiftRight: .shiftRightImmediate
    case .and: .andImmediate
    default: nil
    }
  }
}
