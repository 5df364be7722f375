// The words of one scenario line, taken one by one, each with its column for diagnostics.

/// A word and where it begins.
struct ScenarioWord: Hashable {
  var text: Substring
  /// Counted from 1 in characters.
  var column: Int
}

/// Reads the words of a line from left to right.
struct WordCursor {
  let line: Int
  private let words: [ScenarioWord]
  private var index = 0
  /// Where a missing word would have stood.
  private let endColumn: Int

  init(_ content: Substring, line: Int) {
    var words: [ScenarioWord] = []
    var column = 1
    var start = content.startIndex
    var position = start
    while position < content.endIndex {
      if content[position].isWhitespace {
        if start < position { words.append(Self.word(content[start..<position], endingAt: column)) }
        start = content.index(after: position)
      }
      position = content.index(after: position)
      column += 1
    }
    if start < content.endIndex { words.append(Self.word(content[start...], endingAt: column)) }
    self.line = line
    self.words = words
    endColumn = column
  }

  private static func word(_ text: Substring, endingAt column: Int) -> ScenarioWord {
    ScenarioWord(text: text, column: column - text.count)
  }

  /// The next word, without taking it.
  var peek: ScenarioWord? { index < words.count ? words[index] : nil }

  /// The word after the next, without taking any.
  var second: ScenarioWord? { index + 1 < words.count ? words[index + 1] : nil }

  /// Takes a word that must be there.
  mutating func next(_ what: String) throws(ScenarioDiagnostic) -> ScenarioWord {
    guard let word = peek else {
      throw ScenarioDiagnostic(line: line, column: endColumn, message: "\(what) is missing")
    }
    index += 1
    return word
  }

  /// Takes the next word if it is `text`.
  mutating func take(_ text: String) -> Bool {
    guard let word = peek, word.text == text else { return false }
    index += 1
    return true
  }

  /// Takes the next word if `meaning` knows it.
  mutating func take<Meaning>(_ meanings: [(name: String, value: Meaning)]) -> Meaning? {
    guard let word = peek else { return nil }
    guard let match = meanings.first(where: { $0.name == word.text }) else { return nil }
    index += 1
    return match.value
  }

  /// Refuses words that nothing asked for.
  func finish() throws(ScenarioDiagnostic) {
    guard let word = peek else { return }
    throw refuse(word, "'\(word.text)' is one operand too many")
  }

  /// A diagnostic at a word.
  func refuse(_ word: ScenarioWord, _ message: String) -> ScenarioDiagnostic {
    ScenarioDiagnostic(line: line, column: word.column, message: message)
  }
}
