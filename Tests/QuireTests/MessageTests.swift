// What a user reads when something goes wrong, to the letter.

import Quire
import Testing

@Suite("Messages of a run")
struct MessageTests {
  private func expectReport(
    _ source: String, _ expected: String, location: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try run(source)
    #expect(outcome.report == expected + "\n", sourceLocation: location)
    #expect(outcome.exitStatus == 1, sourceLocation: location)
  }

  @Test("a failing call: place, what was asked, why, who had called")
  func failingCall() throws {
    try expectReport(
      """
      machine { costs: ["step": 0, "system_call": 0, "task_switch": 0] }
      fn grab(size) {
          return mmap(size, "rw")
      }
      let m = grab(1TiB)
      """,
      """
      test.quire:3:12: error: mmap(length: 1TiB, protection: "rw"): cannot allocate memory (ENOMEM)
      3 |     return mmap(size, "rw")
        |            ^~~~~~~~~~~~~~~~
      note: ENOMEM: no room is left, or a limit on maps or memory is reached
      test.quire:5:9: note: called from here
      5 | let m = grab(1TiB)
        |         ^~~~~~~~~~
      note: in process 'main' (pid 3) at 0 ns
      """)
  }

  @Test("an access that the processor refuses")
  func segmentationFault() throws {
    try expectReport(
      """
      machine { costs: ["step": 0, "system_call": 0, "task_switch": 0, "access": 0] }
      let m = mmap 4KiB, "r"
      store m.start, 1
      """,
      """
      test.quire:3:1: error: write at 0x7ffff7ffe000: the mapping does not allow it (SIGSEGV, ACCERR)
      3 | store m.start, 1
        | ^~~~~~~~~~~~~~~~
      note: SIGSEGV: an address is not mapped (MAPERR) or not for this access (ACCERR)
      note: in process 'main' (pid 3) at 600 ns
      """)
  }

  @Test("an expectation shows both sides, and the run goes on")
  func expectation() throws {
    let outcome = try run(
      """
      machine { costs: ["step": 0, "task_switch": 0] }
      let xs = [1, 2]
      expect len(xs) == 3
      expect ENOMEM { getpid() }
      expect EINVAL { raise "something else" }
      print "on"
      """)
    #expect(outcome.text == "on\n")
    #expect(outcome.exitStatus == 1)
    #expect(outcome.expectationsFailed == 3)
    #expect(
      outcome.report == """
        test.quire:3:1: error: the expectation does not hold
        3 | expect len(xs) == 3
          | ^~~~~~~~~~~~~~~~~~~
        note: len(xs) is 2
        note: in process 'main' (pid 3) at 0 ns
        test.quire:4:8: error: expected ENOMEM, but the block did not fail
        4 | expect ENOMEM { getpid() }
          |        ^~~~~~
        note: in process 'main' (pid 3) at 60 ns
        test.quire:5:8: error: expected EINVAL, got another error
        5 | expect EINVAL { raise "something else" }
          |        ^~~~~~
        test.quire:5:17: note: something else
        5 | expect EINVAL { raise "something else" }
          |                 ^~~~~~~~~~~~~~~~~~~~~~
        note: in process 'main' (pid 3) at 60 ns

        """)
  }

  @Test("a deadlock names who waits for what, and where")
  func deadlock() throws {
    let outcome = try run(
      """
      let s = semaphore(0)
      process "taker" { s.down() }
      wait
      """)
    #expect(outcome.ending == .deadlocked)
    #expect(outcome.exitStatus == 1)
    #expect(
      outcome.report == """
        test.quire:3:1: error: deadlock: all 2 processes wait and nobody can wake anybody
        3 | wait
          | ^~~~
        test.quire:3:1: note: 'main' (pid 3) waits for its children to end
        3 | wait
          | ^~~~
        test.quire:2:19: note: 'taker' (pid 4) waits for a semaphore that nobody raises
        2 | process "taker" { s.down() }
          |                   ^~~~~~~~

        """)
  }

  @Test("an object that was freed says when, where and by whom")
  func staleObject() throws {
    let outcome = try run(
      """
      machine { costs: ["step": 0, "task_switch": 0] }
      let o = kmalloc 100
      kfree o
      kfree o
      """)
    #expect(
      outcome.report.hasPrefix(
        "test.quire:4:1: error: kfree: this object is gone: freed at test.quire:3 by 'main' (pid 3)"
      ), "\(outcome.report)")
  }

  @Test(
    "a machine that makes no sense is refused with its key underlined",
    arguments: [
      ("ram: 0", "ram"), ("ram: 5TiB", "ram"), ("cpus: 0", "cpus"), ("cpus: 65", "cpus"),
      ("swap: [4KiB]", "swap"), ("scheduler: \"fair\"", "not there yet"),
      ("scheduler: \"pct\"", "not there yet"), ("scheduler: \"best\"", "is one of"),
      ("pae: true", "PAE is for x86_32"), ("arch: \"x86_32\", ram: 5GiB", "reach 4GiB"),
      ("nodes: 2", "not there yet"),
      ("quantum: 0", "quantum"), ("sysctl: [\"vm.swapiness\": 1]", "did you mean"),
      ("sysctl: [\"vm.swappiness\": 201]", "out of range"),
      ("costs: [\"stepp\": 1]", "did you mean \"step\""),
    ])
  func machine(entry: String, words: String) {
    do {
      _ = try Program("machine { \(entry) }\nprint 1", named: "m.quire")
      Issue.record("the machine { \(entry) } is accepted")
    } catch {
      #expect(error.description.contains(words), "\(error.description)")
      #expect(error.description.hasPrefix("m.quire:1:"), "\(error.description)")
    }
  }
}
