// What an expression is worth before anything runs: literals, units, arithmetic on them.

import QuireSyntax

extension SyntaxTree {
  /// The value of an integer expression, or nil when it is none, needs the run, or would raise.
  /// `uses` says, by expression, which names are constants; it may be empty.
  func constantInteger(_ id: ExpressionID, pageSize: Int64, uses: [Use] = []) -> Int64? {
    switch self[id] {
    case .integer(let value, let unit):
      guard unit == .pages else { return value }
      let (bytes, overflow) = value.multipliedReportingOverflow(by: pageSize)
      return overflow ? nil : bytes
    case .name:
      guard Int(id.rawValue) < uses.count, case .integer(let value) = uses[Int(id.rawValue)]
      else { return nil }
      return value
    case .parenthesized(let inner):
      return constantInteger(inner, pageSize: pageSize, uses: uses)
    case .unary(let operation, let operand):
      guard let value = constantInteger(operand, pageSize: pageSize, uses: uses)
      else { return nil }
      return operation.fold(value)
    case .binary(let operation, let left, let right):
      // The right side first: in a long chain it is the one that is soon known not to be constant.
      guard
        let second = constantInteger(right, pageSize: pageSize, uses: uses),
        let first = constantInteger(left, pageSize: pageSize, uses: uses)
      else { return nil }
      return operation.fold(first, second)
    default: return nil
    }
  }
}

extension UnaryOperator {
  fileprivate func fold(_ value: Int64) -> Int64? {
    switch self {
    case .negate: value == .min ? nil : -value
    case .complement: ~value
    case .not: nil
    }
  }
}

extension BinaryOperator {
  /// The result on two integers, or nil where the run raises or gives no integer.
  fileprivate func fold(_ left: Int64, _ right: Int64) -> Int64? {
    func checked(_ result: (partialValue: Int64, overflow: Bool)) -> Int64? {
      result.overflow ? nil : result.partialValue
    }
    switch self {
    case .add: return checked(left.addingReportingOverflow(right))
    case .subtract: return checked(left.subtractingReportingOverflow(right))
    case .multiply: return checked(left.multipliedReportingOverflow(by: right))
    case .divide: return checked(left.dividedReportingOverflow(by: right))
    case .remainder: return checked(left.remainderReportingOverflow(dividingBy: right))
    case .shiftLeft:
      guard (0..<64).contains(right) else { return nil }
      let result = left << right
      return result >> right == left ? result : nil
    case .shiftRight: return (0..<64).contains(right) ? left >> right : nil
    case .and: return left & right
    case .or: return left | right
    case .exclusiveOr: return left ^ right
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: return nil
    }
  }
}
