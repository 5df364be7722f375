// The classes of bytes that the lexer tells apart.

/// Names for the bytes that mean something to the lexer.
enum Byte {
  static let tab = UInt8(ascii: "\t")
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let quote = UInt8(ascii: "\"")
  static let apostrophe = UInt8(ascii: "'")
  static let hash = UInt8(ascii: "#")
  static let backslash = UInt8(ascii: "\\")
  static let underscore = UInt8(ascii: "_")
  static let dot = UInt8(ascii: ".")
  static let colon = UInt8(ascii: ":")
  static let openParenthesis = UInt8(ascii: "(")
}

extension UInt8 {
  var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

  var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }

  /// What a name may contain: ASCII letters, digits and `_`.
  var isWordByte: Bool { isLetter || isDigit || self == Byte.underscore }

  /// White space within a line. A carriage return counts, so `\r\n` ends a line like `\n`.
  var isBlank: Bool { self == Byte.space || self == Byte.tab || self == Byte.carriageReturn }

  /// The value of a hexadecimal digit.
  var hexadecimalValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
