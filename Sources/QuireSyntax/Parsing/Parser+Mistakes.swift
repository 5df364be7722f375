// Where a rule cannot go on: what was probably meant, and so what to say.

extension Parser {
  /// The current token as a message names it.
  var found: String { describe(current) }

  private func describe(_ token: Token) -> String {
    switch token.kind {
    case .newline: "the end of the line"
    case .endOfFile: "the end of the file"
    case .string, .stringHead, .stringMiddle, .stringTail: "a string"
    default: "'\(shortText(token))'"
    }
  }

  /// The text of a token, cut to what fits into a message.
  private func shortText(_ token: Token) -> String {
    let text = text(token)
    return text.count > 40 ? text.prefix(40) + "…" : text
  }

  private var previous: Token { tokens[max(position - 1, 0)] }

  // MARK: Names

  enum NameRole: String {
    case variable
    case function
    case parameter
    case loop = "loop variable"
    case caught = "caught error"
    case module
  }

  /// A name where only a name can stand; nil with a message if something else does.
  mutating func parseName(_ role: NameRole) -> Identifier? {
    switch kind {
    case .name:
      let name = identifier(current)
      advance()
      return name
    case let other where other.isKeyword:
      fail(.reservedWord(text(current), role: role.rawValue, at: span(current)))
    default: fail(.expectedName(role.rawValue, found: found, at: place))
    }
    return nil
  }

  func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !first.isDigit else { return false }
    return text.utf8.allSatisfy(\.isWordByte) && !TokenKind.keywords.contains { $0.word == text }
  }

  /// A name as near as possible to a text that is none.
  static func nameLike(_ text: String) -> String {
    let name = String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    guard let first = name.utf8.first, !first.isDigit,
      !TokenKind.keywords.contains(where: { $0.word == name })
    else { return "m_" + name }
    return name
  }

  // MARK: After a statement

  /// Something follows a complete statement on its line.
  mutating func failAfterStatement() {
    switch kind {
    case .elseKeyword, .catchKeyword: fail(.misplacedWord(text(current), at: span(current)))
    case .assign: fail(.assignmentAsValue(at: span(current)))
    case .colon: fail(.misplacedColon(at: span(current)))
    default: fail(afterOperand() ?? .afterStatement(found: found, at: place))
    }
  }

  /// What an operand is followed by looks like an argument or an operand of a lost operator.
  private func afterOperand() -> Diagnostic? {
    switch kind {
    case .prefixMinus:
      return .signAfterOperand(at: span(current))
    case .parenthesis, .bracket:
      guard previous.kind == .name else { return nil }
      return .spaceBeforeBracket(
        shortText(previous), text(current), at: span(current),
        space: SourceSpan(start: previous.end, end: current.start, file: source.id))
    case .name, .integer, .float, .string, .stringHead, .brace, .nilKeyword, .trueKeyword,
      .falseKeyword, .notKeyword, .tilde:
      if let unit = unitWithSpace() { return unit }
      guard previous.kind == .name, !current.flags.contains(.firstOnLine) else { return nil }
      return .nestedCommand(
        shortText(previous), argument: kind == .brace ? "{ … }" : shortText(current),
        isBlock: kind == .brace, at: span(current), callee: span(previous))
    default: return nil
    }
  }

  /// `5 pages`
  private func unitWithSpace() -> Diagnostic? {
    guard previous.kind == .integer, kind == .name else { return nil }
    let word = text(current)
    guard NumberSuffix.all.contains(where: { $0.word == word }) else { return nil }
    return .unitWithSpace(
      text(previous) + word, at: span(current),
      space: SourceSpan(start: previous.end, end: current.start, file: source.id))
  }

  // MARK: Where a value should be

  mutating func failWithoutOperand() {
    let before = text(previous)
    switch kind {
    case .endOfFile:
      missesEnd = missesEnd || previous.kind.continuesLine
      fail(.expectedValue(after: before, found: found, at: place))
    case _ where beginsLine && kind.beginsStatement && previous.kind.continuesLine:
      // The end of the line above is the place to look at, not this one.
      fail(.expectedValue(after: before, found: "the next statement", at: previousSpan.endPoint))
    case .minus: fail(.signWithSpace(at: span(current), space: spaceAfterCurrent))
    case .plus where !beginsLine: fail(.plusSign(at: span(current)))
    case _ where beginsLine && (kind.infix != nil || kind == .dot):
      fail(.lineBeginsWithOperator(text(current), at: span(current)))
    case .brace: fail(.expectedValue(after: before, found: "'{'", at: place))
    case _ where kind.beginsStatement && !beginsLine:
      fail(.statementAsValue(text(current), at: span(current)))
    case _ where beginsStatementHere: fail(.expectedStatement(found: found, at: place))
    default: fail(.expectedValue(after: before, found: found, at: place))
    }
  }

  private var beginsLine: Bool { current.flags.contains(.firstOnLine) }

  private var beginsStatementHere: Bool {
    switch previous.kind {
    case .newline, .semicolon, .brace: true
    default: position == 0
    }
  }

  /// The current token with the white space before it.
  var spacedCurrent: SourceSpan {
    SourceSpan(start: previous.end, end: current.end, file: source.id)
  }

  private var spaceAfterCurrent: SourceSpan {
    let next = tokens[min(position + 1, tokens.count - 1)]
    return SourceSpan(start: current.end, end: max(current.end, next.start), file: source.id)
  }

  // MARK: Inside brackets

  mutating func failInside(_ what: Enclosed) {
    if kind == .assign { return fail(.assignmentAsValue(at: span(current))) }
    if kind == .comma, what == .parentheses { return fail(.tuple(at: span(current))) }
    fail(afterOperand() ?? .unexpectedInside(closing: what.closing, found: found, at: place))
  }

  mutating func failInsideList(_ opener: Int) {
    switch kind {
    case .assign: fail(.assignInMap(at: span(current), spaced: spacedCurrent))
    case .colon: fail(.computedKey(at: span(current)))
    default: failWithoutComma("]", opener)
    }
  }

  mutating func failInsideArguments(_ opener: Int) {
    if kind == .assign { return fail(.assignAfterLabel(at: span(current), spaced: spacedCurrent)) }
    failWithoutComma(")", opener)
  }

  private mutating func failWithoutComma(_ closing: String, _ opener: Int) {
    if current.flags.contains(.firstOnLine), kind.beginsStatement {
      // It is closed somewhere, but a statement on a line of its own was hardly meant inside.
      let sign = span(tokens[opener])
      return fail(.unclosedBracket(source.text(of: sign), closing: closing, at: sign))
    }
    if current.flags.contains(.firstOnLine) {
      return fail(.missingComma(at: previousSpan.endPoint, closing: closing))
    }
    fail(afterOperand() ?? .expectedSeparator(closing: closing, found: found, at: place))
  }

  // MARK: Where a block should be

  mutating func failWithoutBlock(_ owner: BlockOwner) {
    switch kind {
    case .newline where kind(ahead: 1) == .brace:
      report(.braceOnNextLine(at: span(tokens[position + 1]), after: previousSpan.endPoint))
      advance()
    case .assign where owner == .condition || owner == .loop:
      fail(.assignmentAsValue(at: span(current)))
    case .colon: fail(.colonForBlock(example: owner.example, at: span(current)))
    case .name where ["then", "do"].contains(text(current)):
      fail(.wordForBlock(text(current), example: owner.example, at: span(current)))
    default:
      fail(afterOperand() ?? .expectedBlock(example: owner.example, found: found, at: place))
    }
  }
}

extension Parser.Enclosed {
  fileprivate var closing: String {
    switch self {
    case .index: "]"
    case .parentheses, .interpolation: ")"
    }
  }
}
