// Strings and the interpolations in them. What escapes mean is decided when the tree is built
// (`Parsing/StringLiterals.swift`); here a backslash only keeps a quote from ending the string.

extension Lexer {
  mutating func lexString() {
    let quote = position
    position += 1
    finishStringPart(from: quote, quote: quote, whole: .string, opening: .stringHead)
  }

  /// The `)` that ends an interpolation: what follows is text of the string again.
  mutating func continueString() {
    guard let open = brackets.popLast() else { return }
    interpolationCount -= 1
    tokens[open.token].partner = UInt32(tokens.count)
    let start = position
    position += 1
    finishStringPart(from: start, quote: open.start, whole: .stringTail, opening: .stringMiddle)
  }

  /// Reads text up to a quote, which makes the token `whole`, or to `\(`, which makes `opening`.
  private mutating func finishStringPart(
    from start: Int, quote: Int, whole: TokenKind, opening: TokenKind
  ) {
    while position < bytes.count {
      switch bytes[position] {
      case Byte.quote:
        position += 1
        return append(whole, from: start)
      case Byte.backslash where byte(1) == Byte.openParenthesis:
        position += 2
        push(.interpolation, start: quote)
        return append(opening, from: start)
      case Byte.backslash where byte(1) != Byte.newline && position + 1 < bytes.count:
        position += 2
      case Byte.newline: return endUnterminated(from: start, quote: quote, kind: whole)
      default: position += 1
      }
    }
    endUnterminated(from: start, quote: quote, kind: whole)
  }

  private mutating func endUnterminated(from start: Int, quote: Int, kind: TokenKind) {
    // Carriage returns before the line break belong to it, not to the string.
    while position > start + 1, bytes[position - 1] == Byte.carriageReturn { position -= 1 }
    // Inside an interpolation the string around it is not terminated either, and is reported.
    if interpolationCount == 0 {
      report(.unterminatedString(at: span(quote, quote + 1), lineEnd: span(position, position)))
    }
    append(kind, from: start, flags: .unterminated)
  }

  /// The line, or the text, ends inside an interpolation: its string is not terminated.
  mutating func closeInterpolations() {
    guard let outermost = brackets.firstIndex(where: { $0.kind == .interpolation }) else { return }
    let open = brackets[outermost]
    report(.unterminatedInterpolation(at: span(open.start, open.start + 1)), at: open.token)
    closeSynthetically(downTo: outermost)
  }
}
