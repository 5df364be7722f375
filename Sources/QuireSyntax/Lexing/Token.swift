// The words of the language. White space, layout and brackets are settled here: after the lexer
// a parser needs no look at the bytes to know what may follow what, and brackets always balance.

/// What a token is. The order groups the kinds, so that a property is one comparison.
enum TokenKind: UInt8 {
  // What an operand can end with: an operator, `(` or `[` may follow without a space.
  case name
  case integer
  case float
  case string
  /// The last part of a string with interpolations: `)…"`.
  case stringTail
  case nilKeyword
  case trueKeyword
  case falseKeyword
  case rightParenthesis
  case rightBracket
  case rightBrace

  // After which a line goes on.
  case comma
  case colon
  case dot
  case assign
  case addAssign
  case subtractAssign
  case multiplyAssign
  case divideAssign
  case remainderAssign
  case plus
  case minus
  case star
  case slash
  case percent
  case shiftLeft
  case shiftRight
  case ampersand
  case pipe
  case caret
  case tilde
  case equal
  case notEqual
  case less
  case lessOrEqual
  case greater
  case greaterOrEqual
  case halfOpenRange
  case closedRange
  case andKeyword
  case orKeyword
  case notKeyword

  // Openers.
  /// `(` directly after an operand: the arguments of a call.
  case callParenthesis
  /// Any other `(`.
  case parenthesis
  /// `[` directly after an operand: an index.
  case indexBracket
  /// Any other `[`.
  case bracket
  case brace
  /// The first part of a string with interpolations: `"…\(`.
  case stringHead
  /// A part between two interpolations: `)…\(`.
  case stringMiddle

  /// `-` with nothing after it that could make it a subtraction; see `Lexer.lexMinus`.
  case prefixMinus
  /// The end of a line, where it ends a statement.
  case newline
  case semicolon

  // Keywords.
  case letKeyword
  case varKeyword
  case fnKeyword
  case returnKeyword
  case ifKeyword
  case elseKeyword
  case whileKeyword
  case forKeyword
  case inKeyword
  case repeatKeyword
  case breakKeyword
  case continueKeyword
  case importKeyword
  case machineKeyword
  case processKeyword
  case testKeyword
  case expectKeyword
  case tryKeyword
  case catchKeyword
  case showKeyword

  /// What no token begins with; the lexer has said so already.
  case unknown
  case endOfFile

  var endsOperand: Bool { rawValue <= TokenKind.rightBrace.rawValue }

  var continuesLine: Bool {
    rawValue >= TokenKind.comma.rawValue && rawValue <= TokenKind.notKeyword.rawValue
  }

  var isOpener: Bool {
    rawValue >= TokenKind.callParenthesis.rawValue && rawValue <= TokenKind.stringMiddle.rawValue
  }

  var isKeyword: Bool {
    (rawValue >= TokenKind.letKeyword.rawValue && rawValue <= TokenKind.showKeyword.rawValue)
      || (rawValue >= TokenKind.andKeyword.rawValue && rawValue <= TokenKind.notKeyword.rawValue)
      || (rawValue >= TokenKind.nilKeyword.rawValue && rawValue <= TokenKind.falseKeyword.rawValue)
  }

  /// Whether only a statement can begin with it. Recovery stops at such a word on a new line.
  var beginsStatement: Bool {
    switch self {
    case .letKeyword, .varKeyword, .fnKeyword, .returnKeyword, .ifKeyword, .whileKeyword,
      .forKeyword, .repeatKeyword, .breakKeyword, .continueKeyword, .importKeyword,
      .machineKeyword, .testKeyword, .expectKeyword, .tryKeyword, .showKeyword:
      true
    default: false
    }
  }
}

/// One word with its place.
struct Token {
  struct Flags: OptionSet {
    let rawValue: UInt8
    /// White space, a comment or the start of the text stands before it.
    static let spaceBefore = Flags(rawValue: 1)
    /// The first token of its line.
    static let firstOnLine = Flags(rawValue: 2)
    /// Not in the text: a closing bracket that the lexer put in so that brackets balance.
    static let synthetic = Flags(rawValue: 4)
    /// A string that its line ends before its quote.
    static let unterminated = Flags(rawValue: 8)
  }

  let kind: TokenKind
  var flags: Flags
  let start: UInt32
  let end: UInt32
  /// For an opener, the index of its closing token.
  var partner: UInt32 = 0
}

/// A comment, kept for documentation and for the formatter.
struct Comment {
  let start: UInt32
  let end: UInt32
  /// The index of the token that follows.
  let nextToken: UInt32
  /// Nothing but white space stands before it on its line.
  let ownLine: Bool
  /// Begins with `##`.
  let isDocumentation: Bool
}

/// Something the lexer had to say, and at which token: the parser stays silent about the rest of
/// a statement in which it happened.
struct LexicalProblem {
  let diagnostic: Diagnostic
  let token: Int
}

/// What the lexer gives. The last token is `endOfFile`, and brackets balance.
struct LexedText {
  var tokens: [Token]
  var comments: [Comment]
  var problems: [LexicalProblem]
  /// The text ends while a bracket is open.
  var endsInsideBracket: Bool
}
