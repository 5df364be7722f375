// Scenario text to steps. The first thing wrong in a file ends its parsing with a line and column.

/// Reads scenario files.
struct ScenarioParser {
  /// Lines of the blocks that are open.
  private var openBlocks: [ScenarioDiagnostic] = []
  private var steps: [ScenarioStep] = []

  /// Parses the text of a scenario file.
  static func parse(_ text: String, name: String) throws(ScenarioDiagnostic) -> Scenario {
    var parser = ScenarioParser()
    var line = 0
    for content in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      line += 1
      try parser.parseLine(content, line: line)
    }
    if let open = parser.openBlocks.last { throw open }
    return Scenario(name: name, steps: parser.steps)
  }

  private mutating func parseLine(_ content: Substring, line: Int) throws(ScenarioDiagnostic) {
    let code = content.prefix { $0 != "#" }
    var cursor = WordCursor(code, line: line)
    guard let first = cursor.peek else { return }
    let process = try takeProcess(&cursor)
    let binding = try takeBinding(&cursor)
    let verb = try cursor.next("the operation")
    let operation = try OperandParser.operation(verb, binding: binding, &cursor)
    try cursor.finish()
    try trackBlocks(operation, at: cursor.refuse(first, "this block is never closed"))
    steps.append(
      ScenarioStep(
        line: line, text: trimmed(code), process: process, binding: binding.map { String($0.text) },
        operation: operation))
  }

  private func takeProcess(_ cursor: inout WordCursor) throws(ScenarioDiagnostic) -> String? {
    guard let word = cursor.peek, word.text.first == "@" else { return nil }
    _ = try cursor.next("the process")
    let name = word.text.dropFirst()
    guard name == "p0" || Self.isNumbered(name, "c") else {
      throw cursor.refuse(word, "'\(word.text)' is no process; they are @p0, @c1, @c2, …")
    }
    return String(name)
  }

  private func takeBinding(_ cursor: inout WordCursor) throws(ScenarioDiagnostic) -> ScenarioWord? {
    guard let word = cursor.peek, cursor.second?.text == "=" else { return nil }
    guard ["r", "f", "s", "c"].contains(where: { Self.isNumbered(word.text, $0) }) else {
      throw cursor.refuse(word, "'\(word.text)' is no name for a result; use r1, f1, s1 or c1")
    }
    _ = try cursor.next("the name")
    _ = try cursor.next("'='")
    return word
  }

  private mutating func trackBlocks(
    _ operation: Operation, at place: ScenarioDiagnostic
  ) throws(ScenarioDiagnostic) {
    switch operation {
    case .forkBlock:
      openBlocks.append(place)
    case .closeBlock where openBlocks.popLast() == nil:
      var stray = place
      stray.message = "'}' closes no block"
      throw stray
    default:
      break
    }
  }

  /// Whether a name is a letter and a number: `r12`.
  static func isNumbered(_ text: Substring, _ letter: Character) -> Bool {
    text.first == letter && text.count > 1
      && text.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
  }

  private func trimmed(_ text: Substring) -> String {
    var text = text.drop(while: \.isWhitespace)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
