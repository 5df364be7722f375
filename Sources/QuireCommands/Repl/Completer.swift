// What Tab offers: names of the session, commands, files of /proc, views, members.

internal import Quire
internal import QuireKernel

internal import enum QuireProgram.Member
internal import enum QuireProgram.ShowView

/// Completes the last word of a line.
struct Completer {
  /// Everything that can be named, in alphabetical order.
  var names: [String]
  /// Names after a dot, by the name before it: `vmstat` has the counters. Behind any other name
  /// stand the members that values of the language have.
  var members: [String: [String]] = [:]

  static let keywords = [
    "and", "break", "catch", "continue", "else", "expect", "false", "fn", "for", "if", "import",
    "in", "let", "machine", "nil", "not", "or", "process", "repeat", "return", "show", "test",
    "true", "try", "var", "while",
  ]
  static let views = ShowView.allCases.map(\.rawValue).sorted()
  /// What a value of the language may have after a dot.
  static let anyMembers = Member.names.sorted()
  /// Files of the machine, and of the calling process; in alphabetical order.
  static let procFiles =
    SystemFile.allCases.map { "/proc/" + $0.rawValue } + processFiles(of: "self")

  private static func processFiles(of process: some StringProtocol) -> [String] {
    ProcessFile.allCases.map { "/proc/\(process)/" + $0.rawValue }
  }

  /// The words that `word`, which begins at byte `start` of `line`, may become.
  func candidates(line: String, start: Int, word: String) -> [String] {
    let before = String(decoding: line.utf8.prefix(start), as: UTF8.self)
    let choices: [String]
    if before.allSatisfy({ $0 == " " }) && word.isEmpty { return [] }
    if before == ":" {
      choices = ReplCommandLine.names
    } else if before.hasSuffix("\"") {
      let parts = word.split(separator: "/")
      let pid = parts.count > 1 && parts[0] == "proc" ? Int32(parts[1]) : nil
      choices = Self.procFiles + (pid.map { Self.processFiles(of: "\($0)") } ?? [])
    } else if before.hasSuffix(".") {
      choices = members[lastName(of: before.dropLast())] ?? Self.anyMembers
    } else if before == "show " {
      choices = Self.views
    } else {
      choices = (names + Self.keywords).sorted()
    }
    return choices.filter { $0.hasPrefix(word) }
  }

  private func lastName(of text: Substring) -> String {
    String(text.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }.reversed())
  }
}
