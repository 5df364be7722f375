// Says whether tokens are a sentence of the grammar, without knowing the parser.

@testable import QuireSyntax

/// Tries all ways to read a text, remembering for each production and place where it can end.
struct Recogniser {
  private let grammar: Grammar
  private let tokens: [Terminal]
  /// Where a production that begins at a token can end.
  private var ends: [Key: [Int]] = [:]

  private struct Key: Hashable {
    let name: String
    let start: Int
  }

  /// A token as the grammar names it.
  struct Terminal {
    /// The token's production, or the text of its literal.
    let symbol: String
    /// What a NAME is spelt like, for words such as `as`.
    let spelling: String

    init(_ token: Token, in source: SourceFile) {
      let text = source.text(of: SourceSpan(start: token.start, end: token.end, file: source.id))
      spelling = text
      symbol =
        switch token.kind {
        case .name: "NAME"
        case .integer: "INTEGER"
        case .float: "FLOAT"
        case .string: "STRING"
        case .stringHead: "STRING_HEAD"
        case .stringMiddle: "STRING_MIDDLE"
        case .stringTail: "STRING_TAIL"
        case .callParenthesis: "CALL"
        case .indexBracket: "INDEX"
        case .prefixMinus: "SIGN"
        case .newline: "NEWLINE"
        default: text
        }
    }
  }

  init(_ grammar: Grammar, _ text: LexedText, in source: SourceFile) {
    self.grammar = grammar
    tokens = text.tokens.dropLast().map { Terminal($0, in: source) }
  }

  /// Whether all tokens together are a script.
  mutating func accepts() -> Bool {
    self.ends(of: "Script", from: 0).contains(tokens.count)
  }

  private mutating func ends(of name: String, from start: Int) -> [Int] {
    if Grammar.isToken(name) {
      return start < tokens.count && tokens[start].symbol == name ? [start + 1] : []
    }
    let key = Key(name: name, start: start)
    if let known = ends[key] { return known }
    // No production begins with itself, so this is never asked for while it is worked out.
    let found = grammar.productions[name].map { ends(of: $0, from: start) } ?? []
    ends[key] = found
    return found
  }

  private mutating func ends(of rule: Rule, from start: Int) -> [Int] {
    switch rule {
    case .name(let name): return ends(of: name, from: start)
    case .literal(let text):
      guard start < tokens.count else { return [] }
      let token = tokens[start]
      let isWord = token.symbol == "NAME" && token.spelling == text
      return token.symbol == text || isWord ? [start + 1] : []
    case .sequence(let rules):
      var places = [start]
      for rule in rules where !places.isEmpty {
        places = union(places) { $0.ends(of: rule, from: $1) }
      }
      return places
    case .choice(let rules):
      var found: Set<Int> = []
      for rule in rules { found.formUnion(ends(of: rule, from: start)) }
      return found.sorted()
    case .optional(let rule): return Set(ends(of: rule, from: start) + [start]).sorted()
    case .many(let rule, let least): return repetitions(of: rule, least: least, from: start)
    case .characters: return []
    }
  }

  private mutating func repetitions(of rule: Rule, least: Int, from start: Int) -> [Int] {
    var found: Set<Int> = least == 0 ? [start] : []
    var frontier = [start]
    while !frontier.isEmpty {
      let next = union(frontier) { $0.ends(of: rule, from: $1) }
      frontier = next.filter { found.insert($0).inserted }
    }
    return found.sorted()
  }

  private mutating func union(
    _ places: [Int], _ ends: (inout Recogniser, Int) -> [Int]
  ) -> [Int] {
    if places.count == 1 { return ends(&self, places[0]) }
    var found: Set<Int> = []
    for place in places { found.formUnion(ends(&self, place)) }
    return found.sorted()
  }
}
