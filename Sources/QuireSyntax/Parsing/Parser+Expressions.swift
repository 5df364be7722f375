// Operators and operands. Chains of operators are kept on a stack of their own, so that only
// brackets cost the parser recursion.

extension Parser {
  /// What a `{` after an operand means.
  enum Braces {
    /// It belongs to the expression: a closure, or the block of a call in parentheses.
    case value
    /// It begins a body or the block of a command call. Inside brackets it is a value again.
    case body
  }

  /// Parses an expression.
  mutating func parseExpression(_ braces: Braces) -> ExpressionID {
    let operatorMark = operators.count
    let operandMark = operands.count
    repeat {
      parsePrefixes(above: operatorMark)
      let operand = parsePostfix(braces)
      operands.append(operand)
    } while !isPanicking && parseInfix(above: operatorMark)
    reduce(above: operatorMark, downTo: nil)
    let result = operands[operandMark]
    operands.removeLast(operands.count - operandMark)
    return result
  }

  /// `-`, `~` and `not` before an operand.
  private mutating func parsePrefixes(above mark: Int) {
    while let (unary, precedence) = kind.prefix {
      if unary == .not, operators.count > mark, operators[operators.count - 1].precedence > .not {
        fail(.notInsideOperation(at: span(current)))
      }
      operators.append(
        PendingOperator(meaning: .unary(unary), precedence: precedence, token: position))
      advance()
    }
  }

  /// Takes the operator between two operands, if there is one here.
  private mutating func parseInfix(above mark: Int) -> Bool {
    guard let (meaning, precedence) = kind.infix else { return false }
    reduce(above: mark, downTo: precedence)
    if !precedence.chains, operators.count > mark,
      operators[operators.count - 1].precedence == precedence
    {
      fail(.chainedOperator(text(current), isRange: precedence == .range, at: span(current)))
    }
    operators.append(PendingOperator(meaning: meaning, precedence: precedence, token: position))
    advance()
    return true
  }

  /// Makes nodes of the operators that bind at least as tightly as `limit`, or of all.
  private mutating func reduce(above mark: Int, downTo limit: Precedence?) {
    while operators.count > mark, let last = operators.last {
      if let limit {
        guard last.precedence > limit || (last.precedence == limit && limit.chains) else { return }
      }
      operators.removeLast()
      guard let right = operands.popLast() else { return }
      operands.append(node(of: last, right: right))
    }
  }

  private mutating func node(of pending: PendingOperator, right: ExpressionID) -> ExpressionID {
    let end = builder.tree.span(of: right)
    if case .unary(let unary) = pending.meaning {
      return make(.unary(unary, right), at: span(tokens[pending.token]).extended(to: end))
    }
    guard let left = operands.popLast() else { return right }
    let span = builder.tree.span(of: left).extended(to: end)
    return switch pending.meaning {
    case .binary(let binary): make(.binary(binary, left: left, right: right), at: span)
    case .logical(let logical): make(.logical(logical, left: left, right: right), at: span)
    case .range(let isClosed):
      make(.range(lower: left, upper: right, isClosed: isClosed), at: span)
    case .unary: right
    }
  }

  // MARK: Operands

  /// An operand with what follows it directly: calls, indices and members.
  private mutating func parsePostfix(_ braces: Braces) -> ExpressionID {
    let first = position
    var operand = parsePrimary(braces)
    while !isPanicking {
      switch kind {
      case .callParenthesis: operand = parseCall(operand, from: first, braces)
      case .indexBracket: operand = parseIndex(operand, from: first)
      case .dot: operand = parseMember(operand, from: first)
      default: return operand
      }
    }
    return operand
  }

  /// `[index]`
  private mutating func parseIndex(_ base: ExpressionID, from first: Int) -> ExpressionID {
    let index = nested { parser in
      let opener = parser.advance()
      let index = parser.parseExpression(.value)
      parser.failUnlessClosed(opener, .index)
      parser.close(opener)
      return index
    }
    guard let index else { return base }
    return make(.index(base: base, index: index), from: first)
  }

  /// `.name`
  private mutating func parseMember(_ base: ExpressionID, from first: Int) -> ExpressionID {
    advance()
    guard kind == .name else {
      missesEnd = missesEnd || kind == .endOfFile
      fail(.memberWithoutName(found: found, at: place))
      return base
    }
    let name = identifier(current)
    advance()
    return make(.member(base: base, name), from: first)
  }

  /// What else is between brackets that should be closed here.
  enum Enclosed {
    case index
    case parentheses
    case interpolation
  }

  /// Says so if something is left before the closing bracket.
  mutating func failUnlessClosed(_ opener: Int, _ what: Enclosed) {
    if !isPanicking, !isAt(closerOf: opener) { failInside(what) }
  }

  private mutating func parsePrimary(_ braces: Braces) -> ExpressionID {
    switch kind {
    case .name:
      let name = identifier(current).name
      return make(.name(name), from: advance())
    case .integer, .float: return parseNumber()
    case .string: return parseString()
    case .stringHead: return parseInterpolation()
    case .nilKeyword: return make(.nilLiteral, from: advance())
    case .trueKeyword: return make(.boolean(true), from: advance())
    case .falseKeyword: return make(.boolean(false), from: advance())
    case .parenthesis: return parseParenthesized()
    case .bracket: return parseListOrMap()
    case .brace where braces == .value: return parseClosure()
    case .processKeyword: return parseProcess()
    default:
      failWithoutOperand()
      return invalid(at: gap)
    }
  }

  /// `(expression)`
  private mutating func parseParenthesized() -> ExpressionID {
    let first = position
    let id = nested { parser in
      let opener = parser.advance()
      let inner = parser.parseExpression(.value)
      parser.failUnlessClosed(opener, .parentheses)
      parser.close(opener)
      return parser.make(.parenthesized(inner), from: first)
    }
    return id ?? invalid(at: span(tokens[first]))
  }

  // MARK: Lists and maps

  /// `[a, b]`, `[k: 1, "key": 2, (computed): 3]`, `[:]`
  private mutating func parseListOrMap() -> ExpressionID {
    let first = position
    let id = nested { parser in
      let opener = parser.advance()
      if parser.kind == .colon, Int(parser.tokens[opener].partner) == parser.position + 1 {
        parser.close(opener)
        return parser.make(.map(NodeList(start: 0, count: 0)), from: first)
      }
      return parser.isAtMapEntry(opener)
        ? parser.parseMap(opener, from: first) : parser.parseList(opener, from: first)
    }
    return id ?? invalid(at: span(tokens[first]))
  }

  /// Whether the first element of a bracket has a key: a colon follows its first operand.
  private func isAtMapEntry(_ opener: Int) -> Bool {
    let next = current.kind.isOpener ? endOfGroup(position) + 1 : position + 1
    return next < Int(tokens[opener].partner) && tokens[next].kind == .colon
  }

  /// The index of the last token of a bracket, or of a string with all its parts.
  private func endOfGroup(_ opener: Int) -> Int {
    var index = opener
    while tokens[index].kind.isOpener { index = Int(tokens[index].partner) }
    return index
  }

  private mutating func parseList(_ opener: Int, from first: Int) -> ExpressionID {
    let mark = builder.pendingExpressions.count
    while !isPanicking, !isAt(closerOf: opener) {
      let element = parseExpression(.value)
      builder.pendingExpressions.append(element)
      if isPanicking || isAt(closerOf: opener) { break }
      if !accept(.comma) { failInsideList(opener) }
    }
    close(opener)
    return make(.list(builder.commitExpressions(from: mark)), from: first)
  }

  private mutating func parseMap(_ opener: Int, from first: Int) -> ExpressionID {
    let mark = builder.pendingEntries.count
    while !isPanicking, !isAt(closerOf: opener) {
      guard let (kind, key) = parseKey() else { break }
      if !accept(.colon) { fail(.mapEntryWithoutColon(found: found, at: place)) }
      if isPanicking { break }
      let value = parseExpression(.value)
      builder.pendingEntries.append(MapEntry(keyKind: kind, key: key, value: value))
      if isPanicking || isAt(closerOf: opener) { break }
      if !accept(.comma) { failInsideList(opener) }
    }
    close(opener)
    return make(.map(builder.commitEntries(from: mark)), from: first)
  }

  private mutating func parseKey() -> (MapEntry.KeyKind, ExpressionID)? {
    switch kind {
    case .name:
      let string = builder.append(string: text(current))
      return (.name, make(.string(string), from: advance()))
    case .string: return (.string, parseString())
    case .stringHead: return (.string, parseInterpolation())
    case .parenthesis:
      let parenthesized = parseParenthesized()
      guard case .parenthesized(let key) = builder.tree[parenthesized] else {
        return (.computed, parenthesized)
      }
      return (.computed, key)
    default:
      fail(.mapKey(text(current), at: span(current)))
      return nil
    }
  }
}
