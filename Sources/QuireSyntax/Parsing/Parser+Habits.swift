// Statements that begin with a word from another language. Such words are ordinary names here,
// so they are only taken for what they mean elsewhere when nothing else could be meant.

extension Parser {
  /// `function f() { }`, `const x = 1`, `int x = 1`: reported and read as what was meant.
  mutating func parseForeignStatement() -> StatementID? {
    guard kind(ahead: 1) == .name else { return nil }
    let word = text(current)
    switch kind(ahead: 2) {
    case .callParenthesis where Parser.functionWords.contains(word):
      report(.foreignKeyword(word, meant: "fn", what: "a function", at: span(current)))
      return parseFunction()
    case .assign:
      let isConstant = Parser.constantWords.contains(word)
      report(
        .foreignKeyword(
          word, meant: isConstant ? "let" : "var", what: "a variable", at: span(current)))
      return parseVariable(isConstant: isConstant)
    default: return nil
    }
  }

  private static let functionWords = ["function", "func", "def"]
  private static let constantWords = ["const", "val", "final", "constant", "auto", "readonly"]
}
