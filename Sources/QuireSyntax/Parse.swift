// The way in: text to tree and diagnostics.

/// What parsing gives, always both: a tree as complete as the text allows, and what is wrong.
public struct ParsedFile: Sendable {
  public let source: SourceFile
  public let tree: SyntaxTree
  /// In source order, at most `maximumDiagnosticCount` and a last one that says there are more.
  public let diagnostics: [Diagnostic]

  /// Beyond this many a reader learns nothing new, and a broken file must not flood a terminal.
  public static let maximumDiagnosticCount = 20

  /// Beyond this many mistakes, of one stage, none are collected any more: a hostile file could
  /// hold millions. More than are shown, because they are found in another order.
  static let maximumCollectedCount = 1000

  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// Parses a script. Never fails: what is not understood is reported and left out of the tree.
public func parse(_ source: SourceFile) -> ParsedFile {
  if let refusal = refusal(of: source) {
    let tree = parseTokens(SourceFile(name: source.name, bytes: [], id: source.id)).tree
    return ParsedFile(source: source, tree: tree, diagnostics: [refusal])
  }
  let (tree, diagnostics) = parseTokens(source)
  return ParsedFile(source: source, tree: tree, diagnostics: capped(diagnostics))
}

/// Whether a text has no mistake but that it ends too soon: inside a bracket or block, after an
/// operator or a comma, or before the `catch` of a `try`. A line editor then asks for more.
///
/// A string that is not closed is a mistake, since strings end on their line.
public func isIncomplete(_ source: SourceFile) -> Bool {
  guard refusal(of: source) == nil else { return false }
  var lexer = Lexer(source, recoversLines: false)
  let text = lexer.lex()
  var parser = Parser(source, text)
  _ = parser.parseFile()
  if text.endsInsideBracket { return parser.diagnostics.isEmpty }
  return parser.missesEnd && text.problems.isEmpty && parser.diagnostics.count == 1
}

private func parseTokens(_ source: SourceFile) -> (tree: SyntaxTree, diagnostics: [Diagnostic]) {
  var lexer = Lexer(source)
  let text = lexer.lex()
  var parser = Parser(source, text)
  let tree = parser.parseFile()
  return (tree, independentProblems(text, parser).map(\.diagnostic) + parser.diagnostics)
}

/// What the lexer reported, without brackets that are only left over from another mistake: one
/// that the parser found before it in a statement on the line, or a `{` that it missed earlier.
private func independentProblems(_ text: LexedText, _ parser: Parser) -> [LexicalProblem] {
  var missingBraces = parser.missingBraces[...]
  return text.problems.filter { problem in
    guard problem.diagnostic.code == .strayBracket else { return true }
    var start = problem.token
    while start > 0, !text.tokens[start].flags.contains(.firstOnLine),
      text.tokens[start - 1].kind != .semicolon
    {
      start -= 1
    }
    let statement = start...problem.token + 1
    if parser.failureTokens.contains(where: { statement.contains($0) }) { return false }
    guard let missing = missingBraces.first, missing <= problem.token else { return true }
    missingBraces.removeFirst()
    return false
  }
}

/// Why a text is not even looked at, if so.
private func refusal(of source: SourceFile) -> Diagnostic? {
  let start = SourceSpan(0..<0, file: source.id)
  if source.bytes.count > SourceFile.maximumByteCount {
    return .tooLong(at: start)
  }
  do throws(UTF8.ValidationError) {
    _ = try UTF8Span(validating: source.bytes.span)
    return nil
  } catch {
    let offset = error.byteOffsets.lowerBound
    return .notUTF8(offset: offset, at: SourceSpan(offset..<offset + 1, file: source.id))
  }
}

/// In source order, without the ones that nobody would read.
private func capped(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
  // A stable order: by place, then as they were found.
  let sorted = diagnostics.enumerated().sorted {
    ($0.element.span.start, $0.offset) < ($1.element.span.start, $1.offset)
  }.map(\.element)
  let limit = ParsedFile.maximumDiagnosticCount
  guard sorted.count > limit else { return sorted }
  return sorted[..<limit] + [.tooMany(at: sorted[limit].span)]
}
