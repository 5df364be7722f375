// Statements with blocks, and what stands between braces.

extension Parser {
  /// Whose block is being parsed: the example that a message shows.
  enum BlockOwner {
    case function
    case condition
    case loop
    case test
    case process
    case expect
    case attempt

    var example: String {
      switch self {
      case .function: "fn double(x) { return x * 2 }"
      case .condition: "if x > 3 { print x }"
      case .loop: "while x < 3 { x += 1 }"
      case .test: "test \"name\" { … }"
      case .process: "process \"name\" { … }"
      case .expect: "expect ENOMEM { mmap 1TiB, \"rw\" }"
      case .attempt: "try { … } catch e { … }"
      }
    }
  }

  /// `{ statements }`, or nil with a message when no brace is here.
  mutating func parseBlock(_ owner: BlockOwner) -> BlockID? {
    if kind != .brace { failWithoutBlock(owner) }
    recoverToBody()
    guard kind == .brace else {
      noteMissingBrace()
      return nil
    }
    let first = position
    let emptyBlock = span(current)
    let id: BlockID? = nested { parser in
      let opener = parser.advance()
      let mark = parser.builder.pendingStatements.count
      parser.withinBraces(opener) { $0.parseStatements() }
      let list = parser.builder.commitStatements(from: mark)
      return parser.builder.append(Block(statements: list, span: parser.span(from: first)))
    }
    return id
      ?? builder.append(Block(statements: NodeList(start: 0, count: 0), span: emptyBlock))
  }

  // MARK: Conditions and loops

  /// `if … { } else if … { } else { }`
  mutating func parseIf() -> StatementID {
    let first = position
    let mark = builder.pendingBranches.count
    var otherwise: BlockID?
    repeat {
      advance()
      let condition = parseExpression(.body)
      guard let body = parseBlock(.condition) else { break }
      builder.pendingBranches.append(Branch(condition: condition, body: body))
    } while parseElse(&otherwise)
    let branches = builder.commitBranches(from: mark)
    guard !branches.isEmpty else { return make(.invalid, from: first) }
    return make(.conditional(branches, otherwise: otherwise), from: first)
  }

  /// Parses `else { }` into `otherwise`, or stops at the `if` of `else if` and says true.
  private mutating func parseElse(_ otherwise: inout BlockID?) -> Bool {
    if isAtForeignElseIf {
      while kind == .newline { advance() }
      report(.foreignElseIf(text(current), at: span(current)))
      return true
    }
    guard accept(.elseKeyword) else { return false }
    if kind == .ifKeyword { return true }
    otherwise = parseBlock(.condition)
    return false
  }

  /// `elif` and its like, which read as names.
  private var isAtForeignElseIf: Bool {
    var ahead = 0
    while kind(ahead: ahead) == .newline { ahead += 1 }
    guard kind(ahead: ahead) == .name else { return false }
    return ["elif", "elsif", "elseif"].contains(text(tokens[position + ahead]))
  }

  /// `while condition { }`
  mutating func parseWhile() -> StatementID {
    let first = advance()
    let condition = parseExpression(.body)
    guard let body = parseBlock(.loop) else { return make(.invalid, from: first) }
    return make(.whileLoop(condition: condition, body: body), from: first)
  }

  /// `for NAME in sequence { }`
  mutating func parseFor() -> StatementID {
    let first = advance()
    guard let name = parseForHead() else {
      recoverToBody()
      if kind == .brace { _ = parseBlock(.loop) }
      return make(.invalid, from: first)
    }
    let sequence = parseExpression(.body)
    guard let body = parseBlock(.loop) else { return make(.invalid, from: first) }
    return make(.forLoop(name, sequence: sequence, body: body), from: first)
  }

  /// `NAME in`
  private mutating func parseForHead() -> Identifier? {
    if kind == .parenthesis || kind == .letKeyword || kind == .varKeyword {
      fail(.forHead(at: place))
      return nil
    }
    guard let name = parseName(.loop) else { return nil }
    guard accept(.inKeyword) else {
      fail(.forHead(at: place))
      return nil
    }
    return name
  }

  /// `repeat count { }`
  mutating func parseRepeat() -> StatementID {
    let first = advance()
    if kind == .brace {
      fail(.repeatWithoutCount(at: span(tokens[first])))
      _ = parseBlock(.loop)
      return make(.invalid, from: first)
    }
    let count = parseExpression(.body)
    guard let body = parseBlock(.loop) else { return make(.invalid, from: first) }
    return make(.repeatLoop(count: count, body: body), from: first)
  }

  // MARK: Tests, processes, failures

  /// `test "name" { }`
  mutating func parseTest() -> StatementID {
    let first = advance()
    guard kind == .string || kind == .stringHead else {
      fail(.testWithoutName(found: found, at: place))
      recoverToBody()
      if kind == .brace { _ = parseBlock(.test) }
      return make(.invalid, from: first)
    }
    let name = kind == .string ? parseString() : parseInterpolation()
    guard let body = parseBlock(.test) else { return make(.invalid, from: first) }
    return make(.test(name: name, body: body), from: first)
  }

  /// `process name { }`, an expression.
  mutating func parseProcess() -> ExpressionID {
    let first = position
    let id = nested { $0.parseProcessWithName() }
    return id ?? invalid(at: span(tokens[first]))
  }

  private mutating func parseProcessWithName() -> ExpressionID {
    let first = advance()
    if kind == .brace {
      fail(.processWithoutName(at: span(tokens[first])))
      _ = parseBlock(.process)
      return make(.invalid, from: first)
    }
    let name = parseExpression(.body)
    guard let body = parseBlock(.process) else { return make(.invalid, from: first) }
    return make(.process(name: name, body: body), from: first)
  }

  /// `try { } catch [NAME] { }`
  mutating func parseTry() -> StatementID {
    let first = advance()
    guard let body = parseBlock(.attempt) else { return make(.invalid, from: first) }
    guard kind == .catchKeyword else {
      failWithoutCatch(tokens[first])
      return make(.invalid, from: first)
    }
    advance()
    var error: Identifier?
    if kind != .brace { error = parseCaughtName() }
    guard let handler = parseBlock(.attempt) else { return make(.invalid, from: first) }
    return make(.tryCatch(body: body, error: error, handler: handler), from: first)
  }

  private mutating func failWithoutCatch(_ attempt: Token) {
    var ahead = 0
    while kind(ahead: ahead) == .newline { ahead += 1 }
    missesEnd = missesEnd || kind(ahead: ahead) == .endOfFile
    fail(.tryWithoutCatch(at: span(attempt)))
  }

  /// The name after `catch`; parentheses around it are a habit from elsewhere.
  private mutating func parseCaughtName() -> Identifier? {
    guard kind == .parenthesis || kind == .callParenthesis else { return parseName(.caught) }
    let opener = position
    report(.caughtInParentheses(at: span(current)))
    advance()
    let name = kind == .name ? identifier(current) : nil
    close(opener)
    return name
  }

  // MARK: Functions

  /// `fn NAME(parameters) { }`
  mutating func parseFunction() -> StatementID {
    let first = advance()
    guard let name = parseName(.function) else {
      recoverToBody()
      if kind == .brace { _ = parseBlock(.function) }
      return make(.invalid, from: first)
    }
    guard kind == .callParenthesis || kind == .parenthesis else {
      fail(.functionWithoutParameters(source.text(of: name.span), at: name.span.endPoint))
      recoverToBody()
      if kind == .brace { _ = parseBlock(.function) }
      return make(.invalid, from: first)
    }
    let parameters = parseParameters()
    skipResultType()
    guard let body = parseBlock(.function) else { return make(.invalid, from: first) }
    let function = Function(name: name, parameters: parameters, body: body)
    return make(.function(builder.append(function)), from: first)
  }

  /// `(a, b = 3)`
  private mutating func parseParameters() -> NodeList<Parameter> {
    let mark = builder.pendingParameters.count
    let opener = advance()
    while !isPanicking, !isAt(closerOf: opener) {
      guard let name = parseName(.parameter) else { break }
      skipTypeAnnotation()
      let value = accept(.assign) ? parseExpression(.value) : nil
      builder.pendingParameters.append(Parameter(identifier: name, defaultValue: value))
      if isAt(closerOf: opener) { break }
      if !accept(.comma) { fail(.parameterSeparator(found: found, at: place)) }
    }
    close(opener)
    return builder.commitParameters(from: mark)
  }

  /// `-> Type` is understood, to say that there are no types, and passed.
  private mutating func skipResultType() {
    guard kind == .minus || kind == .prefixMinus, kind(ahead: 1) == .greater else { return }
    let space = spacedCurrent
    let arrow = advance()
    advance()
    if kind == .name { advance() }
    let type = span(from: arrow)
    report(.resultType(at: type, spaced: space.extended(to: type)))
  }

  /// `{ statements }` or `{ a, b in statements }`, as a value.
  mutating func parseClosure() -> ExpressionID {
    let first = position
    let id = nested { parser in
      let opener = parser.advance()
      let mark = parser.builder.pendingStatements.count
      let parameters = parser.withinBraces(opener) { $0.parseClosureContents() }
      let list = parser.builder.commitStatements(from: mark)
      let span = parser.span(from: first)
      let body = parser.builder.append(Block(statements: list, span: span))
      let function = Function(name: nil, parameters: parameters, body: body)
      return parser.make(.closure(parser.builder.append(function)), at: span)
    }
    return id ?? invalid(at: span(tokens[first]))
  }

  private mutating func parseClosureContents() -> NodeList<Parameter> {
    let parameters = parseClosureParameters()
    while kind == .newline, !isAtBlockEnd { advance() }
    if kind == .name, kind(ahead: 1) == .colon {
      // A map in the wrong brackets: one message for all its entries.
      fail(.mapInBraces(at: previousSpan))
    } else {
      parseStatements()
    }
    return parameters
  }

  /// `a, b in`, if names up to an `in` are what the closure begins with.
  private mutating func parseClosureParameters() -> NodeList<Parameter> {
    let mark = builder.pendingParameters.count
    guard let last = closureParameterEnd() else { return builder.commitParameters(from: mark) }
    while position < last {
      builder.pendingParameters.append(
        Parameter(identifier: identifier(current), defaultValue: nil))
      advance()
      if !accept(.comma) { break }
    }
    advance()
    return builder.commitParameters(from: mark)
  }

  /// The index of the `in` that ends the parameters, if this begins with parameters.
  private func closureParameterEnd() -> Int? {
    var index = position
    while tokens[index].kind == .name {
      let next = tokens[index + 1].kind
      if next == .inKeyword { return index + 1 }
      guard next == .comma else { return nil }
      index += 2
    }
    return nil
  }

  // MARK: The machine

  /// `machine { key: value, … }`, entries separated by commas or line breaks.
  mutating func parseMachine() -> StatementID {
    let first = advance()
    guard kind == .brace else {
      fail(.machineWithoutBraces(found: found, at: place))
      noteMissingBrace()
      skipLostSettings()
      return make(.invalid, from: first)
    }
    let opener = advance()
    let mark = builder.pendingMachineEntries.count
    withinBraces(opener) { $0.parseMachineEntries() }
    return make(.machine(builder.commitMachineEntries(from: mark)), from: first)
  }

  /// Passes lines that read `key: value` after the `{` before them was lost.
  private mutating func skipLostSettings() {
    while !isAtBlockEnd {
      while !isAtStatementEnd { skip() }
      guard kind == .newline, kind(ahead: 1) == .name, kind(ahead: 2) == .colon else { return }
      advance()
    }
  }

  private mutating func parseMachineEntries() {
    while true {
      while kind == .newline, !isAtBlockEnd { advance() }
      if isAtBlockEnd { return }
      withinStatement { parser in
        parser.parseMachineEntry()
        parser.endMachineEntry()
      }
    }
  }

  private mutating func parseMachineEntry() {
    guard kind == .name else { return fail(.machineEntry(found: found, at: place)) }
    let key = identifier(current)
    advance()
    if kind == .assign {
      report(.machineEntryAssigns(at: place, spaced: spacedCurrent))
      advance()
    } else if !accept(.colon) {
      return fail(.machineEntry(found: found, at: place))
    }
    let value = parseExpression(.value)
    builder.pendingMachineEntries.append(MachineEntry(key: key, value: value))
  }

  private mutating func endMachineEntry() {
    if !isPanicking {
      if isAtBlockEnd || kind == .newline { return }
      if accept(.comma) { return }
      fail(.machineSeparator(found: found, at: place))
    }
    let start = position
    while !isAtBlockEnd, kind != .newline, kind != .comma { skip() }
    if kind == .comma || position == start { advance() }
    clearPanic()
  }
}
