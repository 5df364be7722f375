// How tightly operators bind: as in Swift, with `not` between comparisons and `and`.

/// An operator that waits for what follows it.
struct PendingOperator {
  enum Meaning {
    case unary(UnaryOperator)
    case binary(BinaryOperator)
    case logical(LogicalOperator)
    case range(isClosed: Bool)
  }

  let meaning: Meaning
  let precedence: Precedence
  /// The index of its token.
  let token: Int
}

/// From the loosest to the tightest.
enum Precedence: UInt8, Comparable {
  case or
  case and
  case not
  case comparison
  case range
  case additive
  case multiplicative
  case shift
  case sign

  static func < (left: Precedence, right: Precedence) -> Bool { left.rawValue < right.rawValue }

  /// `a < b < c` and `a ..< b ..< c` mean nothing.
  var chains: Bool { self != .comparison && self != .range }
}

extension TokenKind {
  /// What a token between two operands does with them, and how tightly; nil for no operator.
  var infix: (PendingOperator.Meaning, Precedence)? {
    switch self {
    case .orKeyword: (.logical(.or), .or)
    case .andKeyword: (.logical(.and), .and)
    case .equal: (.binary(.equal), .comparison)
    case .notEqual: (.binary(.notEqual), .comparison)
    case .less: (.binary(.less), .comparison)
    case .lessOrEqual: (.binary(.lessOrEqual), .comparison)
    case .greater: (.binary(.greater), .comparison)
    case .greaterOrEqual: (.binary(.greaterOrEqual), .comparison)
    case .halfOpenRange: (.range(isClosed: false), .range)
    case .closedRange: (.range(isClosed: true), .range)
    case .plus: (.binary(.add), .additive)
    case .minus: (.binary(.subtract), .additive)
    case .pipe: (.binary(.or), .additive)
    case .caret: (.binary(.exclusiveOr), .additive)
    case .star: (.binary(.multiply), .multiplicative)
    case .slash: (.binary(.divide), .multiplicative)
    case .percent: (.binary(.remainder), .multiplicative)
    case .ampersand: (.binary(.and), .multiplicative)
    case .shiftLeft: (.binary(.shiftLeft), .shift)
    case .shiftRight: (.binary(.shiftRight), .shift)
    default: nil
    }
  }

  var prefix: (UnaryOperator, Precedence)? {
    switch self {
    case .prefixMinus: (.negate, .sign)
    case .tilde: (.complement, .sign)
    case .notKeyword: (.not, .not)
    default: nil
    }
  }

  /// Whether this is `=` or an assigning operator.
  var assigns: Bool { self == .assign || compoundOperator != nil }

  /// What an assigning operator does before it assigns.
  var compoundOperator: BinaryOperator? {
    switch self {
    case .addAssign: .add
    case .subtractAssign: .subtract
    case .multiplyAssign: .multiply
    case .divideAssign: .divide
    case .remainderAssign: .remainder
    default: nil
    }
  }
}
