// What is said about characters, words and brackets. The wording lives here and nowhere else.

extension DiagnosticCode {
  /// Left out when another mistake explains it.
  static let strayBracket: DiagnosticCode = "stray-bracket"
}

extension Diagnostic {
  // MARK: The text

  static func tooLong(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "text-too-long", "this file is larger than a script may be, which is 16 MiB", at: span,
      notes: [Note("compute long lists of values in a loop; split a long script into modules")])
  }

  static func notUTF8(offset: Int, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "not-utf8", "this file is not UTF-8: the byte at offset \(offset) begins no character",
      at: span,
      notes: [Note("save it as UTF-8; if it is a binary file, it is no script")])
  }

  // MARK: Brackets

  static func unclosedBracket(
    _ sign: String, closing: String, at span: SourceSpan, suspect: SourceSpan? = nil
  ) -> Diagnostic {
    let advice = Note("put a '\(closing)' where it should end")
    let suspicion = suspect.map {
      Note("this '\(closing)' closes it, but is indented less", at: $0)
    }
    return Diagnostic(
      "unclosed-bracket", "this '\(sign)' is never closed", at: span,
      notes: [suspicion ?? advice])
  }

  static func strayBracket(_ sign: Character, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .strayBracket, "this '\(sign)' closes nothing", at: span,
      fixIts: [FixIt("remove it", replace: span, with: "")])
  }

  static func mistypedBracket(
    _ sign: Character, at span: SourceSpan, open: OpenBracket, openSpan: SourceSpan
  ) -> Diagnostic {
    Diagnostic(
      "mistyped-bracket", "expected '\(open.closingSign)', found '\(sign)'", at: span,
      notes: [Note("to close this '\(open.sign)'", at: openSpan)],
      fixIts: [FixIt("write '\(open.closingSign)'", replace: span, with: open.closingSign)])
  }

  // MARK: Strings

  static func unterminatedString(at quote: SourceSpan, lineEnd: SourceSpan) -> Diagnostic {
    Diagnostic(
      "unterminated-string", "this string has no closing '\"' on its line", at: quote,
      notes: [Note("a string ends on the line it begins on; write \\n for a line break in it")],
      fixIts: [FixIt("close it at the end of the line", insert: "\"", at: lineEnd)])
  }

  static func unterminatedInterpolation(at quote: SourceSpan) -> Diagnostic {
    Diagnostic(
      "unterminated-string", "this string has no end on its line: a '\\(' in it is not closed",
      at: quote,
      notes: [Note("an interpolation is written \"sum: \\(a + b)\", all on one line")])
  }

  static func apostropheString(_ span: SourceSpan) -> Diagnostic {
    let file = span.file
    let first = SourceSpan(start: span.start, end: span.start + 1, file: file)
    let last = SourceSpan(start: span.end - 1, end: span.end, file: file)
    return Diagnostic(
      "single-quotes", "strings are written with double quotes", at: span,
      fixIts: [
        FixIt(
          "use double quotes",
          edits: [Edit(replace: first, with: "\""), Edit(replace: last, with: "\"")])
      ])
  }

  /// `places` are those of one quote, or of two with text between them.
  static func curlyQuotes(_ places: [SourceSpan]) -> Diagnostic {
    Diagnostic(
      "curly-quotes", "strings are written with plain quotes: \"text\"",
      at: places[0],
      fixIts: [
        FixIt("use plain quotes", edits: places.map { Edit(replace: $0, with: "\"") })
      ])
  }

  // MARK: Habits from other languages

  static func foreignOperator(
    _ written: String, meant: String, at span: SourceSpan
  ) -> Diagnostic {
    Diagnostic(
      "foreign-operator", "there is no operator '\(written)'; it is written '\(meant)'", at: span,
      fixIts: [FixIt("write '\(meant)'", replace: span, with: meant)])
  }

  static func foreignWord(
    _ written: String, meant: String, replacement: String, at span: SourceSpan
  ) -> Diagnostic {
    Diagnostic(
      "foreign-operator", "there is no operator '\(written)'; it is the word '\(meant)'", at: span,
      fixIts: [FixIt("write '\(meant)'", replace: span, with: replacement)])
  }

  static func walrus(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "foreign-operator", "there is no ':='; a variable is made with 'let x = 1' or 'var x = 1'",
      at: span, fixIts: [FixIt("write '='", replace: span, with: "=")])
  }

  static func twoDots(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "foreign-operator", "a range is written 'a ..< b', or 'a ... b' when b belongs to it",
      at: span, fixIts: [FixIt("leave the end out", replace: span, with: "..<")])
  }

  static func increment(_ sign: String, at span: SourceSpan) -> Diagnostic {
    let meant = sign == "++" ? "+= 1" : "-= 1"
    return Diagnostic(
      "foreign-operator", "there is no operator '\(sign)'; write 'x \(meant)'", at: span,
      fixIts: [FixIt("write '\(meant)'", replace: span, with: " " + meant)])
  }

  static func slashComment(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "foreign-comment", "comments begin with '#'", at: span,
      fixIts: [FixIt("write '#'", replace: span, with: "#")])
  }

  static func blockComment(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "foreign-comment", "comments begin with '#' and end with the line", at: span,
      notes: [Note("begin each line of the comment with '#'")])
  }

  // MARK: Characters

  static func invisibleSpace(_ scalar: Unicode.Scalar, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "invisible-space",
      "this is \(codePoint(scalar)), which only looks like a space",
      at: span, fixIts: [FixIt("put in a space", replace: span, with: " ")])
  }

  static func unknownCharacter(_ scalar: Unicode.Scalar, at span: SourceSpan) -> Diagnostic {
    let hint: String? =
      switch scalar {
      case "$", "@": "names are written without a sign before them"
      case "'": "strings are written with double quotes: \"text\""
      case "`": "strings are written with double quotes: \"text\""
      case "?": "a choice is written 'if condition { … } else { … }'"
      case "\\": "a line goes on by itself after an operator, a comma or an open bracket"
      default: scalar.properties.isAlphabetic ? "names are made of a-z, A-Z, 0-9 and _" : nil
      }
    return Diagnostic(
      "unknown-character", "\(shown(scalar)) begins nothing in the language", at: span,
      notes: hint.map { [Note($0)] } ?? [])
  }

  /// A character as a message may print it: itself, or its number when it cannot be seen.
  private static func shown(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator, .nonspacingMark, .enclosingMark:
      "the character \(codePoint(scalar))"
    default: "'\(scalar)'"
    }
  }

  private static func codePoint(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
