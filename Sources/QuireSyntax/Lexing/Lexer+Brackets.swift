// Brackets always balance in what the lexer gives: what the text lacks is put in, what it has too
// much of is left out, and one message says so. The parser need not think of it again.

/// A bracket that waits for its closing one.
struct OpenBracket {
  enum Kind {
    case parenthesis
    case bracket
    case brace
    /// `\(` within a string.
    case interpolation
  }

  let kind: Kind
  /// The index of its token.
  let token: Int
  /// Byte offset of what a message points at; for an interpolation the quote of its string.
  let start: Int
  /// The index of the first token of its line.
  let lineToken: Int

  var sign: String {
    switch kind {
    case .parenthesis: "("
    case .bracket: "["
    case .brace: "{"
    case .interpolation: "\\("
    }
  }

  var closingSign: String {
    switch kind {
    case .parenthesis, .interpolation: ")"
    case .bracket: "]"
    case .brace: "}"
    }
  }
}

extension Lexer {
  mutating func openBracket(_ sign: UInt8) {
    let touches = touchesOperand
    let kind: OpenBracket.Kind
    let token: TokenKind
    switch sign {
    case Byte.openParenthesis:
      (kind, token) = (.parenthesis, touches ? .callParenthesis : .parenthesis)
    case UInt8(ascii: "["):
      (kind, token) = (.bracket, touches ? .indexBracket : .bracket)
    default: (kind, token) = (.brace, .brace)
    }
    push(kind, start: position)
    appendSign(token, length: 1)
  }

  /// Notes an opener that is about to become the next token.
  mutating func push(_ kind: OpenBracket.Kind, start: Int) {
    brackets.append(
      OpenBracket(kind: kind, token: tokens.count, start: start, lineToken: nextLineToken))
    if kind == .interpolation { interpolationCount += 1 }
  }

  mutating func closeBracket(_ sign: UInt8) {
    let kind: OpenBracket.Kind =
      switch sign {
      case UInt8(ascii: ")"): .parenthesis
      case UInt8(ascii: "]"): .bracket
      default: .brace
      }
    guard let open = brackets.last else { return reportStray(sign) }
    if open.kind == kind {
      closeLast(length: 1)
    } else if open.kind == .interpolation, kind == .parenthesis {
      continueString()
    } else {
      resolveMismatch(kind, sign)
    }
  }

  /// Closes the innermost bracket with a token of `length` bytes here; 0 makes a synthetic one.
  mutating func closeLast(length: Int) {
    guard let open = brackets.popLast() else { return }
    if open.kind == .interpolation { interpolationCount -= 1 }
    tokens[open.token].partner = UInt32(tokens.count)
    let start = position
    position += length
    append(open.closingToken, from: start, flags: length == 0 ? .synthetic : [])
  }

  /// Closes brackets until `count` are open, with tokens that the text lacks.
  mutating func closeSynthetically(downTo count: Int) {
    let flags = pendingFlags
    while brackets.count > count { closeLast(length: 0) }
    pendingFlags = flags
  }
}

extension OpenBracket {
  fileprivate var closingToken: TokenKind {
    switch kind {
    case .parenthesis: .rightParenthesis
    case .bracket: .rightBracket
    case .brace: .rightBrace
    case .interpolation: .stringTail
    }
  }
}
