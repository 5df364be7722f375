// `quire run` and `quire check` as a user meets them: exit statuses, streams, messages.

import Foundation
import Testing

@Suite("quire run")
struct RunCommandTests {
  @Test("output goes to standard output, messages to standard error")
  func streams() throws {
    let result = try QuireProcess.run(["run", "-e", "print \"hi\"\nexpect 1 == 2"])
    #expect(result.status == 1)
    #expect(result.output == "hi\n")
    #expect(result.errors.contains("<command line>:2:1: error:"))
    #expect(!result.errors.contains("\u{1b}"))
  }

  @Test(
    "the exit status says how it went",
    arguments: [
      ("print 1", 0), ("expect false", 1), ("exit 3", 1), ("1 / 0", 1), ("prnt 1", 2),
      ("let x = (", 2), ("machine { ram: 0 }", 2), ("machine { ram: 1TiB, cpus: 0 }", 2),
      ("store 0x10, 1", 1), ("let e = event()\ne.wait()", 1),
    ])
  func statuses(_ script: String, _ status: Int32) throws {
    let result = try QuireProcess.run(["run", "-e", script])
    #expect(result.status == status, "\(script): \(result.errors)")
  }

  @Test("standard input is a script, too")
  func standardInput() throws {
    let result = try QuireProcess.run(["run", "-"], input: "print 6 * 7")
    #expect(result.output == "42\n")
  }

  @Test("wrong usage ends with 64")
  func usage() throws {
    for arguments in [
      ["run"], ["run", "a", "-e", "b"], ["run", "--nonsense"], ["run", "-e", "1", "--slice", "0"],
      ["run", "-e", "1", "--max-heap", "1GB"], ["frobnicate"],
    ] {
      #expect(try QuireProcess.run(arguments).status == 64, "\(arguments)")
    }
  }

  @Test("a file that cannot be read is named")
  func missingFile() throws {
    let missing = try QuireProcess.run(["run", "/nonexistent/x.quire"])
    #expect(missing.status == 2)
    #expect(missing.errors == "error: cannot read /nonexistent/x.quire: no such file\n")
    #expect(try QuireProcess.run(["run", "/"]).errors.contains("it is a folder"))
    #expect(try QuireProcess.run(["repl", "/nonexistent/x.quire"]).status == 2)
    for command in ["run", "check"] {
      let json = try QuireProcess.run([command, "--json", "/nonexistent/x.quire"])
      #expect(json.status == 2)
      #expect(json.errors == "")
      #expect(json.output.contains("no such file"))
      #expect((try? JSONSerialization.jsonObject(with: Data(json.output.utf8))) != nil)
    }
  }

  @Test(
    "a file alone, and the same file with an option that changes nothing, are the same run",
    arguments: ["print 1", "expect false", "exit 3", "prnt 1", "machine { ram: 0 }", "1 / 0"])
  func plainRun(_ script: String) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(script, to: "script.quire")
    let plain = try QuireProcess.run(["run", file])
    let general = try QuireProcess.run(["run", file, "--color", "auto"])
    #expect(plain.status == general.status)
    #expect(plain.output == general.output)
    #expect(plain.errors == general.errors)
  }

  @Test("the command line overrides the script's machine")
  func overrides() throws {
    let script = "machine { ram: 64MiB }\nexpect ENOMEM { mmap 100MiB, \"rw\" }"
    #expect(try QuireProcess.run(["run", "-e", script]).status == 0)
    #expect(try QuireProcess.run(["run", "-e", script, "--set", "ram=1GiB"]).status == 1)
    let bad = try QuireProcess.run(["run", "-e", script, "--set", "rum=1GiB"])
    #expect(bad.status == 2)
    #expect(bad.errors.contains("ram"))
  }

  @Test(
    "limits stop a run, and say how to raise them",
    arguments: [
      (["--max-steps", "1000"], "while true { }", "--max-steps"),
      (["--max-time", "1ms"], "while true { }", "--max-time"),
      (["--max-output", "1KiB"], "while true { print \"line\" }", "--max-output"),
      (["--max-processes", "5"], "while true { fork { sleep 1s } }", "--max-processes"),
      (
        ["--max-heap", "1MiB"], "let list = []\nwhile true { push(list, \"text\") }",
        "--max-heap"
      ),
      ([], "fn f(n) { return f(n + 1) + 1 }\nprint f(0)", "limit"),
    ])
  func limits(_ options: [String], _ script: String, _ hint: String) throws {
    let result = try QuireProcess.run(["run", "-e", script] + options)
    #expect(result.status == 3, "\(result.errors)")
    #expect(result.errors.contains(hint), "\(result.errors)")
  }

  @Test("JSON has the whole outcome")
  func json() throws {
    let script = "let m = mmap 64KiB, \"rw\"\ntouch m\nprint \"done\""
    let result = try QuireProcess.run(["run", "--json", "-e", script])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(object["exit_status"] as? Int == 0)
    #expect(object["output"] as? String == "done\n")
    let counters = try #require(object["counters"] as? [String: Any])
    #expect((counters["pgfault"] as? Int ?? 0) >= 16)
    let refused = try QuireProcess.run(["run", "--json", "-e", "prnt 1"])
    #expect(refused.status == 2)
    #expect(refused.output.contains("\"line\" : 1"))
  }

  @Test("colour only where it is wanted")
  func colour() throws {
    let script = ["run", "-e", "prnt 1"]
    #expect(try QuireProcess.run(script + ["--color", "always"]).errors.contains("\u{1b}["))
    #expect(!(try QuireProcess.run(script).errors.contains("\u{1b}[")))
    let forced = try QuireProcess.run(
      script, environment: ["CLICOLOR_FORCE": "1", "NO_COLOR": ""])
    #expect(forced.errors.contains("\u{1b}["))
    let refused = try QuireProcess.run(
      script, environment: ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"])
    #expect(!refused.errors.contains("\u{1b}["))
  }

  @Test("Ctrl-C stops a run, says where it was, and the status is 130")
  func interrupt() throws {
    let terminal = try PseudoTerminal(["run", "-e", "print \"started\"\nwhile true { }"])
    // What was printed reaches the terminal at the end of a slice, so the loop runs by then.
    try terminal.expect("started")
    try terminal.type("\u{3}")
    try terminal.expect("interrupted here")
    #expect(try terminal.finish() == 130)
  }
}

@Suite("Bad scripts")
struct BadScriptTests {
  @Test("nesting without end is one message")
  func nesting() throws {
    let text = String(repeating: "(", count: 100_000)
    let result = try QuireProcess.run(["run", "-"], input: text)
    #expect(result.status == 2)
    #expect(
      result.errors.components(separatedBy: "error:").count == 2, "\(result.errors.prefix(500))")
  }

  @Test("an unterminated string points at where it began")
  func unterminatedString() throws {
    let result = try QuireProcess.run(["run", "-e", "let x = 1\nprint \"abc\nprint x"])
    #expect(result.status == 2)
    #expect(result.errors.contains("<command line>:2:7"), "\(result.errors)")
  }

  @Test("a file without end is refused when it is longer than a script may be")
  func endless() throws {
    let result = try QuireProcess.run(["run", "/dev/zero"])
    #expect(result.status == 2)
    #expect(result.errors.contains("larger than a script may be"))
    #expect(result.errors.utf8.count < 2_000)
  }

  @Test("a file that is not UTF-8 is refused with the place of the byte")
  func notUTF8() throws {
    let folder = try TemporaryFolder()
    let file = folder.url("latin.quire")
    try Data([0x70, 0x72, 0x69, 0x6e, 0x74, 0x20, 0x22, 0xe4, 0x22]).write(to: file)
    let result = try QuireProcess.run(["run", file.path])
    #expect(result.status == 2)
    #expect(result.errors.contains("UTF-8"), "\(result.errors)")
  }

  @Test("a missing import names the places that were searched")
  func missingImport() throws {
    let folder = try TemporaryFolder()
    let script = try folder.write("import \"patern\"\n", to: "a.quire")
    let result = try QuireProcess.run(["run", script, "--module-path", "/opt/modules"])
    #expect(result.status == 2)
    #expect(result.errors.contains("/opt/modules/patern.quire"), "\(result.errors)")
  }

  @Test("imports that go in a circle are shown as a chain")
  func importCycle() throws {
    let folder = try TemporaryFolder()
    let script = try folder.write("import \"b\"\n", to: "a.quire")
    _ = try folder.write("import \"a\"\n", to: "b.quire")
    let result = try QuireProcess.run(["run", script])
    #expect(result.status == 2)
    #expect(result.errors.contains("→"), "\(result.errors)")
  }

  @Test("`check` reports every mistake of every file at once")
  func check() throws {
    let folder = try TemporaryFolder()
    let good = try folder.write("print 1\n", to: "good.quire")
    let bad = try folder.write("prnt 1\ntouch 1, 2, patern: 3\n", to: "bad.quire")
    #expect(try QuireProcess.run(["check", good]).status == 0)
    let result = try QuireProcess.run(["check", good, bad])
    #expect(result.status == 2)
    #expect(result.errors.contains("did you mean 'print'"), "\(result.errors)")
    #expect(result.errors.contains("pattern"), "\(result.errors)")
    let json = try QuireProcess.run(["check", "--json", bad])
    #expect(json.output.contains("\"column\" : 1"))
  }
}
