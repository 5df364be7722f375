// Conditions to branches: comparisons are fused with them, `and`, `or` and `not` cost nothing.

import QuireSyntax

extension Compiler {
  /// Branches to `label` if the condition is `wanted`, and falls through if it is not.
  mutating func compileBranch(
    _ id: ExpressionID, to label: FunctionBuilder.Label, when wanted: Bool
  ) {
    let span = tree.span(of: id)
    switch tree[id] {
    case .boolean(let value):
      if value == wanted { function.emitBranch(Instruction(.jump), to: label, at: span) }
    case .parenthesized(let inner): compileBranch(inner, to: label, when: wanted)
    case .unary(.not, let operand): compileBranch(operand, to: label, when: !wanted)
    case .logical(let operation, let left, let right):
      compileLogicalBranch(operation, left, right, to: label, when: wanted, at: span)
    case .binary(let operation, let left, let right) where operation.isComparison:
      compileComparisonBranch(operation, left, right, to: label, when: wanted, at: span)
    default:
      let mark = function.nextRegister
      let condition = operand(id)
      function.release(to: mark)
      let opcode: Opcode = wanted ? .jumpIfTrue : .jumpIfFalse
      function.emitBranch(Instruction(opcode, a: condition), to: label, at: span)
    }
  }

  private mutating func compileLogicalBranch(
    _ operation: LogicalOperator, _ left: ExpressionID, _ right: ExpressionID,
    to label: FunctionBuilder.Label, when wanted: Bool, at span: SourceSpan
  ) {
    // `or` decides at once when its left side is true, `and` when it is false.
    if (operation == .or) == wanted {
      compileBranch(left, to: label, when: wanted)
      compileBranch(right, to: label, when: wanted)
    } else {
      let skip = function.makeLabel()
      compileBranch(left, to: skip, when: !wanted)
      compileBranch(right, to: label, when: wanted)
      function.place(skip, at: span)
    }
  }

  private mutating func compileComparisonBranch(
    _ operation: BinaryOperator, _ left: ExpressionID, _ right: ExpressionID,
    to label: FunctionBuilder.Label, when wanted: Bool, at span: SourceSpan
  ) {
    let mark = function.nextRegister
    let branch: Instruction
    if let immediate = immediate(right) {
      branch = Instruction(
        operation.immediateBranch(when: wanted), a: operand(left), b: immediate)
    } else if let immediate = immediate(left) {
      branch = Instruction(
        operation.exchanged.immediateBranch(when: wanted), a: operand(right), b: immediate)
    } else {
      let first = operand(left)
      let second = operand(right)
      let opcode = operation.branch(when: wanted)
      branch =
        operation.isGreater
        ? Instruction(opcode, a: second, b: first) : Instruction(opcode, a: first, b: second)
    }
    function.release(to: mark)
    function.emitBranch(branch, to: label, at: span)
  }

  /// A comparison as a value.
  mutating func emitComparison(
    _ operation: BinaryOperator, _ left: Register, _ right: Register, into target: Register,
    at span: SourceSpan
  ) {
    let (first, second) = operation.isGreater ? (right, left) : (left, right)
    function.emit(
      Instruction(operation.comparison, a: target, b: first, c: second), at: span)
  }

  /// `and`, `or`: a boolean made by branches, so that both sides are checked to be booleans.
  mutating func compileBoolean(_ id: ExpressionID, into target: Register) {
    let span = tree.span(of: id)
    let isFalse = function.makeLabel()
    let end = function.makeLabel()
    compileBranch(id, to: isFalse, when: false)
    function.emit(Instruction(.loadTrue, a: target), at: span)
    function.emitBranch(Instruction(.jump), to: end, at: span)
    function.place(isFalse, at: span)
    function.emit(Instruction(.loadFalse, a: target), at: span)
    function.place(end, at: span)
  }

  /// The operand of an instruction with a number in it, if the expression is a small constant.
  func immediate(_ id: ExpressionID) -> UInt16? {
    guard let value = constantInteger(id), let small = Int16(exactly: value) else { return nil }
    return UInt16(bitPattern: small)
  }
}

extension BinaryOperator {
  /// Compiled as its mirror image, with its operands exchanged.
  var isGreater: Bool { self == .greater || self == .greaterOrEqual }

  /// The operator for exchanged operands.
  fileprivate var exchanged: BinaryOperator {
    switch self {
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    default: self
    }
  }

  /// The comparison of two registers; greater is less with its operands exchanged.
  fileprivate var comparison: Opcode {
    switch self {
    case .equal: .equal
    case .notEqual: .notEqual
    case .lessOrEqual, .greaterOrEqual: .lessOrEqual
    default: .less
    }
  }

  fileprivate func branch(when wanted: Bool) -> Opcode {
    switch comparison {
    case .equal: wanted ? .jumpIfEqual : .jumpIfNotEqual
    case .notEqual: wanted ? .jumpIfNotEqual : .jumpIfEqual
    case .lessOrEqual: wanted ? .jumpIfLessOrEqual : .jumpIfNotLessOrEqual
    default: wanted ? .jumpIfLess : .jumpIfNotLess
    }
  }

  fileprivate func immediateBranch(when wanted: Bool) -> Opcode {
    switch self {
    case .equal: wanted ? .jumpIfEqualImmediate : .jumpIfNotEqualImmediate
    case .notEqual: wanted ? .jumpIfNotEqualImmediate : .jumpIfEqualImmediate
    case .lessOrEqual: wanted ? .jumpIfLessOrEqualImmediate : .jumpIfNotLessOrEqualImmediate
    case .greater: wanted ? .jumpIfGreaterImmediate : .jumpIfNotGreaterImmediate
    case .greaterOrEqual:
      wanted ? .jumpIfGreaterOrEqualImmediate : .jumpIfNotGreaterOrEqualImmediate
    default: wanted ? .jumpIfLessImmediate : .jumpIfNotLessImmediate
    }
  }
}
