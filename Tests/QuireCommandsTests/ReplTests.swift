// The REPL as a person and as a pipe meet it.

import Foundation
import Testing

@testable import QuireCommands

@Suite("REPL at a pipe")
struct ReplPipeTests {
  @Test("no prompt, no banner; values are printed, the machine lives on")
  func values() throws {
    let input = """
      let m = mmap 1MiB, "rw"
      m.pages
      touch m
      let child = fork {
        exit 3
      }
      wait(child).code
      _ + 1
      print "text"
      "text"
      """
    let result = try QuireProcess.run(["repl"], input: input)
    #expect(result.output == "256\n3\n4\ntext\n\"text\"\n")
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test("an error keeps the session and shows in the exit status")
  func errors() throws {
    let result = try QuireProcess.run(
      ["repl"], input: "let x = 1\nx / 0\ny\nstore 0x10, 1\nx\n")
    #expect(result.output == "1\n")
    #expect(result.errors.contains("division by zero"))
    #expect(result.errors.contains("cannot find 'y'"))
    #expect(result.errors.contains("SIGSEGV"))
    #expect(result.status == 1)
  }

  @Test("commands of the REPL")
  func commands() throws {
    let folder = try TemporaryFolder()
    let saved = folder.url("saved.quire").path
    let script = try folder.write("let loaded = 5\n", to: "load.quire")
    let input = """
      let a = 40
      :load \(script)
      a + loaded
      :save \(saved)
      :doc mmap
      :hlep
      :reset
      a
      """
    let result = try QuireProcess.run(["repl"], input: input)
    #expect(result.output.contains("45\n"))
    #expect(result.output.contains("mmap("))
    #expect(result.output.contains("length      (size in bytes) Bytes to map"))
    #expect(result.output.contains("ENOMEM      no room is left"))
    #expect(result.errors.contains("did you mean :help?"), "\(result.errors)")
    #expect(result.errors.contains("cannot find 'a'"))
    let again = try QuireProcess.run(["run", saved])
    #expect(again.status == 0, "\(again.errors)")
  }

  @Test("the first entry may describe the machine; the command line wins")
  func machine() throws {
    let input = "machine { ram: 64MiB }\nmmap 100MiB, \"rw\"\n"
    #expect(try QuireProcess.run(["repl"], input: input).errors.contains("ENOMEM"))
    let wide = try QuireProcess.run(["repl", "--set", "ram=1GiB"], input: input)
    #expect(wide.status == 0, "\(wide.errors)")
  }
}

@Suite("REPL at a terminal", .serialized)
struct ReplTerminalTests {
  private func start(_ history: String) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(["repl"], environment: ["QUIRE_HISTORY": history])
    try terminal.expect("quire> ")
    return terminal
  }

  @Test("entries of several lines, completion, errors, and Ctrl-D")
  func entries() throws {
    let folder = try TemporaryFolder()
    let terminal = try start(folder.url("history").path)
    try terminal.type("let child = fork {\r")
    try terminal.expect("...> ")
    try terminal.type("exit 7\r")
    try terminal.expect("...> ")
    try terminal.type("}\r")
    try terminal.expect("quire> ")
    try terminal.type("wait(chi\t).code\r")
    try terminal.expect("wait(child).code")
    try terminal.expect("7\r\n")
    // Within quotes, Tab closes the string, too.
    try terminal.expect("quire> ")
    try terminal.type("cat \"/proc/budd\t\r")
    try terminal.expect("Node 0")
    try terminal.expect("quire> ")
    try terminal.type("nonsense\r")
    try terminal.expect("cannot find 'nonsense'")
    try terminal.expect("quire> ")
    try terminal.type("\u{4}")
    #expect(try terminal.finish() == 0)
  }

  @Test("Ctrl-C drops a line, and stops a loop without losing the session")
  func interrupts() throws {
    let folder = try TemporaryFolder()
    let terminal = try start(folder.url("history").path)
    try terminal.type("let kept = 11\r")
    try terminal.expect("quire> ")
    try terminal.type("half a line\u{3}")
    try terminal.expect("^C")
    try terminal.expect("quire> ")
    try terminal.type("print \"go\"; while true { }\r")
    try terminal.expect("go\r\n")
    try terminal.type("\u{3}")
    try terminal.expect("interrupted here")
    try terminal.expect("quire> ")
    try terminal.type("kept + 1\r")
    try terminal.expect("12\r\n")
    try terminal.expect("quire> ")
    try terminal.type(":quit\r")
    #expect(try terminal.finish() == 0)
  }

  @Test("the history of a session is there in the next, whole entries at a time")
  func history() throws {
    let folder = try TemporaryFolder()
    let path = folder.url("state/history").path
    let first = try start(path)
    try first.type("repeat 2 {\r")
    try first.expect("...> ")
    try first.type("print \"again\"\r")
    try first.expect("...> ")
    try first.type("}\r")
    try first.expect("again\r\nagain\r\n")
    try first.expect("quire> ")
    try first.type("\u{4}")
    #expect(try first.finish() == 0)
    #expect(
      try String(contentsOfFile: path, encoding: .utf8) == "repeat 2 {\\nprint \"again\"\\n}\n")
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)

    let second = try start(path)
    try second.type("\u{1b}[A\r")
    try second.expect("again\r\nagain\r\n")
    try second.expect("quire> ")
    try second.type("\u{4}")
    #expect(try second.finish() == 0)
  }

  @Test("a history that cannot be written is a warning, not a failure")
  func unwritableHistory() throws {
    let terminal = try PseudoTerminal(
      ["repl"], environment: ["QUIRE_HISTORY": "/proc/nowhere/history"])
    try terminal.expect("quire> ")
    try terminal.type("1 + 1\r")
    try terminal.expect("2\r\n")
    try terminal.expect("quire> ")
    try terminal.type("\u{4}")
    try terminal.expect("cannot write the history")
    #expect(try terminal.finish() == 0)
  }
}

@Suite("REPL parts")
struct ReplPartTests {
  @Test("an entry comes back from the history as it was")
  func historyEncoding() {
    for entry in ["a", "a\nb", "\\n", "a\\\nb\\\\", "", "\"\\n\""] {
      #expect(HistoryFile.decode(HistoryFile.encode(entry)) == entry)
      #expect(!HistoryFile.encode(entry).contains("\n"))
    }
  }

  @Test("completion offers names, counters, files, views and commands")
  func completion() {
    let completer = Completer(
      names: ["mmap", "mprotect", "munmap"], members: ["vmstat": ["pgfault", "pgfree"]])
    #expect(completer.candidates(line: "mm", start: 0, word: "mm") == ["mmap"])
    #expect(completer.candidates(line: "vmstat.pgf", start: 7, word: "pgf").count == 2)
    #expect(
      completer.candidates(line: "cat \"/proc/sw", start: 5, word: "/proc/sw") == ["/proc/swaps"])
    #expect(
      completer.candidates(line: "cat \"/proc/self/sm", start: 5, word: "/proc/self/sm")
        == ["/proc/self/smaps", "/proc/self/smaps_rollup"])
    #expect(
      completer.candidates(line: "cat \"/proc/3/stat", start: 5, word: "/proc/3/stat").count == 3)
    #expect(completer.candidates(line: "m.page_t", start: 2, word: "page_t") == ["page_tables"])
    #expect(completer.candidates(line: "show map", start: 5, word: "map") == ["maps"])
    #expect(completer.candidates(line: ":lo", start: 1, word: "lo") == ["load"])
    #expect(completer.candidates(line: "wh", start: 0, word: "wh") == ["while"])
  }
}
