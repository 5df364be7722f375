// Numbers and addresses of scenarios: `8m-1p`, `0x40`, `r1+2p`, `-1p`.
//
// A sum wraps around at 64 bits, so that `-1p` is the length 2^64 - 4096.

/// Reads numbers and addresses.
enum ScenarioNumber {
  /// A sum of terms, or nil if the text is not one.
  static func parse(_ text: Substring) -> UInt64? {
    var rest = text
    var sum: UInt64 = 0
    var isFirst = true
    while isFirst || !rest.isEmpty {
      let sign = rest.first
      if sign == "+" || sign == "-" {
        rest.removeFirst()
      } else if !isFirst {
        return nil
      }
      guard let term = takeTerm(&rest) else { return nil }
      sum = sign == "-" ? sum &- term : sum &+ term
      isFirst = false
    }
    return sum
  }

  /// A number, or a name with an optional sum after it; nil if the text is neither.
  static func parseAddress(_ text: Substring) -> AddressExpression? {
    guard let first = text.first, first.isLetter else {
      return parse(text).map { AddressExpression(name: nil, offset: $0) }
    }
    let name = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    let rest = text[name.endIndex...]
    if rest.isEmpty { return AddressExpression(name: String(name), offset: 0) }
    guard rest.first == "+" || rest.first == "-", let offset = parse(rest) else { return nil }
    return AddressExpression(name: String(name), offset: offset)
  }

  /// A decimal or hexadecimal number with an optional unit.
  private static func takeTerm(_ rest: inout Substring) -> UInt64? {
    let isHexadecimal = rest.hasPrefix("0x")
    if isHexadecimal { rest.removeFirst(2) }
    let digits = rest.prefix { isHexadecimal ? $0.isHexDigit : $0.isASCII && $0.isNumber }
    guard let value = UInt64(digits, radix: isHexadecimal ? 16 : 10) else { return nil }
    rest = rest[digits.endIndex...]
    guard let unit = rest.first, let scale = units[unit] else { return value }
    rest.removeFirst()
    let (product, isTooLarge) = value.multipliedReportingOverflow(by: scale)
    return isTooLarge ? nil : product
  }

  private static let units: [Character: UInt64] = [
    "p": 4096, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
  ]
}
