// Operators, and the signs that other languages use in their place.

extension Lexer {
  /// Reads a sign that is neither a bracket nor a separator.
  mutating func lexOperator(_ first: UInt8) {
    let second = byte(1)
    switch first {
    case UInt8(ascii: "="):
      second == first ? lexEquals() : lexAssign()
    case UInt8(ascii: "+"): lexArithmetic(.plus, .addAssign, doubled: "++")
    case UInt8(ascii: "-"): lexMinus()
    case UInt8(ascii: "*"): lexArithmetic(.star, .multiplyAssign, doubled: nil)
    case UInt8(ascii: "/"): lexSlash()
    case UInt8(ascii: "%"): lexArithmetic(.percent, .remainderAssign, doubled: nil)
    case UInt8(ascii: "<"): lexLess()
    case UInt8(ascii: ">"): lexGreater()
    case UInt8(ascii: "&"):
      second == first ? lexForeignWord(.andKeyword, "and") : appendSign(.ampersand, length: 1)
    case UInt8(ascii: "|"):
      second == first ? lexForeignWord(.orKeyword, "or") : appendSign(.pipe, length: 1)
    case UInt8(ascii: "^"): appendSign(.caret, length: 1)
    case UInt8(ascii: "~"): appendSign(.tilde, length: 1)
    case UInt8(ascii: "!"): lexExclamation()
    case Byte.dot: lexDot()
    default: lexUnknown(first)
    }
  }

  mutating func lexColon() {
    if byte(1) == UInt8(ascii: "=") {
      lexForeign(.assign, length: 2, "=", .walrus)
    } else {
      appendSign(.colon, length: 1)
    }
  }

  private mutating func lexEquals() {
    if byte(2) == UInt8(ascii: "=") {
      lexForeign(.equal, length: 3, "==", .foreignOperator)
    } else {
      appendSign(.equal, length: 2)
    }
  }

  private mutating func lexAssign() {
    appendSign(.assign, length: 1)
  }

  private mutating func lexArithmetic(
    _ kind: TokenKind, _ assigning: TokenKind, doubled: String?
  ) {
    if byte(1) == UInt8(ascii: "=") {
      appendSign(assigning, length: 2)
    } else if let doubled, isIncrement() {
      lexIncrement(doubled)
    } else {
      appendSign(kind, length: 1)
    }
  }

  /// White space alone decides. A `-` with none after it is a prefix, if it has some before it or
  /// follows nothing that it could subtract from: `f -4` calls, `f - 4` and `f-4` subtract.
  private mutating func lexMinus() {
    let next = byte(1)
    if next == UInt8(ascii: "=") { return appendSign(.subtractAssign, length: 2) }
    if isIncrement() { return lexIncrement("--") }
    let spaceAfter = position + 1 >= bytes.count || next.isBlank || next == Byte.newline
    appendSign(!spaceAfter && !touchesOperand ? .prefixMinus : .minus, length: 1)
  }

  /// Whether the sign here is the first of `x++` or `x--` at the end of a statement.
  private func isIncrement() -> Bool {
    guard byte(1) == byte(0), touchesOperand else { return false }
    let after = byte(2)
    return position + 2 >= bytes.count || after == Byte.newline || after.isBlank
      || after == UInt8(ascii: ";") || after == UInt8(ascii: "}")
  }

  private mutating func lexSlash() {
    switch byte(1) {
    case UInt8(ascii: "="): appendSign(.divideAssign, length: 2)
    case UInt8(ascii: "/"), UInt8(ascii: "*"): lexForeignComment()
    default: appendSign(.slash, length: 1)
    }
  }

  private mutating func lexLess() {
    switch byte(1) {
    case UInt8(ascii: "="): appendSign(.lessOrEqual, length: 2)
    case UInt8(ascii: "<"): appendSign(.shiftLeft, length: 2)
    case UInt8(ascii: ">"): lexForeign(.notEqual, length: 2, "!=", .foreignOperator)
    default: appendSign(.less, length: 1)
    }
  }

  private mutating func lexGreater() {
    switch byte(1) {
    case UInt8(ascii: "="): appendSign(.greaterOrEqual, length: 2)
    case UInt8(ascii: ">"): appendSign(.shiftRight, length: 2)
    default: appendSign(.greater, length: 1)
    }
  }

  private mutating func lexDot() {
    guard byte(1) == Byte.dot else { return appendSign(.dot, length: 1) }
    switch byte(2) {
    case UInt8(ascii: "<"): appendSign(.halfOpenRange, length: 3)
    case Byte.dot: appendSign(.closedRange, length: 3)
    case UInt8(ascii: "="): lexForeign(.closedRange, length: 3, "...", .foreignOperator)
    default: lexForeign(.halfOpenRange, length: 2, "..<", .twoDots)
    }
  }

  private mutating func lexExclamation() {
    guard byte(1) == UInt8(ascii: "=") else { return lexForeignWord(.notKeyword, "not") }
    if byte(2) == UInt8(ascii: "=") {
      lexForeign(.notEqual, length: 3, "!=", .foreignOperator)
    } else {
      appendSign(.notEqual, length: 2)
    }
  }
}
