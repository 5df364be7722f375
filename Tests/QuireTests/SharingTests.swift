// vfork, thread and exec in scripts: who shares what with whom, and until when.

import Quire
import Testing

@Suite("Processes that share")
struct SharingTests {
  @Test("FORK-5: vfork borrows memory and variables until the child exits")
  func vfork() throws {
    try expectAllHold(
      """
      let r = mmap 16KiB, "rw"
      store r.start, 1
      var n = 0
      let child = vfork {
        n = 5
        store r.start, 9
        expect self.minor_faults == 0       # the page is there already
        store r.start + 4KiB, 9
        expect self.minor_faults == 1 and self.cow_faults == 0
        exit 3
      }
      expect n == 5 and load(r.start) == 9  # the parent has slept until now
      let status = wait child
      expect status.code == 3 and status.process == child
      """)
  }

  @Test("LAYOUT-6: exec ends the sharing of memory and variables")
  func vforkAndExec() throws {
    try expectAllHold(
      """
      let r = mmap 4KiB, "rw"
      store r.start, 1
      var n = 0
      let child = vfork {
        n = 1
        exec "image" {
          n = 2
          expect self.name == "image" and self.rss == 0
          expect SIGSEGV { load(r.start) }
          sleep 5ms
          exit 4
        }
      }
      expect n == 1 and load(r.start) == 1
      expect now() < 5ms
      expect wait(child).code == 4
      expect n == 1
      """)
  }

  @Test("exec without a block goes on behind the call, with its variables and without its handlers")
  func exec() throws {
    try expectAllHold(
      """
      let child = fork {
        let word = "kept"
        let r = mmap 1MiB, "rw"
        write r
        mlockall MCL_FUTURE
        on_signal SIGUSR1 { raise "gone" }
        let pid = getpid()
        exec "next"
        expect word == "kept" and getpid() == pid and self.name == "next"
        expect self.rss == 0 and self.vsize == 132KiB and self.locked == 0
        kill self, SIGUSR1
      }
      expect wait(child).signal == "SIGUSR1"
      """)
  }

  @Test("threads share memory and variables; wait takes one of them, or all and the children")
  func threads() throws {
    try expectAllHold(
      """
      let r = mmap 64KiB, "rw"
      var list = []
      let a = thread {
        for i in 0 ..< 500 { push list, [i] }
        store r.start, 7
        expect getpid() != self.pid
      }
      let b = thread { for i in 0 ..< 500 { push list, str(i) } }
      expect wait(a).code == 0
      expect load(r.start) == 7
      wait
      expect len(list) == 1000
      expect wait(b).code == 0              # a thread that has ended can be asked again
      expect ECHILD { wait_any }
      """)
  }

  @Test("exit ends all threads with one status, the end of a block only its own")
  func ends() throws {
    try expectAllHold(
      """
      let a = fork { thread { sleep 1ms
          exit 9 }
        sleep 10s }
      expect wait(a).code == 9
      let b = fork { thread { sleep 1ms } }
      expect wait(b).code == 0
      let c = fork { let t = thread { sleep 1s }
        kill self, SIGKILL }
      expect wait(c).signal == "SIGKILL"
      let d = fork { let t = thread { sleep 1ms
          exec "only" { exit 6 } }
        sleep 10s }
      expect wait(d).code == 6
      expect now() < 1s
      let e = fork { thread { fork { exit 3 } }
        sleep 1ms
        expect wait_any().code == 3 }
      expect wait(e).code == 0
      """)
  }

  @Test("an error that a thread does not catch ends its process, which is to blame")
  func failure() throws {
    let outcome = try run(
      """
      let p = fork { thread { raise "broken" }
        sleep 10s }
      expect wait(p).code == 1
      """)
    #expect(outcome.diagnostics.contains { $0.message.contains("broken") })
    #expect(outcome.expectationsFailed == 0)
  }

  @Test("threads that wait for each other are a deadlock with a reason")
  func deadlock() throws {
    let outcome = try run(
      """
      let e = event()
      let t = thread { e.wait() }
      wait t
      """)
    let texts = outcome.diagnostics.flatMap { [$0.message] + $0.notes.map(\.message) }
    #expect(texts.contains { $0.contains("for its thread") }, "\(texts)")
  }
}
