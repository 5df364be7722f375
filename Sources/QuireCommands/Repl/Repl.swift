// The read-eval-print loop: takes entries from a reader, gives them to a session, shows what came.

internal import Foundation
internal import Quire

/// One REPL, at a terminal or at a pipe.
final class Repl {
  private var session: Session
  private let makeSession: () -> Session
  private let reader: any LineReader
  private let interrupt: Interrupt
  private let messages: MessageArguments
  /// A person is there: prompts, hints and a farewell are welcome.
  private let isInteractive: Bool
  /// Entries that ran, for `:save`.
  private var accepted: [String] = []
  /// Something went wrong; the exit status of a pipe says so.
  private(set) var hasFailed = false

  static let prompt = "quire> "
  static let continuationPrompt = "  ...> "

  init(
    reader: any LineReader, interrupt: Interrupt, messages: MessageArguments, isInteractive: Bool,
    makeSession: @escaping () -> Session
  ) {
    self.reader = reader
    self.interrupt = interrupt
    self.messages = messages
    self.isInteractive = isInteractive
    self.makeSession = makeSession
    session = makeSession()
  }

  /// The session as completion sees it.
  var completer: Completer {
    Completer(
      names: session.names.map(\.name),
      members: ["vmstat": Counters.fields.map(\.name)])
  }

  /// Runs until the input ends or the user leaves.
  func run() {
    while let entry = readEntry() {
      if entry.allSatisfy(\.isWhitespace) { continue }
      reader.remember(entry)
      if let command = ReplCommandLine(entry) {
        if command == .quit { return }
        perform(command)
      } else {
        evaluate(entry, named: nil)
      }
    }
    if isInteractive { Console.write("\n") }
  }

  /// Reads lines until they make an entry; nil at the end of the input.
  private func readEntry() -> String? {
    var lines: [String] = []
    while true {
      let prompt = lines.isEmpty ? Self.prompt : Self.continuationPrompt
      switch reader.readLine(prompt: isInteractive ? prompt : "") {
      case .line(let line):
        // An empty line gives up waiting for the end of a block: the mistake is then reported.
        let isGivenUp = isInteractive && line.isEmpty && !lines.isEmpty
        lines.append(line)
        let entry = lines.joined(separator: "\n")
        let isCommand = lines.count == 1 && line.hasPrefix(":")
        if isGivenUp || isCommand || !Session.isIncomplete(entry) { return entry }
      case .interrupted:
        if lines.isEmpty { Console.write("(:quit or Ctrl-D leaves)\n") }
        lines = []
      case .endOfInput:
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
      }
    }
  }

  @discardableResult
  func evaluate(_ text: String, named name: String?) -> Bool {
    interrupt.clear()
    let evaluation = session.evaluate(
      text, named: name, output: { Console.write($0) },
      isInterrupted: { interrupt.isRaised })
    messages.report(evaluation.diagnostics, in: evaluation.files)
    if let value = evaluation.value { Console.write(value + "\n") }
    if case .sessionEnded(let status) = evaluation.ending { reportEnd(status) }
    if evaluation.failed { hasFailed = true }
    if evaluation.ending != .refused { accepted.append(text) }
    return !evaluation.failed
  }

  private func reportEnd(_ status: ExitStatus?) {
    let how =
      status.map { $0.signal.map { "was killed by \($0.name)" } ?? "ended with code \($0.code)" }
      ?? "has ended"
    Console.writeError("The session's process \(how); :reset starts a fresh machine.\n")
  }

  // MARK: Commands

  private func perform(_ command: ReplCommandLine) {
    switch command {
    case .help: Console.write(ReplCommandLine.summary)
    case .quit: break
    case .reset:
      session = makeSession()
      accepted = []
      Console.write("A fresh machine.\n")
    case .document(let name): document(name)
    case .load(let path): load(path)
    case .save(let path): save(path)
    case .unknown(let name, let suggestion):
      let hint = suggestion.map { "; did you mean :\($0)?" } ?? "; :help lists what there is"
      complain("there is no command \(name)\(hint)")
    case .incomplete(let usage): complain("usage: \(usage)")
    }
  }

  private func document(_ name: String) {
    guard let thing = session.names.first(where: { $0.name == name }) else {
      let known = session.names.map(\.name)
      let hint = suggestedName(name, among: known).map { "; did you mean '\($0)'?" } ?? ""
      return complain("nothing is called '\(name)'\(hint)")
    }
    Console.write(thing.synopsis + "\n")
    if !thing.documentation.isEmpty { Console.write(thing.documentation + "\n") }
  }

  private func load(_ path: String) {
    do {
      let source = try ScriptSource(file: path, text: nil)
      evaluate(String(decoding: source.bytes, as: UTF8.self), named: path)
    } catch {
      complain("cannot read \(path): \((error as? UnreadableScript)?.reason ?? "\(error)")")
    }
  }

  private func save(_ path: String) {
    let text = accepted.joined(separator: "\n") + "\n"
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      Console.write("Wrote \(accepted.count) entries to \(path).\n")
    } catch {
      complain("cannot write \(path): \(error.localizedDescription)")
    }
  }

  private func complain(_ message: String) {
    hasFailed = true
    Console.writeError("error: \(message)\n")
  }
}
