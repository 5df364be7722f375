// Calls: with parentheses anywhere, without them where a statement or a right side begins.

extension Parser {
  /// What stands right of `=` or after `return`: an expression, or a call without parentheses.
  mutating func parseRightSide(after before: String) -> ExpressionID {
    parseCommandOrExpression(after: before)
  }

  mutating func parseCommandOrExpression(after before: String? = nil) -> ExpressionID {
    if kind == .name, let end = commandCalleeEnd() { return parseCommand(calleeEnd: end) }
    return parseExpression(.value)
  }

  /// The index after `name.member…`, if an argument or a block follows it with a space.
  private func commandCalleeEnd() -> Int? {
    var end = position + 1
    while tokens[end].kind == .dot, tokens[end + 1].kind == .name { end += 2 }
    return tokens[end].kind.beginsArgument ? end : nil
  }

  /// `f a, label: b { … }`
  private mutating func parseCommand(calleeEnd: Int) -> ExpressionID {
    let first = position
    let callee = parseCommandCallee(end: calleeEnd)
    let mark = builder.pendingArguments.count
    if kind != .brace { parseCommandArguments() }
    let hasBlock = kind == .brace && !isPanicking
    if hasBlock { parseTrailingBlock() }
    let list = builder.commitArguments(from: mark)
    let call = Call(
      callee: callee, arguments: list, style: .command, hasTrailingBlock: hasBlock)
    return make(.call(builder.append(call)), from: first)
  }

  private mutating func parseCommandCallee(end: Int) -> ExpressionID {
    let first = position
    let base = identifier(current).name
    var callee = make(.name(base), from: advance())
    while position < end {
      advance()
      let member = identifier(current)
      advance()
      callee = make(.member(base: callee, member), from: first)
    }
    return callee
  }

  private mutating func parseCommandArguments() {
    repeat {
      let argument = parseArgument(.body)
      builder.pendingArguments.append(argument)
    } while !isPanicking && accept(.comma)
  }

  /// `label: value`, or `value`.
  private mutating func parseArgument(_ braces: Braces) -> Argument {
    let first = position
    var label: Identifier?
    if kind == .name, kind(ahead: 1) == .colon {
      label = identifier(current)
      advance()
      advance()
    }
    // In a command call a `{` after an operand is its block; where an argument begins it is a
    // closure all the same.
    let isClosure = kind == .brace && braces == .body
    let value = isClosure ? parseClosure() : parseExpression(braces)
    return Argument(label: label, value: value, span: span(from: first))
  }

  /// `(a, label: b)`, and the block after it.
  mutating func parseCall(
    _ callee: ExpressionID, from first: Int, _ braces: Braces
  ) -> ExpressionID {
    let mark = builder.pendingArguments.count
    guard nested({ $0.parseCallArguments() }) != nil else { return callee }
    let hasBlock = braces == .value && kind == .brace
    if hasBlock { parseTrailingBlock() }
    let list = builder.commitArguments(from: mark)
    let call = Call(
      callee: callee, arguments: list, style: .parenthesized, hasTrailingBlock: hasBlock)
    return make(.call(builder.append(call)), from: first)
  }

  private mutating func parseCallArguments() {
    let opener = advance()
    while !isPanicking, !isAt(closerOf: opener) {
      let argument = parseArgument(.value)
      builder.pendingArguments.append(argument)
      if isPanicking || isAt(closerOf: opener) { break }
      if !accept(.comma) { failInsideArguments(opener) }
    }
    close(opener)
  }

  private mutating func parseTrailingBlock() {
    let first = position
    let block = parseClosure()
    builder.pendingArguments.append(
      Argument(label: nil, value: block, span: span(from: first)))
  }
}

extension TokenKind {
  /// Whether this, after a name and a space, is the first argument of a call without
  /// parentheses. All other tokens continue an expression or end it.
  fileprivate var beginsArgument: Bool {
    switch self {
    case .name, .integer, .float, .string, .stringHead, .nilKeyword, .trueKeyword, .falseKeyword,
      .parenthesis, .bracket, .brace, .prefixMinus, .tilde, .notKeyword,
      .processKeyword:
      true
    default: false
    }
  }
}
