// The grammar of `grammar/quire.ebnf` as a value. Only tests need it: the parser is written by
// hand, and this is what it is held against.

/// What a production says. Families `Name<b>` have been written out.
indirect enum Rule {
  case sequence([Rule])
  case choice([Rule])
  case optional(Rule)
  case many(Rule, least: Int)
  case literal(String)
  case characters(Set<Character>, isNegated: Bool)
  case name(String)
}

/// Productions by name, with the names in the order of the file.
struct Grammar {
  private(set) var productions: [String: Rule] = [:]
  private(set) var names: [String] = []

  init(text: String) throws(GrammarError) {
    var reader = GrammarReader(text: text)
    let families = try reader.read()
    for (name, rule) in families {
      if name.hasSuffix("<b>") {
        for kind in ["value", "body"] { try add(name.family(kind), rule.instance(kind)) }
      } else {
        try add(name, rule)
      }
    }
  }

  private mutating func add(_ name: String, _ rule: Rule) throws(GrammarError) {
    if productions[name] != nil { throw GrammarError(message: "'\(name)' is defined twice") }
    productions[name] = rule
    names.append(name)
  }

  /// Whether a name is a token: all capitals.
  static func isToken(_ name: String) -> Bool {
    name.allSatisfy { $0.isUppercase || $0 == "_" }
  }

  /// All names that rules mention, for checking that each is defined.
  var mentionedNames: [String] { names.flatMap { productions[$0]?.mentionedNames ?? [] } }

  /// All literal tokens of the syntax, in the order of their first appearance.
  var syntaxLiterals: [String] {
    var seen: Set<String> = []
    return names.filter { !Grammar.isToken($0) }
      .flatMap { productions[$0]?.literals ?? [] }.filter { seen.insert($0).inserted }
  }
}

struct GrammarError: Error {
  let message: String
}

extension String {
  fileprivate func family(_ kind: String) -> String {
    String(dropLast("<b>".count)) + "<\(kind)>"
  }
}

extension Rule {
  /// The rule with `<b>` replaced by one member of the family.
  fileprivate func instance(_ kind: String) -> Rule {
    switch self {
    case .sequence(let rules): .sequence(rules.map { $0.instance(kind) })
    case .choice(let rules): .choice(rules.map { $0.instance(kind) })
    case .optional(let rule): .optional(rule.instance(kind))
    case .many(let rule, let least): .many(rule.instance(kind), least: least)
    case .name(let name) where name.hasSuffix("<b>"): .name(name.family(kind))
    case .literal, .characters, .name: self
    }
  }

  fileprivate var mentionedNames: [String] {
    switch self {
    case .sequence(let rules), .choice(let rules): rules.flatMap(\.mentionedNames)
    case .optional(let rule), .many(let rule, _): rule.mentionedNames
    case .name(let name): [name]
    case .literal, .characters: []
    }
  }

  fileprivate var literals: [String] {
    switch self {
    case .sequence(let rules), .choice(let rules): rules.flatMap(\.literals)
    case .optional(let rule), .many(let rule, _): rule.literals
    case .literal(let text): [text]
    case .name, .characters: []
    }
  }
}
