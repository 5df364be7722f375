// Processes as scripts see them: TASK, EXIT, SIG and SCHED rules of the process table.

import Quire
import Testing

@Suite("Processes")
struct ProcessTests {
  @Test("fork() returns twice: 0 in the child, the child in the parent")
  func forkTwice() throws {
    try expectAllHold(
      """
      let x = [1]
      let p = fork()
      if p == 0 {
          push x, 2
          exit 40 + len(x)
      }
      let status = wait(p)
      expect status.code == 42
      expect len(x) == 1
      expect status.process == p
      """)
  }

  @Test("a block's end is exit 0, and it sees the variables as they were")
  func forkBlock() throws {
    try expectAllHold(
      """
      var n = 7
      let p = fork { n = n + 1
       exit n }
      n = 0
      expect wait(p).code == 8
      expect n == 0
      let q = fork { n = 5 }
      expect wait(q).code == 0
      """)
  }

  @Test("a fresh process has nothing of the caller's memory")
  func freshProcess() throws {
    try expectAllHold(
      """
      let m = mmap 64KiB, "rw"
      write m
      let p = process "fresh" {
          expect self.name == "fresh"
          expect self.rss == 0
          expect SIGSEGV { load(m.start) }
      }
      expect wait(p).code == 0
      """)
  }

  @Test("wait takes one child, wait_any the first, wait all of them; then ECHILD")
  func waiting() throws {
    try expectAllHold(
      """
      let slow = fork { sleep 5ms
       exit 1 }
      let quick = fork { sleep 1ms
       exit 2 }
      let first = wait_any()
      expect first.process == quick
      expect first.code == 2
      expect ECHILD { wait quick }
      fork { exit 3 }
      wait
      expect ECHILD { wait_any() }
      expect ECHILD { wait slow }
      """)
  }

  @Test("a zombie keeps its pid and gives up its memory; init reaps orphans")
  func zombies() throws {
    try expectAllHold(
      """
      let p = fork { write mmap(1MiB, "rw")
       exit 3 }
      sleep 10ms
      expect p.state == "Z"
      expect p.rss == 0
      expect wait(p).code == 3
      let parent = fork {
          fork { sleep 5ms }
          exit 0
      }
      wait parent
      expect len(processes()) == 4
      sleep 10ms
      expect len(processes()) == 3
      """)
  }

  @Test("a stale handle says when and where its process ended")
  func staleHandle() throws {
    let outcome = try run(
      """
      let p = fork {
          exit 3
      }
      wait p
      print p.name, p.pid
      try { print p.rss } catch e { print e.message }
      try { kill p } catch e { print e.errno }
      """)
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.first == "main 4")
    #expect(lines[1].contains("process 'main' (pid 4) ended with code 3 at"))
    #expect(lines[1].contains("at test.quire:2"))
    #expect(lines[2] == "ESRCH")
  }

  @Test("signals kill, are handled, and interrupt a sleep; SIGKILL cannot be handled")
  func signals() throws {
    try expectAllHold(
      """
      let sleeper = fork { sleep 1s }
      kill sleeper, SIGTERM
      expect wait(sleeper).signal == "SIGTERM"
      expect now() < 1s

      var count = 0
      on_signal SIGUSR1 { n in if n == SIGUSR1 { count = count + 10 } }
      kill self, SIGUSR1
      expect count == 10
      expect EINVAL { on_signal SIGKILL { nil } }
      expect EINVAL { kill self, 99 }
      expect ESRCH { kill 4242 }

      let p = fork {
          on_signal SIGUSR2 { nil }
          expect EINTR { sleep 1s }
          exit 9
      }
      sleep 1ms
      kill p, SIGUSR2
      expect wait(p).code == 9
      expect now() < 1s
      """)
  }

  @Test("SIGSTOP stops and SIGCONT goes on; the sleep goes on with it")
  func stopAndContinue() throws {
    try expectAllHold(
      """
      let p = fork { sleep 2ms
       exit 6 }
      sleep 1ms
      kill p, SIGSTOP
      sleep 10ms
      expect p.state == "T"
      kill p, SIGCONT
      expect wait(p).code == 6
      expect now() > 11ms
      """)
  }

  @Test("try catches a signal of an access, but not SIGKILL")
  func catchingSignals() throws {
    try expectAllHold(
      """
      try { load(0x1000) } catch e {
          expect e.signal == "SIGSEGV"
          expect e.address == address(0x1000)
          expect e.access == "read"
      }
      let p = fork {
          try { kill self, SIGKILL } catch e { exit 1 }
          exit 2
      }
      expect wait(p).signal == "SIGKILL"
      """)
    let outcome = try run(
      "let q = fork { store 0x1000, 1 }\nexpect wait(q).signal == \"SIGSEGV\"")
    #expect(outcome.expectationsHeld == 1)
    #expect(outcome.exitStatus == 0)
    #expect(outcome.report.contains("write at 0x1000: nothing is mapped there (SIGSEGV, MAPERR)"))
  }

  @Test("semaphores, events and barriers wake in the order of waiting")
  func synchronizers() throws {
    let outcome = try run(
      """
      machine { cpus: 1 }
      let s = semaphore(0)
      for i in 0 ..< 3 { fork { s.down()
       print "woken", i } }
      sleep 1ms
      repeat 3 { s.up()
       sleep 1ms }
      wait
      let b = barrier(3)
      for i in 0 ..< 2 { fork { sleep 1ms
       b.wait()
       print "met" } }
      b.wait()
      expect now() > 5ms
      wait
      """)
    #expect(outcome.text == "woken 0\nwoken 1\nwoken 2\nmet\nmet\n")
    #expect(outcome.exitStatus == 0, "\(outcome.report)")
  }

  @Test("a process that nobody waited for and that died of an error fails the run")
  func unwaitedFailure() throws {
    #expect(try run("fork { raise \"no\" }\nsleep 1ms").exitStatus == 1)
    #expect(try run("let p = fork { raise \"no\" }\nwait p").exitStatus == 0)
    #expect(try run("exit 4").exitStatus == 1)
    #expect(try run("fork { exit 4 }\nsleep 1ms").exitStatus == 0)
  }

  @Test("two CPUs do two processes' work in the time of one")
  func cpus() throws {
    let source = """
      for i in 0 ..< 2 { fork { var x = 0
       while x < 100_000 { x = x + 1 } } }
      wait
      print now()
      """
    let one = try run(source) { $0.machine.cpus = 1 }
    let two = try run(source) { $0.machine.cpus = 2 }
    #expect(two.time < one.time * 6 / 10)
  }
}
