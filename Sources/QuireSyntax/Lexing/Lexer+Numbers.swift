// Numbers: where they end. What they are worth is worked out by `Parsing/NumberLiterals.swift`.

extension Lexer {
  /// Reads digits with everything that touches them, suffixes and mistakes alike: `4KB` is one
  /// token with one message, not a number and a name.
  mutating func lexNumber() {
    let start = position
    var kind = TokenKind.integer
    let isDecimal = !hasBase
    skipWord(acceptsExponentSign: false)
    if isDecimal, byte(0) == Byte.dot, byte(1).isDigit, isDigits(from: start) {
      kind = .float
      position += 1
      skipWord(acceptsExponentSign: true)
    } else if isDecimal, endsInExponent(from: start) {
      kind = .float
      skipExponentSign()
    }
    append(kind, from: start)
  }

  /// Whether the number begins like `0x1F`; `0e5` does not.
  private var hasBase: Bool {
    guard bytes[position] == UInt8(ascii: "0") else { return false }
    switch byte(1) | 0x20 {
    case UInt8(ascii: "x"), UInt8(ascii: "b"), UInt8(ascii: "o"): return true
    default: return false
    }
  }

  private mutating func skipWord(acceptsExponentSign: Bool) {
    let start = position
    while position < bytes.count, bytes[position].isWordByte { position += 1 }
    if acceptsExponentSign, endsInExponent(from: start) { skipExponentSign() }
  }

  /// Whether what was read is digits alone: `1` of `1.5`, not `1x` of `1x.5`.
  private func isDigits(from start: Int) -> Bool {
    bytes[start..<position].allSatisfy { $0.isDigit || $0 == Byte.underscore }
  }

  /// Whether what was read is digits and an `e`, perhaps with more digits: `1e9`, `1e` of `1e-9`.
  private func endsInExponent(from start: Int) -> Bool {
    var index = start
    while index < position, bytes[index].isDigit || bytes[index] == Byte.underscore { index += 1 }
    guard index < position, bytes[index] | 0x20 == UInt8(ascii: "e") else { return false }
    index += 1
    while index < position, bytes[index].isDigit || bytes[index] == Byte.underscore { index += 1 }
    return index == position
  }

  /// The sign and digits of an exponent whose `e` was the last byte read.
  private mutating func skipExponentSign() {
    guard bytes[position - 1] | 0x20 == UInt8(ascii: "e"), byte(1).isDigit,
      byte(0) == UInt8(ascii: "-") || byte(0) == UInt8(ascii: "+")
    else { return }
    position += 1
    while position < bytes.count, bytes[position].isWordByte { position += 1 }
  }
}
