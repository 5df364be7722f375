// What strings say: escapes and interpolations.

extension Parser {
  mutating func parseString() -> ExpressionID {
    let string = builder.append(string: decodeString(current))
    return make(.string(string), from: advance())
  }

  /// `"text \(value) text"`
  mutating func parseInterpolation() -> ExpressionID {
    let first = position
    let id = nested { parser in
      let mark = parser.builder.pendingExpressions.count
      parser.appendText()
      while parser.tokens[parser.position].kind.isOpener {
        let opener = parser.advance()
        let value = parser.parseExpression(.value)
        parser.builder.pendingExpressions.append(value)
        parser.failUnlessClosed(opener, .interpolation)
        parser.goToCloser(of: opener)
        parser.appendText()
      }
      parser.advance()
      let list = parser.builder.commitExpressions(from: mark)
      return parser.make(.interpolation(list), from: first)
    }
    return id ?? invalid(at: span(tokens[first]))
  }

  /// Appends the text of the current part of the string, unless it is empty.
  private mutating func appendText() {
    let text = decodeString(current)
    guard !text.isEmpty else { return }
    let string = builder.append(string: text)
    let segment = make(.string(string), at: span(current))
    builder.pendingExpressions.append(segment)
  }

  // MARK: Decoding

  /// The text of a whole string, or of a part between interpolations.
  mutating func decodeString(_ token: Token) -> String {
    let range = contents(token)
    guard bytes[range].contains(Byte.backslash) else {
      return String(decoding: bytes[range], as: UTF8.self)
    }
    var text: [UInt8] = []
    var index = range.lowerBound
    while index < range.upperBound {
      if bytes[index] == Byte.backslash {
        index = decodeEscape(index, end: range.upperBound, into: &text)
      } else {
        text.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes between the delimiters of a string or part.
  private func contents(_ token: Token) -> Range<Int> {
    let start = Int(token.start)
    let end = Int(token.end)
    // A part that the lexer put in has no bytes at all.
    if token.flags.contains(.synthetic) { return start..<start }
    let closing =
      switch token.kind {
      case .stringHead, .stringMiddle: 2
      default: token.flags.contains(.unterminated) ? 0 : 1
      }
    return min(start + 1, end)..<max(min(start + 1, end), end - closing)
  }

  /// Decodes the escape at `index` and returns where the text goes on.
  private mutating func decodeEscape(_ index: Int, end: Int, into text: inout [UInt8]) -> Int {
    guard index + 1 < end else { return end }
    switch bytes[index + 1] {
    case UInt8(ascii: "n"): text.append(Byte.newline)
    case UInt8(ascii: "t"): text.append(Byte.tab)
    case Byte.quote: text.append(Byte.quote)
    case Byte.backslash: text.append(Byte.backslash)
    case UInt8(ascii: "u"): return decodeCodePoint(index, end: end, into: &text)
    default:
      let length = Parser.length(ofCharacter: bytes[index + 1])
      let place = SourceSpan(index..<min(index + 1 + length, end), file: source.id)
      report(.unknownEscape(source.text(of: place), at: place))
      return min(index + 1 + length, end)
    }
    return index + 2
  }

  /// `\u{1F600}`
  private mutating func decodeCodePoint(_ index: Int, end: Int, into text: inout [UInt8]) -> Int {
    var next = index + 2
    var value: UInt32 = 0
    var digits = 0
    let hasBrace = next < end && bytes[next] == UInt8(ascii: "{")
    if hasBrace { next += 1 }
    while hasBrace, next < end, digits < 8, let digit = bytes[next].hexadecimalValue {
      value = value << 4 | UInt32(digit)
      digits += 1
      next += 1
    }
    let isClosed = hasBrace && next < end && bytes[next] == UInt8(ascii: "}")
    if isClosed { next += 1 }
    guard isClosed, digits > 0, let scalar = Unicode.Scalar(value) else {
      report(.invalidCodePoint(at: SourceSpan(index..<next, file: source.id)))
      return next
    }
    text += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
    return next
  }

  /// The bytes of the UTF-8 character that begins with this one.
  private static func length(ofCharacter first: UInt8) -> Int {
    switch first {
    case 0xF0...: 4
    case 0xE0...: 3
    case 0xC0...: 2
    default: 1
    }
  }
}
