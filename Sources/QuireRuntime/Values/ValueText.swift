// Numbers as text. No formatter of the host takes part, so the bytes are the same everywhere.

/// Texts of numbers.
package enum ValueText {
  /// Lower-case hexadecimal with its prefix: `0xffff888000000000`.
  package static func hexadecimal(_ value: UInt64) -> String {
    "0x" + String(value, radix: 16)
  }

  /// The shortest text that reads back as the same float; always with a point or an exponent, so
  /// that no float looks like an integer.
  package static func float(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    return value.description
  }

  /// A float with a fixed number of digits after the point, rounded to nearest, ties to even.
  ///
  /// The digits come from the exact value of the double, by integers of any length.
  package static func float(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return float(value) }
    var number = DecimalNumber(value.significandWhole, exponent: value.exponentOfWhole)
    let text = number.rounded(toDigits: digits)
    let isNegative = value.sign == .minus && text.contains { $0 != "0" && $0 != "." }
    return isNegative ? "-" + text : text
  }
}

extension Double {
  /// The significand as an integer: the value is it times two to `exponentOfWhole`.
  fileprivate var significandWhole: UInt64 {
    exponentBitPattern == 0 ? significandBitPattern : significandBitPattern | 1 << 52
  }

  fileprivate var exponentOfWhole: Int {
    (exponentBitPattern == 0 ? 1 : Int(exponentBitPattern)) - 1075
  }
}

/// A number `whole * 2^exponent` whose decimal digits are wanted.
private struct DecimalNumber {
  /// Decimal digits, least significant first, base 10^9.
  private var limbs: [UInt64] = []
  /// The number is the limbs over ten to this power.
  private var scale = 0

  private static let base: UInt64 = 1_000_000_000

  init(_ whole: UInt64, exponent: Int) {
    var rest = whole
    while rest > 0 {
      limbs.append(rest % Self.base)
      rest /= Self.base
    }
    // A half is five tenths: dividing by two is multiplying by five and moving the point.
    for _ in 0..<max(0, exponent) { multiply(by: 2) }
    for _ in 0..<max(0, -exponent) { multiply(by: 5) }
    scale = max(0, -exponent)
  }

  private mutating func multiply(by factor: UInt64) {
    var carry: UInt64 = 0
    for index in limbs.indices {
      let product = limbs[index] * factor + carry
      limbs[index] = product % Self.base
      carry = product / Self.base
    }
    if carry > 0 { limbs.append(carry) }
  }

  /// The digits as text, most significant first, at least `scale + 1` of them.
  private var allDigits: [UInt8] {
    var digits: [UInt8] = []
    for limb in limbs {
      var rest = limb
      for _ in 0..<9 {
        digits.append(UInt8(rest % 10))
        rest /= 10
      }
    }
    while digits.count > scale + 1 && digits.last == 0 { digits.removeLast() }
    while digits.count < scale + 1 { digits.append(0) }
    return digits.reversed()
  }

  mutating func rounded(toDigits wanted: Int) -> String {
    var digits = allDigits
    var fraction = scale
    if fraction > wanted {
      let cut = digits.count - (fraction - wanted)
      let roundsUp = Self.roundsUp(kept: digits[..<cut], dropped: digits[cut...])
      digits.removeSubrange(cut...)
      fraction = wanted
      if roundsUp { Self.increment(&digits) }
    }
    while fraction < wanted {
      digits.append(0)
      fraction += 1
    }
    let text = digits.map { String($0) }
    let whole = text[..<(text.count - fraction)].joined()
    return fraction == 0 ? whole : whole + "." + text[(text.count - fraction)...].joined()
  }

  private static func roundsUp(kept: ArraySlice<UInt8>, dropped: ArraySlice<UInt8>) -> Bool {
    guard let first = dropped.first, first >= 5 else { return false }
    if first > 5 || dropped.dropFirst().contains(where: { $0 != 0 }) { return true }
    return (kept.last ?? 0) % 2 == 1
  }

  private static func increment(_ digits: inout [UInt8]) {
    for index in digits.indices.reversed() {
      if digits[index] < 9 {
        digits[index] += 1
        return
      }
      digits[index] = 0
    }
    digits.insert(1, at: 0)
  }
}
