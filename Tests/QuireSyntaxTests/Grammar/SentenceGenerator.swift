// Random sentences of the grammar, as pieces that can still be taken apart and mixed up.

@testable import QuireSyntax

/// One token of a sentence: which terminal it is, and its spelling.
struct Piece {
  let symbol: String
  let text: String
}

struct SentenceGenerator {
  private let grammar: Grammar
  private let heights: [String: Int]
  var random: SeededGenerator
  private var pieces: [Piece] = []
  /// How many tokens a sentence should have; beyond it the shortest ways are taken.
  private let size: Int

  /// What stands for nodes whose height is not known yet.
  private static let unknownHeight = 1000

  init(_ grammar: Grammar, seed: UInt64, size: Int) {
    self.grammar = grammar
    self.size = size
    random = SeededGenerator(seed: seed)
    heights = SentenceGenerator.heights(of: grammar)
  }

  /// A sentence. Strings end on their line, which the rules for tokens say and no production can:
  /// a sentence that breaks a line inside a string is thrown away.
  mutating func sentence() -> [Piece] {
    repeat {
      pieces = []
      expand(.name("Script"), depth: 0)
    } while breaksString
    return pieces
  }

  private var breaksString: Bool {
    var openStrings = 0
    for piece in pieces {
      if piece.symbol == "STRING_HEAD" { openStrings += 1 }
      if piece.symbol == "STRING_TAIL" { openStrings -= 1 }
      if piece.symbol == "NEWLINE", openStrings > 0 { return true }
    }
    return false
  }

  // MARK: Expanding

  private mutating func expand(_ rule: Rule, depth: Int) {
    switch rule {
    case .name(let name) where Grammar.isToken(name):
      pieces.append(Piece(symbol: name, text: spelling(of: name)))
    case .name(let name):
      if let rule = grammar.productions[name] { expand(rule, depth: depth + 1) }
    case .literal(let text): pieces.append(Piece(symbol: text, text: text))
    case .sequence(let rules): rules.forEach { expand($0, depth: depth) }
    case .choice(let rules): expand(choose(rules, depth), depth: depth)
    case .optional(let inner):
      if !isLong(depth), random.chance(50) { expand(inner, depth: depth) }
    case .many(let inner, let least):
      let more = isLong(depth) ? 0 : random.pick([0, 0, 0, 1, 1, 2])
      for _ in 0..<(least + more) { expand(inner, depth: depth) }
    case .characters: break
    }
  }

  private func isLong(_ depth: Int) -> Bool { pieces.count > size || depth > 60 }

  private mutating func choose(_ rules: [Rule], _ depth: Int) -> Rule {
    guard isLong(depth) else { return random.pick(rules) }
    let least = rules.map { SentenceGenerator.height(of: $0, heights) }.min() ?? 0
    return random.pick(
      rules.filter { SentenceGenerator.height(of: $0, heights) == least })
  }

  // MARK: Spelling

  private mutating func spelling(of token: String) -> String {
    if token == "NAME" { return name() }
    guard let rule = grammar.productions[token] else { return token }
    return spelling(of: rule)
  }

  /// Names from a small stock, so that some recur, or made up; never a word with a meaning.
  private mutating func name() -> String {
    if random.chance(60) { return random.pick(["a", "f", "heap", "x1", "_", "len", "KiB", "e5"]) }
    let letters = (0..<random.below(6) + 1).map { _ in random.pick(["q", "z", "_", "Y"]) }
    return letters.joined() + (random.chance(30) ? "7" : "")
  }

  private mutating func spelling(of rule: Rule) -> String {
    switch rule {
    case .name(let name): return spelling(of: name)
    case .literal(let text): return text
    case .sequence(let rules): return rules.map { spelling(of: $0) }.joined()
    case .choice(let rules): return spelling(of: random.pick(rules))
    case .optional(let inner): return random.chance(50) ? spelling(of: inner) : ""
    case .many(let inner, let least):
      return (0..<least + random.below(3)).map { _ in spelling(of: inner) }.joined()
    case .characters(let set, let isNegated):
      let others: [Character] = ["a", " ", "#", "(", ")", "{", "'", "ü", "漢", "🦆", "\t"]
      return String(random.pick(isNegated ? others.filter { !set.contains($0) } : set.sorted()))
    }
  }

  // MARK: Heights

  /// The least depth of a sentence of each production.
  private static func heights(of grammar: Grammar) -> [String: Int] {
    var heights: [String: Int] = [:]
    var changed = true
    while changed {
      changed = false
      for name in grammar.names {
        guard let rule = grammar.productions[name] else { continue }
        let height = Grammar.isToken(name) ? 1 : height(of: rule, heights) + 1
        if height < heights[name] ?? unknownHeight {
          heights[name] = height
          changed = true
        }
      }
    }
    return heights
  }

  private static func height(of rule: Rule, _ heights: [String: Int]) -> Int {
    switch rule {
    case .literal, .characters: 1
    case .name(let name): heights[name] ?? unknownHeight
    case .sequence(let rules): rules.map { height(of: $0, heights) }.max() ?? 0
    case .choice(let rules): rules.map { height(of: $0, heights) }.min() ?? 0
    case .optional: 0
    case .many(let inner, let least): least == 0 ? 0 : height(of: inner, heights)
    }
  }
}

/// Writes pieces down so that the lexer finds the same tokens again; where white space is free it
/// varies.
func render(_ pieces: [Piece], _ random: inout SeededGenerator) -> String {
  var text = ""
  var last: Piece?
  var brackets: [String] = []
  for piece in pieces {
    text += space(between: last, piece, brackets, &random) + piece.text
    switch piece.symbol {
    case "(", "[", "{", "CALL", "INDEX", "STRING_HEAD": brackets.append(piece.symbol)
    case ")", "]", "}", "STRING_TAIL": _ = brackets.popLast()
    default: break
    }
    last = piece
  }
  return text
}

private func space(
  between last: Piece?, _ next: Piece, _ brackets: [String], _ random: inout SeededGenerator
) -> String {
  guard let last, last.symbol != "SIGN", next.symbol != "CALL", next.symbol != "INDEX" else {
    return ""
  }
  if next.symbol == "NEWLINE" { return random.chance(10) ? " # comment" : "" }
  if [",", ")", "]", ";"].contains(next.symbol), random.chance(70) { return "" }
  let isFree =
    !brackets.contains("STRING_HEAD")
    && ["(", "[", "CALL", "INDEX"].contains(brackets.last ?? "")
  if isFree, random.chance(4) { return random.pick(["\n", " # (\n  ", "\n\n"]) }
  return random.chance(90) ? " " : "\t "
}
