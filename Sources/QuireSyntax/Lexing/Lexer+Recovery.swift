// What happens to brackets that do not balance: one message, and the least loss of what follows.

extension Lexer {
  /// A closing bracket that does not fit the innermost open one: the brackets above its own are
  /// not closed, or it has none.
  mutating func resolveMismatch(_ kind: OpenBracket.Kind, _ sign: UInt8) {
    guard let depth = depth(of: kind) else {
      if let open = brackets.last, open.kind == .parenthesis || open.kind == .bracket {
        reportMistyped(sign, open)
        return closeLast(length: 1)
      }
      return reportStray(sign)
    }
    let unclosed = brackets[depth + 1]
    if rewind(to: unclosed) { return }
    reportUnclosed(unclosed)
    closeSynthetically(downTo: depth + 1)
    closeLast(length: 1)
  }

  /// Where the open bracket is that a closing one of this kind can mean. Never beyond a string,
  /// and beyond a block only on the same line: a lost `)` should not end the blocks around it.
  private func depth(of kind: OpenBracket.Kind) -> Int? {
    for depth in brackets.indices.reversed() {
      let open = brackets[depth]
      if open.kind == kind { return depth }
      if open.kind == .interpolation { return nil }
      if open.kind == .brace, open.lineToken != nextLineToken { return nil }
    }
    return nil
  }

  /// The end of the text with brackets open: says so, and closes them where they should have been
  /// closed.
  mutating func closeAtEnd() {
    if interpolationCount > 0 { return closeInterpolations() }
    endsInsideBracket = endsInsideBracket || problems.isEmpty
    let suspects = suspectBraces()
    let culprit = suspects?.opener ?? (brackets.first { $0.kind != .brace } ?? brackets[0])
    if rewind(to: culprit, because: suspects?.closer) { return }
    reportUnclosedLines()
    closeSynthetically(downTo: 0)
  }

  /// One message for each line that lacks something.
  private mutating func reportUnclosedLines() {
    var reported: Int?
    for open in brackets.prefix(ParsedFile.maximumCollectedCount)
    where open.lineToken != reported {
      reported = open.lineToken
      reportUnclosed(open)
    }
  }

  /// When a single brace is left open: the first pair after it whose closing brace begins a line
  /// that is indented less than the line of its opener. There a brace was forgotten, and all the
  /// later ones moved on by one.
  private func suspectBraces() -> (opener: OpenBracket, closer: Token)? {
    guard brackets.count == 1, let open = brackets.first, open.kind == .brace else { return nil }
    var first: (opener: OpenBracket, closer: Token)?
    var lineToken = open.lineToken
    for index in open.lineToken..<tokens.count {
      if tokens[index].flags.contains(.firstOnLine) { lineToken = index }
      guard index > open.token, tokens[index].kind == .brace, tokens[index].partner != 0
      else { continue }
      let closer = tokens[Int(tokens[index].partner)]
      let isEarlier = first.map { closer.start < $0.closer.start } ?? true
      guard closer.flags.contains(.firstOnLine), isEarlier,
        column(of: Int(closer.start)) < column(of: Int(tokens[lineToken].start))
      else { continue }
      let start = Int(tokens[index].start)
      first = (OpenBracket(kind: .brace, token: index, start: start, lineToken: lineToken), closer)
    }
    return first
  }

  /// The bytes between the start of the line and an offset that only blanks stand before.
  private func column(of offset: Int) -> Int {
    var start = offset
    while start > 0, bytes[start - 1].isBlank { start -= 1 }
    return offset - start
  }

  /// Goes back to the line where a bracket should have been closed: the first one that is
  /// indented no deeper than the line of the bracket. So a lost bracket costs a statement, not the
  /// rest of the file. False if there is no such line before here.
  ///
  /// `closer` is what made a bracket suspect that seemed to be closed.
  private mutating func rewind(to unclosed: OpenBracket, because closer: Token? = nil) -> Bool {
    guard rewindsLeft > 0, unclosed.lineToken != nextLineToken, unclosed.kind != .interpolation
    else { return false }
    // Looking for the line costs time too, found or not.
    rewindsLeft -= 1
    guard let target = endOfParagraph(from: unclosed.start) else { return false }
    position = target
    tokens.removeLast(tokens.count - firstToken(atOrAfter: target))
    problems.removeAll { $0.token >= tokens.count }
    comments.removeAll { $0.start >= UInt32(target) }
    reopenBrackets()
    reportUnclosed(unclosed, because: closer)
    pendingFlags = []
    closeSynthetically(downTo: brackets.firstIndex { $0.token == unclosed.token } ?? 0)
    return true
  }

  /// The line break before the first line that is indented no deeper than the line of `start`.
  private func endOfParagraph(from start: Int) -> Int? {
    var lineStart = start
    while lineStart > 0, bytes[lineStart - 1] != Byte.newline { lineStart -= 1 }
    let indentation = indentation(at: lineStart) ?? 0
    var index = start
    while index < position {
      if bytes[index] == Byte.newline, let next = self.indentation(at: index + 1),
        next <= indentation
      {
        return index
      }
      index += 1
    }
    return nil
  }

  /// The blanks that a line begins with, or nil for an empty one.
  private func indentation(at lineStart: Int) -> Int? {
    var index = lineStart
    while index < position, bytes[index].isBlank { index += 1 }
    return index < position && bytes[index] != Byte.newline ? index - lineStart : nil
  }

  private func firstToken(atOrAfter offset: Int) -> Int {
    var low = 0
    var high = tokens.count
    while low < high {
      let middle = (low + high) / 2
      if Int(tokens[middle].start) < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Finds again which brackets are open after the last token that is left.
  private mutating func reopenBrackets() {
    // Interpolations end on their line, and only whole lines are taken back: none is open.
    interpolationCount = 0
    brackets.removeAll()
    lineToken = 0
    for (index, token) in tokens.enumerated() {
      if token.flags.contains(.firstOnLine) { lineToken = index }
      guard let kind = token.kind.bracketKind else { continue }
      // No closing token has index 0; one that was taken back has an index beyond the end.
      guard token.partner == 0 || token.partner >= tokens.count else { continue }
      brackets.append(
        OpenBracket(kind: kind, token: index, start: Int(token.start), lineToken: lineToken))
    }
  }

  // MARK: Messages

  private func span(of open: OpenBracket) -> SourceSpan {
    span(open.start, open.start + 1)
  }

  private mutating func reportUnclosed(_ open: OpenBracket, because closer: Token? = nil) {
    if isSwallowed(open) { return }
    let suspect = closer.map { span(Int($0.start), Int($0.end)) }
    report(
      .unclosedBracket(
        open.sign, closing: open.closingSign, at: span(of: open), suspect: suspect),
      at: open.token)
  }

  /// Whether a string without an end stands behind the bracket on its line: what closes the bracket
  /// is in the string, which has been reported.
  private func isSwallowed(_ open: OpenBracket) -> Bool {
    var index = open.token + 1
    while index < tokens.count, !tokens[index].flags.contains(.firstOnLine) {
      if tokens[index].flags.contains(.unterminated) { return true }
      index += 1
    }
    return false
  }

  mutating func reportStray(_ sign: UInt8) {
    report(
      .strayBracket(Character(Unicode.Scalar(sign)), at: span(position, position + 1)),
      at: lastToken)
    position += 1
    pendingFlags.insert(.spaceBefore)
  }

  private mutating func reportMistyped(_ sign: UInt8, _ open: OpenBracket) {
    report(
      .mistypedBracket(
        Character(Unicode.Scalar(sign)), at: span(position, position + 1), open: open,
        openSpan: span(of: open)))
  }
}

extension TokenKind {
  fileprivate var bracketKind: OpenBracket.Kind? {
    switch self {
    case .callParenthesis, .parenthesis: .parenthesis
    case .indexBracket, .bracket: .bracket
    case .brace: .brace
    default: nil
    }
  }
}
