// Signals as a script meets them: errors that `try` catches, handlers of refused accesses, names.

import Quire
import Testing

@Suite("Signals")
struct SignalTests {
  @Test("a signal that would end the process is an error inside a try")
  func caught() throws {
    try expectAllHold(
      """
      try { kill self, SIGTERM } catch e {
          expect e.signal == SIGTERM
          expect e.errno == nil
          expect e.message == "the process was sent SIGTERM"
      }
      expect SIGTERM { kill self, SIGTERM }
      expect SIGINT { try { kill self, SIGHUP } catch e { kill self, SIGINT } }
      fn deep(n) { if n == 0 { kill self, SIGUSR1 } else { deep(n - 1) } }
      expect SIGUSR1 { deep(20) }
      """)
  }

  @Test("it ends a sleep, a wait and a walk, and what was waited for can be had again")
  func caughtInTheMiddle() throws {
    try expectAllHold(
      """
      machine { ram: 64MiB, cpus: 2 }
      let e = event()
      let gate = semaphore(0)
      fn victim(n) {
          return fork {
              try {
                  if n == 0 { sleep 1s }
                  if n == 1 { e.wait() }
                  if n == 2 { gate.down() }
                  if n == 3 { wait(fork() { sleep 1s }) }
                  if n == 4 { touch mmap(16MiB, "rw"), pattern: "random", count: 1_000_000 }
                  exit 1
              } catch e { if e.signal == SIGTERM { exit 7 } }
          }
      }
      for n in 0 ..< 5 {
          let p = victim(n)
          sleep 1ms
          kill p, SIGTERM
          expect wait(p).code == 7
      }
      expect now() < 900ms
      expect e.waiting == 0
      expect gate.waiting == 0
      """)
  }

  @Test("outside every try it ends the process; SIGKILL does so everywhere")
  func uncaught() throws {
    try expectAllHold(
      """
      let p = fork { try { nil } catch e { exit 1 }
          kill self, SIGTERM }
      expect wait(p).signal == SIGTERM
      let q = fork { try { kill self, SIGKILL } catch e { exit 1 } }
      expect wait(q).signal == SIGKILL
      """)
    let outcome = try run(
      """
      let r = fork { try { kill self, SIGTERM } catch e { raise e } }
      expect wait(r).signal == SIGTERM
      """)
    #expect(outcome.expectationsHeld == 1)
    #expect(outcome.report.contains("test.quire:1:22: error: the process was sent SIGTERM"))
  }

  @Test("a signal and an errno are their names, wherever they come from")
  func names() throws {
    try expectAllHold(
      """
      let p = fork { kill self, SIGTERM }
      let status = wait p
      expect status.signal == SIGTERM
      expect status.signal == "SIGTERM"
      expect SIGTERM == "SIGTERM"
      try { mmap 1TiB, "rw" } catch e { expect e.errno == ENOMEM }
      var seen = []
      on_signal SIGUSR1 { n in push seen, n }
      kill self, SIGUSR1
      kill self, 10
      kill self, "SIGUSR1"
      expect seen == [SIGUSR1, SIGUSR1, SIGUSR1]
      """)
  }

  // MARK: Handlers of refused accesses

  @Test("a handler mends a refused access, which is then made again: each page once")
  func mendingHandler() throws {
    try expectAllHold(
      """
      var places = []
      let m = mmap 64KiB, "r"
      on_signal SIGSEGV { n, place in
          push places, place
          mprotect place, "rw", length: 4KiB
      }
      store m.start, 5
      expect load(m.start) == 5
      expect places == [m.start]
      write m[0 ..< 16KiB]
      expect len(places) == 4
      touch m, pattern: "random", count: 400
      expect len(places) == 16
      """)
  }

  @Test("a handler that mends nothing is called once, then the error comes, every time anew")
  func uselessHandler() throws {
    let outcome = try run(
      """
      var calls = 0
      on_signal SIGSEGV { n, place in calls = calls + 1 }
      for turn in 1 ... 3 {
          try { store 0x10, 1 } catch e { expect e.signal == SIGSEGV }
          expect calls == turn
      }
      let p = fork { store 0x10, 1 }
      expect wait(p).signal == SIGSEGV
      """)
    #expect(outcome.exitStatus == 0, "\(outcome.report)")
    #expect(outcome.expectationsHeld == 7)
  }

  @Test("a refused access inside its own handler is not handled")
  func refusedInHandler() throws {
    let outcome = try run(
      """
      on_signal SIGSEGV { store 0x20, 1 }
      store 0x10, 1
      """)
    #expect(outcome.exitStatus == 1)
    #expect(outcome.report.contains("test.quire:1:21: error: write at 0x20"), "\(outcome.report)")
    #expect(outcome.report.contains("test.quire:2:1: note: called from here"), "\(outcome.report)")
  }

  @Test("a handler with more parameters than it is given gets nil for them")
  func parameters() throws {
    try expectAllHold(
      """
      fn handler(signal, place, more, last = 3) {
          expect place == nil and more == nil and last == 3
      }
      on_signal SIGUSR1, handler
      kill self, SIGUSR1
      """)
  }
}
