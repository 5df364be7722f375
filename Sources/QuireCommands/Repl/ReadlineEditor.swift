// The one file that speaks to GNU readline: editing, history and completion at a terminal.
//
// readline is driven by its callback interface: this file waits, for a key or for Ctrl-C, and hands
// each key over. So Ctrl-C needs no jump out of a signal handler. readline keeps one state for the
// whole process, and so does this file.

internal import CReadline
internal import Foundation

/// Reads lines from a terminal with editing, history and completion.
final class ReadlineEditor: LineReader {
  private let interrupt: Interrupt

  /// - Parameter complete: the line, the place where its last word starts, and that word; gives
  ///   the words it may become.
  init(
    interrupt: Interrupt,
    complete: @escaping (_ line: String, _ start: Int, _ word: String) -> [String]
  ) {
    self.interrupt = interrupt
    unsafe State.complete = complete
    unsafe quire_rl_set_name(State.name)
    quire_rl_leave_signals()
    unsafe quire_rl_set_word_breaks(State.wordBreaks)
    unsafe quire_rl_set_completer(completeWord)
    using_history()
  }

  func readLine(prompt: String) -> LineInput {
    interrupt.clear()
    unsafe State.result = nil
    unsafe rl_callback_handler_install(prompt, acceptLine)
    while unsafe State.result == nil {
      switch waitForKey() {
      case .key: rl_callback_read_char()
      case .interrupt: return abandonLine()
      case .failure: unsafe State.result = .endOfInput
      }
    }
    rl_callback_handler_remove()
    return unsafe State.result ?? .endOfInput
  }

  func remember(_ entry: String) {
    if entry != text(ofEntry: quire_history_count() - 1) {
      unsafe add_history(entry)
    }
  }

  /// Entries remembered so far, oldest first.
  var history: [String] {
    (0..<quire_history_count()).compactMap(text(ofEntry:))
  }

  private func text(ofEntry offset: CInt) -> String? {
    guard let text = unsafe quire_history_text(offset) else { return nil }
    return unsafe String(cString: text)
  }

  private enum Wake { case key, interrupt, failure }

  private func waitForKey() -> Wake {
    var waits = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: interrupt.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    while unsafe poll(&waits, 2, -1) < 0 {
      if errno != EINTR { return .failure }
    }
    return waits[1].revents != 0 ? .interrupt : .key
  }

  private func abandonLine() -> LineInput {
    interrupt.clear()
    // Removing the handler sends the cursor to the start of the line.
    Console.write("^C\n")
    unsafe rl_replace_line("", 0)
    rl_callback_handler_remove()
    return .interrupted
  }
}

/// readline's callbacks carry no context, so what they need lives here, on the one thread that
/// edits.
private enum State {
  nonisolated(unsafe) static var result: LineInput?
  nonisolated(unsafe) static var complete: (String, Int, String) -> [String] = { _, _, _ in [] }
  nonisolated(unsafe) static var candidates: ArraySlice<String> = []
  /// C strings that readline keeps pointers to.
  nonisolated(unsafe) static let name = unsafe strdup("quire")
  nonisolated(unsafe) static let wordBreaks = unsafe strdup(" \t\n\"()[]{},;:=+-*%<>&|^~!.")
}

private func acceptLine(_ line: UnsafeMutablePointer<CChar>?) {
  rl_callback_handler_remove()
  guard let line = unsafe line else {
    unsafe State.result = .endOfInput
    return
  }
  unsafe State.result = .line(String(cString: line))
  unsafe free(line)
}

private func completeWord(
  _ text: UnsafePointer<CChar>?, _ start: CInt, _ end: CInt
) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
  guard let text = unsafe text, let line = unsafe quire_rl_line() else { return nil }
  let candidates = unsafe State.complete(
    String(cString: line), Int(start), String(cString: text))
  unsafe State.candidates = candidates[...]
  quire_rl_finish_completion(0)
  return unsafe rl_completion_matches(text, nextCandidate)
}

private func nextCandidate(
  _ text: UnsafePointer<CChar>?, _ state: CInt
) -> UnsafeMutablePointer<CChar>? {
  guard let next = unsafe State.candidates.popFirst() else { return nil }
  return unsafe strdup(next)
}
