// Tokens to tree: the parts that every rule needs. The rules are in the files `Parser+…`.

/// A recursive-descent parser that never fails: it always gives a tree, and says what is wrong.
///
/// After a mistake it is silent (`isPanicking`) until a place where it is sure again: the end of
/// the bracket, if the mistake is inside one, otherwise the end of the statement. Brackets balance
/// in the token stream, so both are always found. Each loop either moves forward or ends.
struct Parser {
  let source: SourceFile
  let bytes: [UInt8]
  let tokens: [Token]
  /// The index of the current token; never beyond the last, which is `endOfFile`.
  private(set) var position = 0
  var builder = TreeBuilder()
  private(set) var diagnostics: [Diagnostic] = []
  /// At which tokens the parser lost its way and said so.
  private(set) var failureTokens: [Int] = []
  /// At which tokens a `{` was missing: a later `}` that closes nothing is the other half of it.
  private(set) var missingBraces: [Int] = []
  /// A mistake was reported and the place to go on from is not reached yet.
  private(set) var isPanicking = false
  /// Something was reported because the text ends after an operator, or before a `catch`.
  var missesEnd = false
  /// How many rules that may contain themselves are being parsed.
  private var depth = 0
  private var reportedDepth = false
  /// Where the statement begins that is being parsed; the innermost one.
  private var statementStart = 0
  /// The index of the token that ends the block which is being parsed.
  private var blockEnd: Int
  /// At which tokens the lexer reported something, in order.
  private let problemTokens: [Int]
  let comments: [Comment]
  /// The first comment that documents nothing before the current statement.
  var commentCursor = 0
  /// Operators that wait for their right operand; each expression uses the part above its mark.
  var operators: [PendingOperator] = []
  var operands: [ExpressionID] = []

  init(_ source: SourceFile, _ text: LexedText) {
    self.source = source
    bytes = source.bytes
    tokens = text.tokens
    comments = text.comments
    problemTokens = text.problems.map(\.token).sorted()
    blockEnd = text.tokens.count - 1
  }

  // MARK: Tokens

  var current: Token { tokens[position] }
  var kind: TokenKind { tokens[position].kind }

  /// The kind of the token `distance` ahead; `endOfFile` beyond the end.
  func kind(ahead distance: Int) -> TokenKind {
    let index = position + distance
    return index < tokens.count ? tokens[index].kind : .endOfFile
  }

  /// Moves to the next token and returns the index of the one passed.
  @discardableResult
  mutating func advance() -> Int {
    let passed = position
    if position < tokens.count - 1 { position += 1 }
    return passed
  }

  /// Passes the current token if it is of this kind.
  mutating func accept(_ wanted: TokenKind) -> Bool {
    guard kind == wanted else { return false }
    advance()
    return true
  }

  /// Passes the token that closes `opener`, wherever the parser is inside: what is left between
  /// is skipped, and with it the mistake that made the parser stop there.
  mutating func close(_ opener: Int) {
    goToCloser(of: opener)
    advance()
  }

  /// As `close`, but stops at the closing token.
  mutating func goToCloser(of opener: Int) {
    position = Int(tokens[opener].partner)
    isPanicking = false
  }

  func isAt(closerOf opener: Int) -> Bool { position >= Int(tokens[opener].partner) }

  // MARK: Places and texts

  func span(_ token: Token) -> SourceSpan {
    SourceSpan(start: token.start, end: token.end, file: source.id)
  }

  /// From the first byte of a token to the last byte passed.
  func span(from first: Int) -> SourceSpan {
    let start = tokens[first].start
    let end = position > first ? tokens[position - 1].end : start
    return SourceSpan(start: start, end: max(start, end), file: source.id)
  }

  /// The current token, or the place just after the last one if the line or the text ends here.
  var place: SourceSpan {
    switch kind {
    case .newline, .endOfFile: position > 0 ? previousSpan.endPoint : span(current).startPoint
    default: span(current)
    }
  }

  /// The empty place before the current token where something is missing, within the statement.
  var gap: SourceSpan {
    position > statementStart ? previousSpan.endPoint : span(current).startPoint
  }

  var previousSpan: SourceSpan { span(tokens[max(position - 1, 0)]) }

  func text(_ token: Token) -> String { source.text(of: span(token)) }

  /// Whether a token is the given word; for words that are names elsewhere.
  func isWord(_ token: Token, _ word: String) -> Bool {
    token.kind == .name && Int(token.end - token.start) == word.utf8.count && text(token) == word
  }

  mutating func identifier(_ token: Token) -> Identifier {
    let name = builder.name(Int(token.start)..<Int(token.end), in: bytes)
    return Identifier(name: name, span: span(token))
  }

  // MARK: Mistakes

  /// Reports a mistake and is silent until the parser is sure of its place again.
  mutating func fail(_ diagnostic: Diagnostic) {
    guard !isPanicking else { return }
    isPanicking = true
    if report(diagnostic) { failureTokens.append(position) }
  }

  /// Reports a mistake that leaves no doubt how to go on. Silent where the lexer has reported
  /// something in the same statement already: that was the mistake. True if it was reported.
  @discardableResult
  mutating func report(_ diagnostic: Diagnostic) -> Bool {
    guard !lexerReported(), diagnostics.count < ParsedFile.maximumCollectedCount else {
      return false
    }
    diagnostics.append(diagnostic)
    return true
  }

  /// Notes that a statement ends without the `{` that it needs, if that was reported.
  mutating func noteMissingBrace() {
    guard let last = failureTokens.last, last >= statementStart else { return }
    missingBraces.append(position)
  }

  private func lexerReported() -> Bool {
    var low = 0
    var high = problemTokens.count
    while low < high {
      let middle = (low + high) / 2
      if problemTokens[middle] < statementStart { low = middle + 1 } else { high = middle }
    }
    return low < problemTokens.count && problemTokens[low] <= position
  }

  /// Takes back the silence: the parser is sure of its place.
  mutating func clearPanic() {
    isPanicking = false
  }

  // MARK: Recovery

  /// Parses a statement or another unit that mistakes do not leave.
  mutating func withinStatement<Result>(_ parse: (inout Parser) -> Result) -> Result {
    let outer = statementStart
    statementStart = position
    defer { statementStart = outer }
    return parse(&self)
  }

  /// Parses what is inside the braces of `opener`, then passes the closing one.
  mutating func withinBraces<Result>(
    _ opener: Int, _ parse: (inout Parser) -> Result
  ) -> Result {
    let outer = blockEnd
    blockEnd = Int(tokens[opener].partner)
    let result = parse(&self)
    blockEnd = outer
    close(opener)
    return result
  }

  var isAtBlockEnd: Bool { position >= blockEnd }

  /// Goes to the end of the statement, or to a word on a new line that begins another.
  mutating func recover() {
    isPanicking = false
    while !isAtBlockEnd, !isAtStatementEnd {
      if current.flags.contains(.firstOnLine), kind.beginsStatement, position > statementStart {
        return
      }
      skip()
    }
  }

  /// After a mistake in the head of a statement: goes to the `{` of its body, if there is one.
  mutating func recoverToBody() {
    guard isPanicking else { return }
    let start = position
    while !isAtBlockEnd, !isAtStatementEnd {
      if kind == .brace {
        isPanicking = false
        return
      }
      skip()
    }
    position = start
  }

  /// Passes a token, or all that a bracket encloses.
  mutating func skip() {
    if kind.isOpener { position = max(position, Int(current.partner)) }
    advance()
  }

  var isAtStatementEnd: Bool {
    switch kind {
    case .newline, .semicolon, .endOfFile: true
    default: isAtBlockEnd
    }
  }

  // MARK: Depth

  /// Parses a rule that begins at the current token and may contain itself. Beyond the greatest
  /// depth its brackets are skipped: the parser's own stack is as limited as that of whoever
  /// walks the tree.
  mutating func nested<Result>(_ parse: (inout Parser) -> Result) -> Result? {
    guard depth < SyntaxTree.maximumDepth else {
      reportDepth(at: span(current))
      isPanicking = isPanicking || !kind.isOpener
      skip()
      return nil
    }
    depth += 1
    defer { depth -= 1 }
    return parse(&self)
  }

  /// One such message is enough for a file: what is too deep is so at many places.
  private mutating func reportDepth(at span: SourceSpan) {
    guard !reportedDepth else { return }
    reportedDepth = true
    report(.nestedTooDeeply(at: span))
  }

  // MARK: Nodes

  mutating func make(_ node: Expression, from first: Int) -> ExpressionID {
    make(node, at: span(from: first))
  }

  mutating func make(_ node: Expression, at span: SourceSpan) -> ExpressionID {
    if let id = builder.append(node, at: span) { return id }
    reportDepth(at: span)
    isPanicking = true
    return invalid(at: span)
  }

  /// A node for what could not be understood.
  mutating func invalid(at span: SourceSpan) -> ExpressionID {
    // A leaf always fits.
    builder.append(.invalid, at: span) ?? ExpressionID(0)
  }

  mutating func make(_ node: Statement, from first: Int) -> StatementID {
    let span = span(from: first)
    if let id = builder.append(node, at: span) { return id }
    reportDepth(at: span)
    return builder.append(.invalid, at: span) ?? StatementID(0)
  }
}
