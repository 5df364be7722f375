// How processes and runs end when nobody is there to see it: regressions found by hostile scripts.

import Quire
import Testing

@Suite("Ends that nobody sees")
struct DeathTests {
  @Test("the top level, which init reaps at once, may die of any signal (EXIT-2)")
  func topLevelKilled() throws {
    for signal in ["SIGKILL", "SIGTERM"] {
      let outcome = try run("kill self, \(signal)\nprint 1")
      #expect(outcome.exitStatus == 1)
      #expect(outcome.output.isEmpty)
      #expect(outcome.report.contains("process 'main' (pid 3) died of \(signal)"))
    }
  }

  @Test("the top level may be what the OOM killer chooses (OOM-2)")
  func topLevelOutOfMemory() throws {
    let outcome = try run(
      """
      machine { ram: 16MiB }
      let a = mmap 10MiB
      let b = mmap 10MiB
      write a
      write b
      """)
    #expect(outcome.exitStatus == 1)
    #expect(outcome.report.contains("ran out of memory and killed this process"))
  }

  @Test("a child that died of a signal is named when nobody waited for it, and only then")
  func unwaitedChild() throws {
    let source = "let p = fork { kill self, SIGUSR1 }\nsleep 1ms\n"
    let unseen = try run(source)
    #expect(unseen.exitStatus == 1)
    #expect(unseen.report.contains("(pid 4) died of SIGUSR1, and nobody waited for it"))
    let seen = try run(source + "wait p")
    #expect(seen.exitStatus == 0)
    #expect(seen.report == "")
  }

  @Test("clocks stop before they overflow")
  func lastMoment() throws {
    let outcome = try run("machine { costs: [step: 3600s] }\nwhile true { }")
    #expect(outcome.ending == .limitReached(.virtualTime))
    #expect(outcome.report.contains("292 years"))
  }
}
