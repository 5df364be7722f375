// What people write out of habit from other languages: reported once with its repair, and read
// as what was meant, so that the rest of the line is still understood.

extension Lexer {
  enum Slip {
    case foreignOperator
    case walrus
    case twoDots
  }

  /// Another language's sign for a token of this one.
  mutating func lexForeign(_ kind: TokenKind, length: Int, _ meant: String, _ slip: Slip) {
    let span = span(position, position + length)
    let written = text(length)
    switch slip {
    case .foreignOperator: report(.foreignOperator(written, meant: meant, at: span))
    case .walrus: report(.walrus(at: span))
    case .twoDots: report(.twoDots(at: span))
    }
    appendSign(kind, length: length)
  }

  /// `&&`, `||` or `!`, which are words here.
  mutating func lexForeignWord(_ kind: TokenKind, _ word: String) {
    let length = kind == .notKeyword ? 1 : 2
    let start = position
    let needsSpaceBefore = start > 0 && bytes[start - 1].isWordByte
    let needsSpaceAfter = byte(length).isWordByte
    report(
      .foreignWord(
        text(length), meant: word,
        replacement: (needsSpaceBefore ? " " : "") + word + (needsSpaceAfter ? " " : ""),
        at: span(start, start + length)))
    appendSign(kind, length: length)
  }

  /// `x++` or `x--`: read as the statement `x` with the message about it.
  mutating func lexIncrement(_ sign: String) {
    let span = span(position, position + 2)
    report(.increment(sign, at: span), at: lastToken)
    position += 2
    pendingFlags.insert(.spaceBefore)
  }

  /// `// …` to the end of the line, or `/* … */`.
  mutating func lexForeignComment() {
    let start = position
    if byte(1) == UInt8(ascii: "/") {
      report(.slashComment(at: span(start, start + 2)), at: lastToken)
      while position < bytes.count, bytes[position] != Byte.newline { position += 1 }
    } else {
      report(.blockComment(at: span(start, start + 2)), at: lastToken)
      position += 2
      while position < bytes.count, !(byte(0) == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/"))
      {
        position += 1
      }
      position = min(position + 2, bytes.count)
    }
    pendingFlags.insert(.spaceBefore)
  }

  /// A character that begins no token.
  mutating func lexUnknown(_ first: UInt8) {
    if first == Byte.apostrophe, lexApostropheString() { return }
    let (scalar, length) = scalar()
    let place = span(position, position + length)
    switch scalar {
    case "\u{A0}", "\u{2007}", "\u{202F}", "\u{3000}", "\u{FEFF}", "\u{200B}":
      report(.invisibleSpace(scalar, at: place), at: lastToken)
      position += length
      pendingFlags.insert(.spaceBefore)
      return
    case let quote where Lexer.curlyQuotes.contains(quote): return lexCurlyQuote(length)
    default: report(.unknownCharacter(scalar, at: place))
    }
    skipUnknown(length)
  }

  private static let curlyQuotes: [Unicode.Scalar] = ["\u{201C}", "\u{201D}", "\u{201E}"]

  /// A typographic quote: read as a string if another one follows on the line.
  private mutating func lexCurlyQuote(_ length: Int) {
    let start = position
    position += length
    while position < bytes.count, bytes[position] != Byte.newline {
      let (scalar, width) = scalar()
      position += width
      guard Lexer.curlyQuotes.contains(scalar) else { continue }
      let closing = span(position - width, position)
      report(.curlyQuotes([span(start, start + length), closing]))
      return append(.string, from: start)
    }
    position = start
    report(.curlyQuotes([span(start, start + length)]))
    skipUnknown(length)
  }

  /// Takes a run of characters that begin no token as one, so that it costs one message.
  private mutating func skipUnknown(_ length: Int) {
    let start = position
    position += length
    while position < bytes.count, bytes[position] >= 0x80 { position += 1 }
    append(.unknown, from: start)
  }

  /// `'text'` on one line: read as a string. False when no other apostrophe follows.
  private mutating func lexApostropheString() -> Bool {
    var end = position + 1
    while end < bytes.count, bytes[end] != Byte.newline, bytes[end] != Byte.apostrophe { end += 1 }
    guard end < bytes.count, bytes[end] == Byte.apostrophe else { return false }
    let start = position
    report(.apostropheString(span(start, end + 1)))
    position = end + 1
    append(.string, from: start)
    return true
  }

  private func text(_ length: Int) -> String {
    String(decoding: bytes[position..<min(position + length, bytes.count)], as: UTF8.self)
  }

  /// The character at `position`. The text is known to be UTF-8 when it matters.
  private func scalar() -> (Unicode.Scalar, length: Int) {
    let end = min(position + 4, bytes.count)
    let text = String(decoding: bytes[position..<end], as: UTF8.self)
    guard let scalar = text.unicodeScalars.first else { return ("\u{FFFD}", 1) }
    let length = scalar == "\u{FFFD}" && bytes[position] != 0xEF ? 1 : UTF8.width(scalar)
    return (scalar, min(length, end - position))
  }
}
