// The REPL's own commands: lines that begin with a colon.

internal import Quire

/// One command of the REPL.
enum ReplCommandLine: Equatable {
  case help
  case quit
  case reset
  case document(name: String)
  case load(path: String)
  case save(path: String)
  /// Not a command; `suggestion` is the one that may have been meant.
  case unknown(String, suggestion: String?)
  /// A command without the word that it needs.
  case incomplete(usage: String)

  static let names = ["doc", "help", "load", "quit", "reset", "save"]

  static let summary = """
    :help        this list
    :doc NAME    what a function does, what it takes, how it fails
    :load FILE   run a script in this session
    :save FILE   write what was entered as a script
    :reset       start anew on a fresh machine
    :quit        leave (Ctrl-D does, too)

    Everything else is the language: `let m = mmap 1MiB, "rw"`, `show maps`, `cat "/proc/vmstat"`.
    An expression shows its value, and `_` is the last one. Ctrl-C stops what runs.

    """

  /// Reads a line; nil when it is not a command.
  init?(_ line: String) {
    let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
    guard let first = words.first, first.hasPrefix(":") else { return nil }
    let argument = words.dropFirst().joined(separator: " ")
    let name = String(first.dropFirst())
    switch name {
    case "help", "h", "?": self = .help
    case "quit", "q", "exit": self = .quit
    case "reset": self = .reset
    case "doc":
      self = argument.isEmpty ? .incomplete(usage: ":doc NAME") : .document(name: argument)
    case "load": self = argument.isEmpty ? .incomplete(usage: ":load FILE") : .load(path: argument)
    case "save": self = argument.isEmpty ? .incomplete(usage: ":save FILE") : .save(path: argument)
    default: self = .unknown(first, suggestion: suggestedName(name, among: Self.names))
    }
  }
}
