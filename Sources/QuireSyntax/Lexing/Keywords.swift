// The reserved words. `as`, `language` and the views of `show` are ordinary names where they do
// not fit.

extension TokenKind {
  /// Every reserved word with its kind, in the order of the language's description.
  static let keywords: [(word: String, kind: TokenKind)] = [
    ("let", .letKeyword), ("var", .varKeyword), ("fn", .fnKeyword), ("return", .returnKeyword),
    ("if", .ifKeyword), ("else", .elseKeyword), ("while", .whileKeyword), ("for", .forKeyword),
    ("in", .inKeyword), ("repeat", .repeatKeyword), ("break", .breakKeyword),
    ("continue", .continueKeyword), ("import", .importKeyword), ("machine", .machineKeyword),
    ("process", .processKeyword), ("test", .testKeyword), ("expect", .expectKeyword),
    ("try", .tryKeyword), ("catch", .catchKeyword), ("show", .showKeyword), ("and", .andKeyword),
    ("or", .orKeyword), ("not", .notKeyword), ("true", .trueKeyword), ("false", .falseKeyword),
    ("nil", .nilKeyword),
  ]

  /// The kind of a word of at most eight bytes, packed with its first byte highest: a keyword or
  /// a name. No keyword is longer, and comparing numbers keeps strings out of the lexer.
  init(packedWord: UInt64) {
    switch packedWord {
    case 0x6C_6574: self = .letKeyword
    case 0x76_6172: self = .varKeyword
    case 0x666E: self = .fnKeyword
    case 0x7265_7475_726E: self = .returnKeyword
    case 0x6966: self = .ifKeyword
    case 0x656C_7365: self = .elseKeyword
    case 0x77_6869_6C65: self = .whileKeyword
    case 0x66_6F72: self = .forKeyword
    case 0x696E: self = .inKeyword
    case 0x7265_7065_6174: self = .repeatKeyword
    case 0x62_7265_616B: self = .breakKeyword
    case 0x636F_6E74_696E_7565: self = .continueKeyword
    case 0x696D_706F_7274: self = .importKeyword
    case 0x6D_6163_6869_6E65: self = .machineKeyword
    case 0x70_726F_6365_7373: self = .processKeyword
    case 0x7465_7374: self = .testKeyword
    case 0x6578_7065_6374: self = .expectKeyword
    case 0x74_7279: self = .tryKeyword
    case 0x63_6174_6368: self = .catchKeyword
    case 0x7368_6F77: self = .showKeyword
    case 0x61_6E64: self = .andKeyword
    case 0x6F72: self = .orKeyword
    case 0x6E_6F74: self = .notKeyword
    case 0x7472_7565: self = .trueKeyword
    case 0x66_616C_7365: self = .falseKeyword
    case 0x6E_696C: self = .nilKeyword
    default: self = .name
    }
  }

  /// How a token of this kind is spelt in messages.
  var spelling: String? {
    TokenKind.keywords.first { $0.kind == self }?.word ?? signSpelling
  }

  private var signSpelling: String? {
    switch self {
    case .rightParenthesis: ")"
    case .rightBracket: "]"
    case .rightBrace: "}"
    case .comma: ","
    case .colon: ":"
    case .dot: "."
    case .assign: "="
    case .addAssign: "+="
    case .subtractAssign: "-="
    case .multiplyAssign: "*="
    case .divideAssign: "/="
    case .remainderAssign: "%="
    case .plus: "+"
    case .minus, .prefixMinus: "-"
    case .star: "*"
    case .slash: "/"
    case .percent: "%"
    case .shiftLeft: "<<"
    case .shiftRight: ">>"
    case .ampersand: "&"
    case .pipe: "|"
    case .caret: "^"
    case .tilde: "~"
    case .equal: "=="
    case .notEqual: "!="
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    case .halfOpenRange: "..<"
    case .closedRange: "..."
    case .callParenthesis, .parenthesis: "("
    case .indexBracket, .bracket: "["
    case .brace: "{"
    case .semicolon: ";"
    default: nil
    }
  }
}
