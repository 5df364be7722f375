// Limits of a run: each stops it, says where and how to raise it, and lets a host go on.

import Quire
import Testing

@Suite("Limits")
struct LimitTests {
  private func limited(_ change: (inout Limits) -> Void) -> Limits {
    var limits = Limits()
    change(&limits)
    return limits
  }

  @Test(
    "each limit stops the run with status 3 and names its option",
    arguments: [
      (LimitKind.steps, "while true { }", "--max-steps"),
      (.virtualTime, "while true { }", "--max-time"),
      (.heap, "let xs = []\nwhile true { push xs, str(len(xs)) }", "--max-heap"),
      (.processes, "while true { fork { sleep 1s } }", "--max-processes"),
      (.output, "while true { print 1 }", "--max-output"),
      (.callDepth, "fn f(n) { return f(n + 1) }\nf(0)", "a host can raise it"),
    ])
  func stops(kind: LimitKind, source: String, advice: String) throws {
    let limits = limited {
      $0.steps = kind == .steps ? 1_000 : 10_000_000
      if kind == .virtualTime { $0.virtualTime = 1_000_000 }
      $0.heapBytes = 1 << 20
      $0.processes = 20
      $0.outputBytes = 1_000
      $0.callDepth = 200
    }
    let outcome = try run(source, limits: limits)
    #expect(outcome.ending == .limitReached(kind))
    #expect(outcome.exitStatus == 3)
    #expect(outcome.report.contains(advice), "\(outcome.report)")
    #expect(outcome.report.contains("test.quire:"))
  }

  @Test("a fork bomb ends, however small the machine: the dead that nobody waited for count")
  func forkBomb() throws {
    for source in ["machine { ram: 8MiB }\nwhile true { fork() }", "while true { fork() }"] {
      let outcome = try run(source, limits: limited { $0.processes = 3_000 })
      #expect(outcome.ending == .limitReached(.processes))
      let reason = outcome.diagnostics.last?.message
      #expect(reason == "the run has reached its limit of 3000 processes")
    }
    let orderly = try run(
      "repeat 100 { wait(fork() { exit 1 }) }", limits: limited { $0.processes = 10 })
    #expect(orderly.ending == .finished)
    let failing = try run(
      "repeat 100 { wait(fork() { raise \"no\" }) }", limits: limited { $0.processes = 10 })
    #expect(failing.ending == .finished)
  }

  @Test("a sleep does not carry a run beyond its limit of time")
  func sleeping() throws {
    let outcome = try run(
      "fork { sleep 20s }\nsleep 10s", limits: limited { $0.virtualTime = 1_000_000 })
    #expect(outcome.ending == .limitReached(.virtualTime))
    #expect(outcome.time == 1_000_000)
    #expect(outcome.report.contains("every process waits for a later time"))
  }

  @Test("a script cannot catch a limit")
  func uncatchable() throws {
    let outcome = try run(
      "while true { try { while true { } } catch e { print \"caught\" } }",
      limits: limited { $0.steps = 500 })
    #expect(outcome.ending == .limitReached(.steps))
    #expect(outcome.text == "")
  }

  @Test(
    "a run that is resumed after a limit is the run that never met it", arguments: corpus.indices)
  func resumed(index: Int) async throws {
    let program = try Program(corpus[index].source)
    let whole = try program.run()
    let machine = try Machine(
      program,
      limits: limited {
        $0.steps = 50
        $0.virtualTime = 40_000
      })
    var outcome = await withCheckedContinuation { continuation in
      machine.start { continuation.resume(returning: $0) }
    }
    var steps: UInt64 = 50
    var time: Nanoseconds = 40_000
    while case .limitReached = outcome.ending {
      steps += 300
      time += 200_000
      let limits = limited {
        $0.steps = steps
        $0.virtualTime = time
      }
      outcome = await withCheckedContinuation { continuation in
        machine.resume(with: limits) { continuation.resume(returning: $0) }
      }
    }
    #expect(outcome.text == whole.text)
    #expect(outcome.digest == whole.digest)
    #expect(outcome.steps == whole.steps)
  }

  @Test("what the machine runs out of is ordinary, and can be caught")
  func machineExhaustion() throws {
    try expectAllHold(
      """
      machine { ram: 16MiB }
      var forks = 0
      try {
          while true {
              fork { sleep 1s }
              forks = forks + 1
          }
      } catch e {
          expect e.errno == "EAGAIN" or e.errno == "ENOMEM"
      }
      expect forks > 10
      expect ENOMEM { mmap 1TiB, "rw" }
      """)
  }
}
