// What is said about declarations, blocks and the heads of statements. See SyntaxDiagnostics.swift.

extension Diagnostic {
  // MARK: Names and variables

  static func expectedName(_ role: String, found: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic("expected-name", "expected the name of a \(role), found \(found)", at: span)
  }

  static func reservedWord(_ word: String, role: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "reserved-word", "'\(word)' is a word of the language and cannot name a \(role)", at: span,
      fixIts: [FixIt("write '\(word)_'", replace: span, with: word + "_")])
  }

  static func variableWithoutValue(
    _ word: String, _ name: String, found: String, at span: SourceSpan
  ) -> Diagnostic {
    Diagnostic(
      "variable-without-value", "expected '=' and a value for '\(name)', found \(found)", at: span,
      notes: [Note("every variable has a value from the start: \(word) \(name) = nil")])
  }

  static func equalityForAssignment(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "equality-for-assignment", "a variable gets its value with '='; '==' compares", at: span,
      fixIts: [FixIt("write '='", replace: span, with: "=")])
  }

  static func invalidTarget(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "invalid-target", "only a variable, an element or a member can be assigned to", at: span,
      notes: [Note("for example: x = 1, list[0] = 1, map.key = 1; to compare, write '=='")])
  }

  static func foreignKeyword(
    _ word: String, meant: String, what: String, at span: SourceSpan
  ) -> Diagnostic {
    let example = meant == "fn" ? "fn f(x) { … }" : "\(meant) x = 1"
    return Diagnostic(
      "foreign-keyword", "\(what) is made with '\(meant)': \(example)", at: span,
      fixIts: [FixIt("write '\(meant)'", replace: span, with: meant)])
  }

  static func typeAnnotation(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "type-annotation", "variables and parameters are written without a type", at: span,
      fixIts: [FixIt("remove it", replace: span, with: "")])
  }

  // MARK: Functions

  static func functionWithoutParameters(_ name: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "function-without-parameters", "a function has parentheses, even without parameters",
      at: span, fixIts: [FixIt("add them", insert: "()", at: span)])
  }

  static func parameterSeparator(found: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "expected-separator", "expected ',' or ')' after a parameter, found \(found)", at: span,
      notes: [Note("parameters are names, perhaps with a value: fn f(size, count = 1) { … }")])
  }

  /// `span` is the arrow and the type with the white space before them.
  static func resultType(at place: SourceSpan, spaced span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "type-annotation", "functions are written without a result type", at: place,
      fixIts: [FixIt("remove it", replace: span, with: "")])
  }

  // MARK: Blocks

  static func expectedBlock(example: String, found: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "expected-block", "expected '{', found \(found)", at: span,
      notes: [Note("for example: \(example)")])
  }

  static func braceOnNextLine(at span: SourceSpan, after place: SourceSpan) -> Diagnostic {
    Diagnostic(
      "brace-on-next-line", "the '{' of a block stands on the line that the block belongs to",
      at: span, notes: [Note("put it here", at: place)])
  }

  static func colonForBlock(example: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "expected-block", "a block is written in braces, not after ':'", at: span,
      notes: [Note("for example: \(example)")])
  }

  static func wordForBlock(_ word: String, example: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "expected-block", "a block is written in braces, without '\(word)'", at: span,
      notes: [Note("for example: \(example)")])
  }

  static func foreignElseIf(_ word: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "foreign-keyword", "'\(word)' is written 'else if'", at: span,
      fixIts: [FixIt("write 'else if'", replace: span, with: "else if")])
  }

  // MARK: Heads

  static func forHead(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "for-head", "expected a name and 'in': for i in 0 ..< 10 { … }", at: span,
      notes: [Note("a counted loop without a variable is written repeat 10 { … }")])
  }

  static func repeatWithoutCount(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "repeat-without-count", "expected how often to repeat: repeat 3 { … }", at: span,
      notes: [Note("a loop without an end is written while true { … }")])
  }

  static func testWithoutName(found: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "test-without-name", "expected the name of the test as a string, found \(found)", at: span,
      notes: [Note("for example: test \"fork shares pages\" { … }")])
  }

  static func processWithoutName(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "process-without-name", "a process has a name: process \"worker\" { … }", at: span,
      notes: [Note("a copy of the running process is made with fork { … }")])
  }

  static func tryWithoutCatch(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "try-without-catch", "this 'try' has no 'catch'", at: span,
      notes: [Note("for example: try { … } catch e { print e.message }")])
  }

  static func caughtInParentheses(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "caught-in-parentheses", "the name of the error stands without parentheses: catch e { … }",
      at: span)
  }

  static func showWithoutView(
    found: String, at span: SourceSpan, string: String?
  ) -> Diagnostic {
    let word = string.map { String($0.dropFirst().dropLast()) }
    return Diagnostic(
      "show-without-view", "expected what to show, a plain word, found \(found)", at: span,
      notes: [Note("for example: show memory, show maps child, show slab \"kmalloc-64\"")],
      fixIts: word.map { [FixIt("remove the quotes", replace: span, with: $0)] } ?? [])
  }

  // MARK: Imports and the machine

  static func importWithoutPath(
    found: String, at span: SourceSpan, name: String?
  ) -> Diagnostic {
    Diagnostic(
      "import-without-path", "expected the path of a module as a string, found \(found)", at: span,
      notes: [Note("for example: import \"patterns\", or import \"lib/patterns\" as p")],
      fixIts: name.map { [FixIt("add quotes", replace: span, with: "\"\($0)\"")] } ?? [])
  }

  static func moduleWithoutName(
    _ path: String, suggestion: String, at span: SourceSpan
  ) -> Diagnostic {
    Diagnostic(
      "module-without-name", "the last part of this path is no name; give the module one", at: span,
      fixIts: [FixIt("name it", insert: " as \(suggestion)", at: span.endPoint)])
  }

  static func machineWithoutBraces(found: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "expected-block", "expected '{' after 'machine', found \(found)", at: span,
      notes: [Note("for example: machine { ram: 64MiB, cpus: 2 }")])
  }

  static func machineEntry(found: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "machine-entry", "expected a setting, found \(found)", at: span,
      notes: [Note("settings are written key: value, for example ram: 64MiB")])
  }

  static func machineEntryAssigns(at sign: SourceSpan, spaced span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "machine-entry", "a setting is written key: value", at: sign,
      fixIts: [FixIt("write ':'", replace: span, with: ":")])
  }

  static func machineSeparator(found: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "expected-separator", "expected ',' or a new line after a setting, found \(found)", at: span)
  }
}
