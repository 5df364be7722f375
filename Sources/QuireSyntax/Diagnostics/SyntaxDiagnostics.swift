// What is said about statements and expressions. The wording lives here and nowhere else.

extension Diagnostic {
  // MARK: Limits

  static func tooMany(at span: SourceSpan) -> Diagnostic {
    Diagnostic("too-many-errors", "too many errors; those from here on are not shown", at: span)
  }

  static func nestedTooDeeply(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "nested-too-deeply",
      "this is nested more than \(SyntaxTree.maximumDepth) levels deep", at: span,
      notes: [Note("name a part of it with 'let', or make it a function")])
  }

  static func unsupportedLanguage(_ version: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "unsupported-language",
      "this script wants language \(version); this is language "
        + "\(SyntaxTree.supportedLanguageVersion)",
      at: span)
  }

  // MARK: Ends of statements

  static func afterStatement(found: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "after-statement", "expected the end of the statement, found \(found)", at: span,
      notes: [Note("a statement ends with its line, or at ';'")])
  }

  static func assignmentAsValue(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "assignment-as-value", "'=' makes no value here; two values are compared with '=='",
      at: span, fixIts: [FixIt("write '=='", replace: span, with: "==")])
  }

  static func misplacedColon(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "misplaced-colon", "a ':' has no place here", at: span,
      notes: [Note("a map is written [key: value], a labelled argument f(label: value)")])
  }

  static func misplacedWord(_ word: String, at span: SourceSpan) -> Diagnostic {
    let owner = ["else": "if", "catch": "try", "in": "for"][word] ?? "block"
    return Diagnostic(
      "misplaced-word", "this '\(word)' belongs to no '\(owner)'", at: span)
  }

  // MARK: Calls

  static func nestedCommand(
    _ name: String, argument: String, isBlock: Bool, at span: SourceSpan, callee: SourceSpan
  ) -> Diagnostic {
    let example = isBlock ? "\(name)() \(argument)" : "\(name)(\(argument) …)"
    return Diagnostic(
      "nested-command",
      "a call inside an expression needs its parentheses: \(example)", at: span,
      notes: [
        Note("only the first call of a statement, or right of '=' or 'return', may go without")
      ],
      fixIts: isBlock ? [FixIt("add them", insert: "()", at: callee.endPoint)] : [])
  }

  static func spaceBeforeBracket(
    _ name: String, _ sign: String, at span: SourceSpan, space: SourceSpan
  ) -> Diagnostic {
    let what = sign == "(" ? "a call" : "an index"
    return Diagnostic(
      "space-before-bracket", "\(what) has no space before its '\(sign)'", at: span,
      fixIts: [FixIt("remove the space", replace: space, with: "")])
  }

  static func signAfterOperand(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "sign-after-operand",
      "'-' with a space only before it is a sign; 'a - b' subtracts", at: span,
      fixIts: [FixIt("put a space after it", insert: " ", at: span.endPoint)])
  }

  /// `span` is the sign with the white space before it.
  static func assignAfterLabel(at sign: SourceSpan, spaced span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "assign-after-label", "a label is followed by ':', not by '='", at: sign,
      fixIts: [FixIt("write ':'", replace: span, with: ":")])
  }

  static func tuple(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "tuple", "parentheses hold one value", at: span,
      notes: [
        Note("a call has no space before its parentheses: f(1, 2); a list is written [1, 2]")
      ])
  }

  // MARK: Values

  static func expectedValue(
    after before: String, found: String, at span: SourceSpan
  ) -> Diagnostic {
    let place = before.isEmpty || before == "\n" ? "" : " after '\(before)'"
    return Diagnostic("expected-value", "expected a value\(place), found \(found)", at: span)
  }

  static func expectedStatement(found: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic("expected-statement", "expected a statement, found \(found)", at: span)
  }

  static func signWithSpace(at span: SourceSpan, space: SourceSpan) -> Diagnostic {
    Diagnostic(
      "sign-with-space", "a sign stands directly before its operand: -4", at: span,
      fixIts: [FixIt("remove the space", replace: space, with: "")])
  }

  static func plusSign(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "plus-sign", "there is no sign '+'; a number without a sign is positive", at: span,
      fixIts: [FixIt("remove it", replace: span, with: "")])
  }

  static func lineBeginsWithOperator(_ sign: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "line-begins-with-operator", "a line cannot begin with '\(sign)'", at: span,
      notes: [
        Note("a line goes on when it ends in an operator: put '\(sign)' at the end of the last one")
      ])
  }

  static func statementAsValue(_ word: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic("statement-as-value", "'\(word)' begins a statement, which has no value", at: span)
  }

  static func notInsideOperation(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "not-inside-operation", "a 'not' inside an operation needs parentheses: a == (not b)",
      at: span)
  }

  static func chainedOperator(
    _ sign: String, isRange: Bool, at span: SourceSpan
  ) -> Diagnostic {
    let message =
      isRange
      ? "a range has one beginning and one end" : "comparisons do not chain"
    let example = isRange ? "0 ..< 10" : "a < b and b < c"
    return Diagnostic(
      "chained-operator", "\(message); write \(example)", at: span)
  }

  static func memberWithoutName(found: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "member-without-name", "expected a name after '.', found \(found)", at: span,
      notes: [Note("an element of a list is written list[0]")])
  }

  // MARK: Inside brackets

  static func unexpectedInside(
    closing: String, found: String, at span: SourceSpan
  ) -> Diagnostic {
    Diagnostic("expected-closing", "expected '\(closing)', found \(found)", at: span)
  }

  static func expectedSeparator(
    closing: String, found: String, at span: SourceSpan
  ) -> Diagnostic {
    Diagnostic("expected-separator", "expected ',' or '\(closing)', found \(found)", at: span)
  }

  static func missingComma(at span: SourceSpan, closing: String) -> Diagnostic {
    Diagnostic(
      "missing-comma", "expected ',' or '\(closing)' at the end of this line", at: span,
      fixIts: [FixIt("put in a comma", insert: ",", at: span)])
  }

  static func mapInBraces(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "map-in-braces", "a map is written in square brackets: [key: value]", at: span,
      notes: [Note("the settings of the machine are written machine { key: value }")])
  }

  static func assignInMap(at sign: SourceSpan, spaced span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "assign-in-map", "a key is followed by ':', as in [key: value]", at: sign,
      fixIts: [FixIt("write ':'", replace: span, with: ":")])
  }

  static func computedKey(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "computed-key", "a key is a name, a string, or a value in parentheses",
      at: span, notes: [Note("write [name: 1], [\"a string\": 1] or [(a + b): 1]")])
  }

  static func mapKey(_ key: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "computed-key", "this key needs parentheses or quotes", at: span,
      notes: [Note("write [name: 1], [\"a string\": 1] or [(a + b): 1]")])
  }

  static func mapEntryWithoutColon(found: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "map-entry", "expected ':' after the key, found \(found)", at: span,
      notes: [Note("a map is written [key: value]; lists and maps do not mix")])
  }

  // MARK: Numbers and strings

  static func octal(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "octal", "numbers are decimal, hexadecimal (0x1F) or binary (0b101), not octal", at: span)
  }

  static func capitalPrefix(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "capital-prefix", "the x of 0xFF and the b of 0b101 are small letters", at: span)
  }

  static func leadingZero(_ digits: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "leading-zero", "a number does not begin with 0: elsewhere that makes it octal", at: span,
      fixIts: [FixIt("write \(digits)", replace: span, with: digits)])
  }

  static func digitOutOfBase(_ rest: String, base: Int, at span: SourceSpan) -> Diagnostic {
    let name = base == 16 ? "hexadecimal" : "binary"
    let isSuffix = NumberSuffix.all.contains { rest.hasSuffix($0.word) }
    return Diagnostic(
      "digit-out-of-base", "'\(rest)' is no part of a \(name) number", at: span,
      notes: isSuffix ? [Note("units go on decimal numbers only: 4KiB")] : [])
  }

  static func numberWithoutDigits(_ text: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic("number-without-digits", "'\(text)' is no number: digits are missing", at: span)
  }

  static func numberTooLarge(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "number-too-large", "this number is too large", at: span,
      notes: [Note("the largest integer is 9223372036854775807 (2^63 - 1)")])
  }

  static func floatTooLarge(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "number-too-large", "this number is too large", at: span,
      notes: [Note("the largest float is \(Double.greatestFiniteMagnitude)")])
  }

  static func unknownSuffix(_ word: String, meant: String?, at span: SourceSpan) -> Diagnostic {
    let isDecimalSize = ["kb", "mb", "gb", "tb"].contains(word.lowercased())
    let message =
      isDecimalSize
      ? "'\(word)' could mean 1000 or 1024; sizes are written KiB, MiB, GiB, TiB"
      : "there is no unit '\(word)'"
    return Diagnostic(
      "unknown-unit", message, at: span,
      notes: isDecimalSize
        ? [] : [Note("units are KiB MiB GiB TiB, pages, and ns us ms s")],
      fixIts: meant.map { [FixIt("write '\($0)'", replace: span, with: $0)] } ?? [])
  }

  static func unitWithSpace(
    _ example: String, at span: SourceSpan, space: SourceSpan
  ) -> Diagnostic {
    Diagnostic(
      "unit-with-space", "a unit stands directly behind its number: \(example)", at: span,
      fixIts: [FixIt("remove the space", replace: space, with: "")])
  }

  static func fractionOfUnit(_ word: String, unit: IntegerUnit, at span: SourceSpan) -> Diagnostic {
    let what =
      switch unit {
      case .size: "bytes"
      case .time: "nanoseconds"
      default: word
      }
    return Diagnostic("fraction-of-unit", "this is no whole number of \(what)", at: span)
  }

  static func unknownEscape(_ text: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "unknown-escape", "there is no escape '\(text)'", at: span,
      notes: [Note("escapes are \\n \\t \\\" \\\\ \\u{1F600} and \\(value)")],
      fixIts: [FixIt("write a backslash", insert: "\\", at: span)])
  }

  static func invalidCodePoint(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "invalid-code-point", "expected a Unicode character in hexadecimal: \\u{1F600}", at: span)
  }
}
