// The expressions of the language. Payloads are trivial: numbers and indices into the tree.

/// What an integer literal counted; the value itself is already in bytes, pages or nanoseconds.
public enum IntegerUnit: UInt8, Hashable, Sendable {
  case none
  /// `KiB MiB GiB TiB`: the value is in bytes.
  case size
  /// `pages`: the value counts pages, whose size only the machine knows.
  case pages
  /// `ns us ms s`: the value is in nanoseconds.
  case time
}

/// An operator before its operand.
public enum UnaryOperator: String, Hashable, Sendable {
  case negate = "-"
  case complement = "~"
  case not = "not"
}

/// An operator between two operands that are both evaluated, left before right.
public enum BinaryOperator: String, Hashable, Sendable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case remainder = "%"
  case shiftLeft = "<<"
  case shiftRight = ">>"
  case and = "&"
  case or = "|"
  case exclusiveOr = "^"
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
}

/// An operator whose right operand is evaluated only if the left one leaves the answer open.
public enum LogicalOperator: String, Hashable, Sendable {
  case and
  case or
}

/// One node of an expression; `tree.span(of:)` says where it stands.
public enum Expression: Hashable, Sendable {
  /// What recovery left behind; its mistake has been reported already.
  case invalid
  case nilLiteral
  case boolean(Bool)
  case integer(Int64, unit: IntegerUnit)
  /// A hexadecimal, or binary, literal beyond Int64: a kernel address.
  case address(UInt64)
  case float(Double)
  case string(StringID)
  /// A string with `\(…)`: its segments in order, literal text as `.string`.
  case interpolation(NodeList<ExpressionID>)
  case name(NameID)
  case list(NodeList<ExpressionID>)
  case map(NodeList<MapEntry>)
  /// `lower ..< upper`, or `lower ... upper` when `isClosed`.
  case range(lower: ExpressionID, upper: ExpressionID, isClosed: Bool)
  case unary(UnaryOperator, ExpressionID)
  case binary(BinaryOperator, left: ExpressionID, right: ExpressionID)
  case logical(LogicalOperator, left: ExpressionID, right: ExpressionID)
  case index(base: ExpressionID, index: ExpressionID)
  case member(base: ExpressionID, Identifier)
  case call(CallID)
  case closure(FunctionID)
  /// `process NAME { … }`: starts a process; its value is the process.
  case process(name: ExpressionID, body: BlockID)
  /// `( … )`: kept, so that `(wait)` is not the statement `wait`.
  case parenthesized(ExpressionID)
}

/// One `key: value` of a map literal.
public struct MapEntry: Hashable, Sendable {
  public enum KeyKind: UInt8, Hashable, Sendable {
    /// `k: 1`; the key is a `.string` expression all the same.
    case name
    /// `"k": 1`, interpolated or not.
    case string
    /// `(k): 1`, any value; the key is the expression inside the parentheses.
    case computed
  }

  public let keyKind: KeyKind
  public let key: ExpressionID
  public let value: ExpressionID

  package init(keyKind: KeyKind, key: ExpressionID, value: ExpressionID) {
    self.keyKind = keyKind
    self.key = key
    self.value = value
  }
}

/// The parts of a call.
public struct Call: Hashable, Sendable {
  public enum Style: UInt8, Hashable, Sendable {
    /// `f(a, b)`
    case parenthesized
    /// `f a, b`, or `f { … }`: parentheses left out.
    case command
  }

  public let callee: ExpressionID
  /// In source order; the block, if there is one, is the last.
  public let arguments: NodeList<Argument>
  public let style: Style
  /// Whether the last argument is a `{ … }` written after the others.
  public let hasTrailingBlock: Bool

  package init(
    callee: ExpressionID, arguments: NodeList<Argument>, style: Style, hasTrailingBlock: Bool
  ) {
    self.callee = callee
    self.arguments = arguments
    self.style = style
    self.hasTrailingBlock = hasTrailingBlock
  }
}

/// One argument of a call: a value, with or without a label.
public struct Argument: Hashable, Sendable {
  public let label: Identifier?
  public let value: ExpressionID
  /// Label and value together.
  public let span: SourceSpan

  package init(label: Identifier?, value: ExpressionID, span: SourceSpan) {
    self.label = label
    self.value = value
    self.span = span
  }
}

/// The parts of a `fn` or of a closure.
public struct Function: Hashable, Sendable {
  /// Nil for a closure.
  public let name: Identifier?
  public let parameters: NodeList<Parameter>
  public let body: BlockID

  package init(name: Identifier?, parameters: NodeList<Parameter>, body: BlockID) {
    self.name = name
    self.parameters = parameters
    self.body = body
  }
}

/// One parameter; its name is also its label.
public struct Parameter: Hashable, Sendable {
  public let identifier: Identifier
  /// `b = 3`: evaluated at each call that leaves the argument out. Closures have none.
  public let defaultValue: ExpressionID?

  package init(identifier: Identifier, defaultValue: ExpressionID?) {
    self.identifier = identifier
    self.defaultValue = defaultValue
  }
}
