// The texts of numbers, read.

/// Reads numbers as scripts write them.
enum NumberText {
  /// An integer with a sign, `_` between digits, and the prefixes 0x and 0b; white space around it
  /// does not matter.
  static func integer(_ text: String) -> Int64? {
    var digits = trimmed(text)
    var isNegative = false
    if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      digits = digits.dropFirst()
    }
    var radix: UInt64 = 10
    if digits.first == UInt8(ascii: "0"), let mark = digits.dropFirst().first {
      if mark == UInt8(ascii: "x") { radix = 16 }
      if mark == UInt8(ascii: "b") { radix = 2 }
      if radix != 10 { digits = digits.dropFirst(2) }
    }
    guard let magnitude = magnitude(digits, radix) else { return nil }
    if isNegative {
      return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }
    return Int64(exactly: magnitude)
  }

  private static func magnitude(_ digits: ArraySlice<UInt8>, _ radix: UInt64) -> UInt64? {
    var value: UInt64 = 0
    var wasDigit = false
    for byte in digits {
      if byte == UInt8(ascii: "_") && wasDigit {
        wasDigit = false
        continue
      }
      guard let digit = digit(byte), digit < radix else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      let (sum, carry) = product.addingReportingOverflow(digit)
      if overflow || carry { return nil }
      value = sum
      wasDigit = true
    }
    return wasDigit ? value : nil
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }

  /// A float in decimal notation, or the text of an integer.
  static func float(_ text: String) -> Double? {
    let digits = trimmed(text).filter { $0 != UInt8(ascii: "_") }
    let isDecimal = digits.allSatisfy { byte in
      digit(byte).map { $0 < 10 } ?? false
        || [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(byte)
        || [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(byte)
    }
    return isDecimal ? Double(String(decoding: digits, as: UTF8.self)) : nil
  }

  private static func trimmed(_ text: String) -> ArraySlice<UInt8> {
    var bytes = Array(text.utf8)[...]
    while let first = bytes.first, isSpace(first) { bytes = bytes.dropFirst() }
    while let last = bytes.last, isSpace(last) { bytes = bytes.dropLast() }
    return bytes
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
}
