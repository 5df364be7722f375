// What numbers are worth. Everything is exact: a suffix multiplies, and what does not come out as
// a whole number of bytes or nanoseconds, or does not fit into 64 bits, is refused.

/// A unit that may follow a decimal number.
struct NumberSuffix {
  let word: String
  let unit: IntegerUnit
  let factor: UInt64

  static let all: [NumberSuffix] = [
    NumberSuffix(word: "KiB", unit: .size, factor: 1 << 10),
    NumberSuffix(word: "MiB", unit: .size, factor: 1 << 20),
    NumberSuffix(word: "GiB", unit: .size, factor: 1 << 30),
    NumberSuffix(word: "TiB", unit: .size, factor: 1 << 40),
    NumberSuffix(word: "pages", unit: .pages, factor: 1),
    NumberSuffix(word: "ns", unit: .time, factor: 1),
    NumberSuffix(word: "us", unit: .time, factor: 1000),
    NumberSuffix(word: "ms", unit: .time, factor: 1_000_000),
    NumberSuffix(word: "s", unit: .time, factor: 1_000_000_000),
  ]

  /// What is often written instead of one of them.
  static let slips: [String: String] = [
    "k": "KiB", "kb": "KiB", "kib": "KiB", "m": "MiB", "mb": "MiB", "mib": "MiB", "g": "GiB",
    "gb": "GiB", "gib": "GiB", "t": "TiB", "tb": "TiB", "tib": "TiB", "page": "pages",
    "p": "pages", "sec": "s", "secs": "s", "second": "s", "seconds": "s", "msec": "ms",
    "usec": "us", "µs": "us", "nsec": "ns",
  ]
}

extension Parser {
  mutating func parseNumber() -> ExpressionID {
    let token = current
    let node = token.kind == .integer ? decodeInteger(token) : decodeFloat(token)
    if case .integer(.min, .none) = node { return parseLeastInteger() }
    return make(node, from: advance())
  }

  /// `-9223372036854775808`: its digits alone do not fit, so the sign belongs to the literal.
  private mutating func parseLeastInteger() -> ExpressionID {
    let sign = operators.removeLast().token
    advance()
    return make(.integer(.min, unit: .none), from: sign)
  }

  /// Whether the number here is the operand of a sign.
  private var followsSign: Bool {
    position > 0 && tokens[position - 1].kind == .prefixMinus
      && operators.last?.token == position - 1
  }

  // MARK: Integers

  mutating func decodeInteger(_ token: Token) -> Expression {
    let range = Int(token.start)..<Int(token.end)
    if bytes[range.lowerBound] == UInt8(ascii: "0"), range.count > 1 {
      switch bytes[range.lowerBound + 1] {
      case UInt8(ascii: "x"): return decodePrefixed(range, base: 16)
      case UInt8(ascii: "b"): return decodePrefixed(range, base: 2)
      case UInt8(ascii: "X"), UInt8(ascii: "B"): return refuse(.capitalPrefix(at: span(token)))
      case UInt8(ascii: "o"), UInt8(ascii: "O"): return refuse(.octal(at: span(token)))
      default: break
      }
    }
    return decodeDecimal(range)
  }

  private mutating func refuse(_ diagnostic: Diagnostic) -> Expression {
    report(diagnostic)
    return .invalid
  }

  /// `0xFF`, `0b101`; beyond Int64 it is an address.
  private mutating func decodePrefixed(_ range: Range<Int>, base: UInt64) -> Expression {
    let place = SourceSpan(range, file: source.id)
    var value: UInt64 = 0
    var digits = 0
    for index in range.dropFirst(2) where bytes[index] != Byte.underscore {
      guard let digit = bytes[index].hexadecimalValue, digit < base else {
        let rest = SourceSpan(index..<range.upperBound, file: source.id)
        return refuse(.digitOutOfBase(source.text(of: rest), base: Int(base), at: rest))
      }
      guard value <= (UInt64.max - UInt64(digit)) / base else {
        return refuse(.numberTooLarge(at: place))
      }
      value = value * base + UInt64(digit)
      digits += 1
    }
    if digits == 0 { return refuse(.numberWithoutDigits(source.text(of: place), at: place)) }
    return Int64(exactly: value).map { .integer($0, unit: .none) } ?? .address(value)
  }

  /// `1_000`, `64MiB`
  private mutating func decodeDecimal(_ range: Range<Int>) -> Expression {
    let place = SourceSpan(range, file: source.id)
    let end = endOfDigits(from: range.lowerBound, to: range.upperBound)
    if let leading = leadingZeros(range.lowerBound..<end) {
      return refuse(.leadingZero(leading, at: place))
    }
    guard let magnitude = decimalValue(range.lowerBound..<end) else {
      return refuse(.numberTooLarge(at: place))
    }
    if end == range.upperBound {
      if magnitude == 1 << 63, followsSign { return .integer(.min, unit: .none) }
      return Int64(exactly: magnitude).map { .integer($0, unit: .none) }
        ?? refuse(.numberTooLarge(at: place))
    }
    guard let suffix = suffix(end..<range.upperBound) else { return .invalid }
    let (value, overflow) = magnitude.multipliedReportingOverflow(by: suffix.factor)
    guard !overflow, let value = Int64(exactly: value) else {
      return refuse(.numberTooLarge(at: place))
    }
    return .integer(value, unit: suffix.unit)
  }

  private func endOfDigits(from start: Int, to end: Int) -> Int {
    var index = start
    while index < end, bytes[index].isDigit || bytes[index] == Byte.underscore { index += 1 }
    return index
  }

  /// The number without its leading zeros, if it has some: elsewhere they mean octal.
  private func leadingZeros(_ range: Range<Int>) -> String? {
    guard range.count > 1, bytes[range.lowerBound] == UInt8(ascii: "0") else { return nil }
    let digits = String(decoding: bytes[range].drop { !(49...57).contains($0) }, as: UTF8.self)
    return digits.isEmpty ? "0" : digits
  }

  private func decimalValue(_ range: Range<Int>) -> UInt64? {
    var value: UInt64 = 0
    for index in range where bytes[index] != Byte.underscore {
      let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = scaled.addingReportingOverflow(UInt64(bytes[index] & 0x0F))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  /// The unit a suffix names, or nil with a message.
  private mutating func suffix(_ range: Range<Int>) -> NumberSuffix? {
    let place = SourceSpan(range, file: source.id)
    let word = source.text(of: place)
    if let suffix = NumberSuffix.all.first(where: { $0.word == word }) { return suffix }
    let meant =
      NumberSuffix.slips[word.lowercased()]
      ?? didYouMean(word, among: NumberSuffix.all.lazy.map(\.word))
    report(.unknownSuffix(word, meant: meant, at: place))
    return nil
  }

  // MARK: Fractions

  /// `0.99`, `1e9`, `2.5e-3`; with a suffix, `1.5GiB`, it is an integer.
  mutating func decodeFloat(_ token: Token) -> Expression {
    let range = Int(token.start)..<Int(token.end)
    let point = endOfDigits(from: range.lowerBound, to: range.upperBound)
    if let leading = leadingZeros(range.lowerBound..<point) {
      return refuse(
        .leadingZero(leading + text(token).drop { $0 != "." && $0 != "e" }, at: span(token)))
    }
    var end = point
    if end < range.upperBound, bytes[end] == Byte.dot {
      end = endOfDigits(from: end + 1, to: range.upperBound)
    }
    let isExponent = end < range.upperBound && bytes[end] | 0x20 == UInt8(ascii: "e")
    if end < range.upperBound, !isExponent {
      return decodeScaled(
        whole: range.lowerBound..<point, part: point + 1..<end, end..<range.upperBound)
    }
    let digits = text(token).filter { $0 != "_" }
    guard let value = Double(digits) else {
      return refuse(.numberWithoutDigits(text(token), at: span(token)))
    }
    return value.isFinite ? .float(value) : refuse(.floatTooLarge(at: span(token)))
  }

  /// `1.5GiB`: exact, or refused.
  private mutating func decodeScaled(
    whole: Range<Int>, part: Range<Int>, _ suffixRange: Range<Int>
  ) -> Expression {
    let place = SourceSpan(whole.lowerBound..<suffixRange.upperBound, file: source.id)
    guard let suffix = suffix(suffixRange) else { return .invalid }
    guard let units = decimalValue(whole), var rest = decimalValue(part) else {
      return refuse(.numberTooLarge(at: place))
    }
    var divisor: UInt64 = 1
    for index in part where bytes[index] != Byte.underscore {
      let (next, overflow) = divisor.multipliedReportingOverflow(by: 10)
      if overflow { return refuse(.numberTooLarge(at: place)) }
      _ = index
      divisor = next
    }
    let product = rest.multipliedFullWidth(by: suffix.factor)
    guard product.high < divisor else { return refuse(.numberTooLarge(at: place)) }
    let division = divisor.dividingFullWidth(product)
    rest = division.quotient
    guard division.remainder == 0 else {
      return refuse(.fractionOfUnit(suffix.word, unit: suffix.unit, at: place))
    }
    let (scaled, overflow) = units.multipliedReportingOverflow(by: suffix.factor)
    let (sum, carry) = scaled.addingReportingOverflow(rest)
    guard !overflow, !carry, let value = Int64(exactly: sum) else {
      return refuse(.numberTooLarge(at: place))
    }
    return .integer(value, unit: suffix.unit)
  }
}
