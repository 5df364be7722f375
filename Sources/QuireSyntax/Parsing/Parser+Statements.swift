// Files, blocks and simple statements.

extension Parser {
  /// Parses the whole file.
  mutating func parseFile() -> SyntaxTree {
    parseLanguagePin()
    let mark = builder.pendingStatements.count
    parseStatements()
    let list = builder.commitStatements(from: mark)
    let whole = SourceSpan(start: 0, end: UInt32(bytes.count), file: source.id)
    let root = builder.append(Block(statements: list, span: whole))
    return builder.finish(root: root)
  }

  /// `language 1`, which is only a pin as the first statement of a file.
  private mutating func parseLanguagePin() {
    while kind == .newline || kind == .semicolon { advance() }
    guard isWord(current, "language"), kind(ahead: 1) == .integer else { return }
    switch kind(ahead: 2) {
    case .newline, .semicolon, .endOfFile: break
    default: return
    }
    let first = advance()
    let number = current
    advance()
    let version: Int64 =
      if case .integer(let value, .none) = decodeInteger(number) { value } else { 0 }
    builder.pin(SyntaxTree.LanguagePin(version: version, span: span(from: first)))
    if version != SyntaxTree.supportedLanguageVersion {
      report(.unsupportedLanguage(text(number), at: span(number)))
    }
  }

  /// Parses statements up to the end of the block or file, leaving them pending.
  mutating func parseStatements() {
    while true {
      while kind == .newline || kind == .semicolon, !isAtBlockEnd { advance() }
      if isAtBlockEnd { return }
      let start = position
      let statement: StatementID? = withinStatement { parser in
        let statement = parser.nested { $0.parseDocumentedStatement() }
        parser.endStatement()
        return statement
      }
      if let statement { builder.pendingStatements.append(statement) }
      // Recovery may have stopped at once; whatever stands here is not understood twice.
      if position == start { skip() }
    }
  }

  /// A statement ends with its line, at `;` or with its block.
  private mutating func endStatement() {
    if isPanicking { return recover() }
    guard !isAtStatementEnd else { return }
    failAfterStatement()
    recover()
  }

  private mutating func parseDocumentedStatement() -> StatementID {
    let text = documentationBeforeCurrent()
    let statement = parseStatement()
    if let text { builder.document(statement, text) }
    return statement
  }

  private mutating func parseStatement() -> StatementID {
    switch kind {
    case .letKeyword: parseVariable(isConstant: true)
    case .varKeyword: parseVariable(isConstant: false)
    case .fnKeyword: parseFunction()
    case .returnKeyword: parseReturn()
    case .ifKeyword: parseIf()
    case .whileKeyword: parseWhile()
    case .forKeyword: parseFor()
    case .repeatKeyword: parseRepeat()
    case .breakKeyword: parseWord(.breakLoop)
    case .continueKeyword: parseWord(.continueLoop)
    case .importKeyword: parseImport()
    case .machineKeyword: parseMachine()
    case .testKeyword: parseTest()
    case .expectKeyword: parseExpect()
    case .tryKeyword: parseTry()
    case .showKeyword: parseShow()
    case .elseKeyword, .catchKeyword, .inKeyword: parseMisplacedWord()
    case .name: parseForeignStatement() ?? parseExpressionStatement()
    default: parseExpressionStatement()
    }
  }

  private mutating func parseWord(_ node: Statement) -> StatementID {
    let first = advance()
    return make(node, from: first)
  }

  private mutating func parseMisplacedWord() -> StatementID {
    fail(.misplacedWord(text(current), at: span(current)))
    return make(.invalid, from: advance())
  }

  // MARK: Variables and assignments

  /// `let NAME = value`, `var NAME = value`
  mutating func parseVariable(isConstant: Bool) -> StatementID {
    let first = advance()
    guard let name = parseName(.variable) else { return make(.invalid, from: first) }
    skipTypeAnnotation()
    if kind == .equal {
      report(.equalityForAssignment(at: place))
      advance()
    } else if !accept(.assign) {
      fail(
        .variableWithoutValue(
          isConstant ? "let" : "var", source.text(of: name.span), found: found, at: place))
      return make(.invalid, from: first)
    }
    let value = parseCommandOrExpression()
    return make(
      isConstant ? .constant(name, value: value) : .variable(name, value: value), from: first)
  }

  /// `: Int` after a name is understood, to say that there are no types, and passed.
  mutating func skipTypeAnnotation() {
    guard kind == .colon, kind(ahead: 1) == .name else { return }
    let colon = advance()
    advance()
    report(.typeAnnotation(at: span(from: colon)))
  }

  mutating func parseExpressionStatement() -> StatementID {
    let first = position
    let value = parseCommandOrExpression()
    guard kind.assigns, !isPanicking else { return make(.expression(value), from: first) }
    checkTarget(value)
    let compound = kind.compoundOperator
    advance()
    let right = parseCommandOrExpression()
    return make(.assignment(target: value, compound, value: right), from: first)
  }

  /// Only a variable, an element or a member can be assigned to.
  private mutating func checkTarget(_ target: ExpressionID) {
    switch builder.tree[target] {
    case .name, .index, .member, .invalid: return
    default: report(.invalidTarget(at: builder.tree.span(of: target)))
    }
  }

  // MARK: Simple statements

  /// `return`, `return value`
  private mutating func parseReturn() -> StatementID {
    let first = advance()
    guard !isAtStatementEnd else { return make(.returnValue(nil), from: first) }
    let value = parseCommandOrExpression()
    return make(.returnValue(value), from: first)
  }

  /// `expect condition`, `expect NAME { … }`
  private mutating func parseExpect() -> StatementID {
    let first = advance()
    if kind == .name, kind(ahead: 1) == .brace {
      let name = identifier(current)
      advance()
      guard let body = parseBlock(.expect) else { return make(.invalid, from: first) }
      return make(.expectFailure(name, body: body), from: first)
    }
    let condition = parseExpression(.value)
    return make(.expect(condition), from: first)
  }

  /// `show VIEW [ARGUMENT]`
  private mutating func parseShow() -> StatementID {
    let first = advance()
    guard kind == .name else {
      fail(.showWithoutView(found: found, at: place, string: kind == .string ? text(current) : nil))
      return make(.invalid, from: first)
    }
    let view = identifier(current)
    advance()
    guard !isAtStatementEnd else { return make(.show(view: view, argument: nil), from: first) }
    let argument = parseExpression(.value)
    return make(.show(view: view, argument: argument), from: first)
  }

  /// `import "path"`, `import "path" as NAME`
  private mutating func parseImport() -> StatementID {
    let first = advance()
    guard kind == .string else {
      fail(.importWithoutPath(found: found, at: place, name: kind == .name ? text(current) : nil))
      return make(.invalid, from: first)
    }
    let path = current
    let string = decodeString(path)
    advance()
    let name = parseModuleName(path: path, text: string)
    return make(.importModule(path: builder.append(string: string), name: name), from: first)
  }

  private mutating func parseModuleName(path: Token, text: String) -> Identifier {
    if isWord(current, "as") {
      advance()
      return parseName(.module) ?? identifier(path)
    }
    let component = text.split(separator: "/").last.map(String.init) ?? ""
    guard isName(component) else {
      report(.moduleWithoutName(text, suggestion: Parser.nameLike(component), at: span(path)))
      // The path with its quotes is a name that no script can spell.
      return identifier(path)
    }
    // A name has no escapes, so its bytes are the last ones before the quote.
    let end = Int(path.end) - 1
    let name = builder.name(end - component.utf8.count..<end, in: bytes)
    return Identifier(name: name, span: span(path))
  }
}
