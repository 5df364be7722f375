// Where the REPL's lines come from: a person at a terminal, or a pipe.

/// What came of asking for a line.
enum LineInput: Equatable {
  /// A line without its end.
  case line(String)
  /// Ctrl-C while typing: what was typed is dropped.
  case interrupted
  case endOfInput
}

/// Gives the REPL one line after the other.
protocol LineReader: AnyObject {
  func readLine(prompt: String) -> LineInput
  /// Remembers a whole entry, which may have several lines.
  func remember(_ entry: String)
}

/// Lines of a pipe or a file: no prompt, no echo, no history.
final class PlainLineReader: LineReader {
  func readLine(prompt: String) -> LineInput {
    guard let line = Swift.readLine(strippingNewline: true) else { return .endOfInput }
    return .line(line)
  }

  func remember(_ entry: String) {}
}
