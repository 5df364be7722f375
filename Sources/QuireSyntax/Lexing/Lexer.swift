// Bytes to tokens. One pass, no look at the grammar; its parts are in the files `Lexer+…`.

/// Cuts a text into tokens. Invariant: every turn of the main loop moves `position` forward, but
/// for the bounded number of times that a lost bracket sends it back (`Lexer+Brackets.swift`).
struct Lexer {
  let file: FileID
  let bytes: [UInt8]
  /// Byte offset of what is read next.
  var position = 0
  var tokens: [Token] = []
  var comments: [Comment] = []
  var problems: [LexicalProblem] = []
  /// The brackets that are open, innermost last.
  var brackets: [OpenBracket] = []
  /// How many of them are interpolations; these must end on their line.
  var interpolationCount = 0
  /// What the next token is told about the space before it.
  var pendingFlags: Token.Flags = [.spaceBefore, .firstOnLine]
  /// The index of the first token of this line: tells whether two brackets stand on one line.
  var lineToken = 0
  /// How often the lexer may still go back to a line that a bracket was left open on.
  var rewindsLeft: Int
  var endsInsideBracket = false

  /// - Parameter recoversLines: whether an open bracket is taken to end with its paragraph. A
  ///   line editor that waits for the rest of the text does not want that.
  init(_ source: SourceFile, recoversLines: Bool = true) {
    file = source.id
    bytes = source.bytes
    rewindsLeft = recoversLines ? Lexer.maximumRewinds : 0
    // Scripts have a token per four to five bytes; too little costs one copy.
    tokens.reserveCapacity(bytes.count / 4 + 8)
  }

  /// Going back costs a second look at the rest of the text; a text with more lost brackets than
  /// this shows the reader enough messages as it is.
  static let maximumRewinds = ParsedFile.maximumDiagnosticCount

  mutating func lex() -> LexedText {
    skipPrelude()
    while true {
      while position < bytes.count { lexToken() }
      if brackets.isEmpty { break }
      closeAtEnd()
    }
    append(.endOfFile, from: position)
    return LexedText(
      tokens: tokens, comments: comments, problems: problems,
      endsInsideBracket: endsInsideBracket)
  }

  /// A byte order mark and a `#!` line are not part of the script.
  private mutating func skipPrelude() {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    if byte(0) == Byte.hash, byte(1) == UInt8(ascii: "!") {
      while position < bytes.count, bytes[position] != Byte.newline { position += 1 }
    }
  }

  /// The byte `distance` ahead; 0 beyond the end.
  func byte(_ distance: Int) -> UInt8 {
    let index = position + distance
    return index < bytes.count ? bytes[index] : 0
  }

  private mutating func lexToken() {
    let first = bytes[position]
    switch first {
    case Byte.space, Byte.tab, Byte.carriageReturn:
      position += 1
      pendingFlags.insert(.spaceBefore)
    case Byte.newline: lexNewline()
    case Byte.hash: lexComment()
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      Byte.underscore:
      lexWord()
    case UInt8(ascii: "0")...UInt8(ascii: "9"): lexNumber()
    case Byte.quote: lexString()
    case Byte.openParenthesis, UInt8(ascii: "["), UInt8(ascii: "{"): openBracket(first)
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): closeBracket(first)
    case UInt8(ascii: ","): appendSign(.comma, length: 1)
    case Byte.colon: lexColon()
    case UInt8(ascii: ";"): appendSign(.semicolon, length: 1)
    default: lexOperator(first)
    }
  }

  // MARK: Tokens

  /// Appends the token from `start` up to `position`.
  mutating func append(_ kind: TokenKind, from start: Int, flags: Token.Flags = []) {
    lineToken = nextLineToken
    tokens.append(
      Token(
        kind: kind, flags: pendingFlags.union(flags), start: UInt32(start),
        end: UInt32(position)))
    pendingFlags = []
  }

  /// What `lineToken` is for the token that comes next.
  var nextLineToken: Int {
    pendingFlags.contains(.firstOnLine) ? tokens.count : lineToken
  }

  /// Appends a sign that begins at `position` and moves past it.
  mutating func appendSign(_ kind: TokenKind, length: Int) {
    let start = position
    position += length
    append(kind, from: start)
  }

  /// Reports a mistake at the token that comes next, or at an earlier one.
  mutating func report(_ diagnostic: Diagnostic, at token: Int? = nil) {
    guard problems.count < ParsedFile.maximumCollectedCount else { return }
    problems.append(LexicalProblem(diagnostic: diagnostic, token: token ?? tokens.count))
  }

  /// Where a mistake belongs that makes no token: to the statement before it.
  var lastToken: Int { max(tokens.count - 1, 0) }

  func span(_ start: Int, _ end: Int) -> SourceSpan {
    SourceSpan(start..<end, file: file)
  }

  /// Whether the token before ends an operand, with nothing in between.
  var touchesOperand: Bool {
    guard pendingFlags.isEmpty, let last = tokens.last else { return false }
    return last.kind.endsOperand
  }

  // MARK: Lines, comments, words

  /// A line break ends the statement, unless a round or square bracket is open or the line ended
  /// in an operator or a comma. Runs of line breaks make one token.
  private mutating func lexNewline() {
    if interpolationCount > 0 { return closeInterpolations() }
    let start = position
    position += 1
    if let last = tokens.last?.kind, last != .newline, !last.continuesLine, !isInsideRound {
      append(.newline, from: start)
    }
    pendingFlags = [.spaceBefore, .firstOnLine]
  }

  private var isInsideRound: Bool {
    guard let open = brackets.last else { return false }
    return open.kind != .brace
  }

  private mutating func lexComment() {
    let start = position
    while position < bytes.count, bytes[position] != Byte.newline { position += 1 }
    let isDocumentation = start + 1 < position && bytes[start + 1] == Byte.hash
    comments.append(
      Comment(
        start: UInt32(start), end: UInt32(position), nextToken: UInt32(tokens.count),
        ownLine: pendingFlags.contains(.firstOnLine), isDocumentation: isDocumentation))
    pendingFlags.insert(.spaceBefore)
  }

  private mutating func lexWord() {
    let start = position
    var packed: UInt64 = 0
    while position < bytes.count, bytes[position].isWordByte {
      packed = packed << 8 | UInt64(bytes[position])
      position += 1
    }
    let kind = position - start <= 8 ? TokenKind(packedWord: packed) : .name
    append(kind == .name || isPlainName(kind) ? .name : joinedElse(kind), from: start)
  }

  /// A keyword is an ordinary name after `.`, before `:` and as the view of `show`: nothing else
  /// could stand there, and `status.process` or `in: file` should not need another spelling.
  private func isPlainName(_ keyword: TokenKind) -> Bool {
    switch tokens.last?.kind {
    case .dot: return true
    case .showKeyword: return true
    default: break
    }
    switch keyword {
    case .nilKeyword, .trueKeyword, .falseKeyword: return false
    default: return byte(0) == Byte.colon
    }
  }

  /// `else` and `catch` may stand on the line after `}`: takes back the line break between.
  private mutating func joinedElse(_ keyword: TokenKind) -> TokenKind {
    guard keyword == .elseKeyword || keyword == .catchKeyword, tokens.count >= 2 else {
      return keyword
    }
    if tokens[tokens.count - 1].kind == .newline, tokens[tokens.count - 2].kind == .rightBrace {
      tokens.removeLast()
    }
    return keyword
  }
}
