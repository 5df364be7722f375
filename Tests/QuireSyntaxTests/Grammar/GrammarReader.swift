// Reads the notation that `grammar/quire.ebnf` explains in its header.

struct GrammarReader {
  private let text: [Character]
  private var position = 0

  init(text: String) {
    self.text = Array(text)
  }

  /// The productions in order.
  mutating func read() throws(GrammarError) -> [(String, Rule)] {
    var productions: [(String, Rule)] = []
    skipSpace()
    while position < text.count {
      guard let name = readName(), accept("::=") else { throw error("expected 'Name ::='") }
      productions.append((name, try readChoice()))
    }
    return productions
  }

  // MARK: Rules

  private mutating func readChoice() throws(GrammarError) -> Rule {
    var rules = [try readSequence()]
    while accept("|") { rules.append(try readSequence()) }
    return rules.count == 1 ? rules[0] : .choice(rules)
  }

  private mutating func readSequence() throws(GrammarError) -> Rule {
    var rules: [Rule] = []
    while let rule = try readRepeated() { rules.append(rule) }
    if rules.isEmpty { throw error("expected a rule") }
    return rules.count == 1 ? rules[0] : .sequence(rules)
  }

  private mutating func readRepeated() throws(GrammarError) -> Rule? {
    guard var rule = try readPrimary() else { return nil }
    while true {
      if accept("?") {
        rule = .optional(rule)
      } else if accept("*") {
        rule = .many(rule, least: 0)
      } else if accept("+") {
        rule = .many(rule, least: 1)
      } else {
        return rule
      }
    }
  }

  private mutating func readPrimary() throws(GrammarError) -> Rule? {
    switch peek {
    case "(":
      _ = accept("(")
      let rule = try readChoice()
      guard accept(")") else { throw error("expected ')'") }
      return rule
    case "\"", "'": return .literal(try readQuoted())
    case "[": return try readCharacters()
    case "#":
      let character = try readCode()
      skipSpace()
      return .characters([character], isNegated: false)
    default:
      let start = position
      guard let name = readName() else { return nil }
      guard !text[position...].starts(with: "::=") else {
        position = start
        return nil
      }
      return .name(name)
    }
  }

  private mutating func readQuoted() throws(GrammarError) -> String {
    let quote = text[position]
    guard let end = text[(position + 1)...].firstIndex(of: quote) else {
      throw error("expected a closing quote")
    }
    let literal = String(text[position + 1..<end])
    position = end + 1
    skipSpace()
    return literal
  }

  /// `[a-z_]`, `[^"\#xA]`
  private mutating func readCharacters() throws(GrammarError) -> Rule {
    position += 1
    let isNegated = peek == "^"
    if isNegated { position += 1 }
    var set: Set<Character> = []
    while let first = peek, first != "]" {
      let low = try first == "#" ? readCode() : readCharacter()
      guard peek == "-", position + 1 < text.count, text[position + 1] != "]",
        let start = low.asciiValue, let end = text[position + 1].asciiValue
      else {
        set.insert(low)
        continue
      }
      position += 2
      for code in start...end { set.insert(Character(Unicode.Scalar(code))) }
    }
    position += 1
    skipSpace()
    return .characters(set, isNegated: isNegated)
  }

  private mutating func readCharacter() -> Character {
    defer { position += 1 }
    return text[position]
  }

  /// `#xA`
  private mutating func readCode() throws(GrammarError) -> Character {
    guard text[position...].starts(with: "#x") else { throw error("expected #x…") }
    position += 2
    var value: UInt32 = 0
    while let digit = peek?.hexDigitValue {
      value = value * 16 + UInt32(digit)
      position += 1
    }
    guard let scalar = Unicode.Scalar(value) else { throw error("no such character") }
    return Character(scalar)
  }

  // MARK: Words

  private var peek: Character? { position < text.count ? text[position] : nil }

  private mutating func readName() -> String? {
    let start = position
    while let character = peek, character.isLetter || character.isNumber || character == "_" {
      position += 1
    }
    if start == position { return nil }
    for suffix in ["<b>", "<value>", "<body>"] where text[position...].starts(with: suffix) {
      position += suffix.count
    }
    defer { skipSpace() }
    return String(text[start..<position])
  }

  private mutating func accept(_ sign: String) -> Bool {
    guard text[position...].starts(with: sign) else { return false }
    position += sign.count
    skipSpace()
    return true
  }

  private mutating func skipSpace() {
    while position < text.count {
      if text[position].isWhitespace {
        position += 1
      } else if text[position...].starts(with: "/*") {
        position += 2
        while position < text.count, !text[position...].starts(with: "*/") { position += 1 }
        position = min(position + 2, text.count)
      } else {
        return
      }
    }
  }

  private func error(_ message: String) -> GrammarError {
    let line = text[..<position].count { $0 == "\n" } + 1
    return GrammarError(message: "line \(line): \(message)")
  }
}
