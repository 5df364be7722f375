// Random scripts: whatever processes do to memory and to each other, the kernel's tables stay
// whole, and no slice of the host shows in the result.

import Quire
import SwarmSeeds
import Testing

/// Writes scripts from a seed. Every verb is tried, most of its refusals are caught.
private struct ScriptWriter {
  private var state: UInt64
  private var lines: [String] = []

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

  /// A number below `bound` (xorshift; its quality does not matter here).
  private mutating func below(_ bound: UInt64) -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return (state >> 11) % bound
  }

  mutating func script() -> String {
    let scheduler = below(2) == 0 ? "round-robin" : "random"
    let quantum = [200, 3_000, 50_000, 1_000_000][Int(below(4))]
    lines.append(
      """
      machine { ram: 16MiB, swap: [\(8 + below(24))MiB], cpus: \(1 + below(4)), \
      scheduler: "\(scheduler)", quantum: \(quantum), seed: \(below(1000)) }
      let shared = mmap 1MiB, "rw", shared: true
      let s = semaphore(1)
      var handled = 0
      on_signal SIGUSR1 { n in handled = handled + 1 }
      """)
    block(depth: 0, statements: 12 + below(12))
    lines.append("wait\nprint handled, vmstat.pgfault, now()")
    return lines.joined(separator: "\n")
  }

  private mutating func block(depth: Int, statements: UInt64) {
    lines.append("let m\(depth) = mmap \(1 + below(6))MiB, \"rw\"")
    for _ in 0..<statements { statement(depth: depth) }
  }

  private mutating func statement(depth: Int) {
    let region = below(4) == 0 ? "shared" : "m\(depth)"
    let page = below(256)
    switch below(18) {
    case 0: guarded("write \(region), value: \(below(256))")
    case 1, 2: guarded("touch \(region)")
    case 3: guarded("read \(region)")
    case 4: guarded("touch \(region), pattern: \"random\", count: \(below(600))")
    case 5: guarded("store \(region).start + \(page) * 4KiB, \(below(1 << 30))")
    case 6: guarded("print load(\(region).start + \(page) * 4KiB)")
    case 7: guarded("munmap \(region).start + \(page) * 4KiB, \(1 + below(64)) * 4KiB")
    case 8: guarded("mprotect \(region).start + \(page) * 4KiB, \"r\", length: 16KiB")
    case 9: guarded("mmap \(1 + below(2000))KiB, \"rw\", populate: \(below(2) == 0)")
    case 10: guarded("sbrk \(Int(below(64)) - 20) * 4KiB")
    case 11: guarded("kfree(kmalloc(\(1 + below(9000))))")
    case 12: guarded("free_pages alloc_pages(GFP_KERNEL, \(below(4)))")
    case 13: lines.append("sleep \(below(400))us")
    case 14: guarded("s.down()\nsleep \(below(50))us\ns.up()")
    case 15: guarded("kill self, SIGUSR1")
    case 16: guarded("wait_any()")
    default: child(depth: depth)
    }
  }

  private mutating func guarded(_ call: String) {
    lines.append("try { \(call) } catch e { print e.errno, e.signal }")
  }

  private mutating func child(depth: Int) {
    if depth >= 2 { return }
    lines.append("try {\nlet c = fork {")
    block(depth: depth + 1, statements: 3 + below(6))
    if below(3) == 0 { lines.append("exit \(below(256))") }
    lines.append("}")
    if below(3) == 0 { lines.append("sleep \(below(300))us\nkill c, SIGTERM") }
    if below(2) == 0 { lines.append("wait c") }
    lines.append("} catch e { print e.errno, e.signal }")
  }
}

@Suite("Random scripts")
struct ScriptSwarmTests {
  @Test(
    "random scripts leave the kernel whole and do not see the host", arguments: swarmSeeds(12))
  func swarm(seed: Int) throws {
    var writer = ScriptWriter(seed: UInt64(seed))
    let source = writer.script()
    let program = try Program(source, named: "seed-\(seed).quire")
    var options = RunOptions()
    options.recordsEvents = true
    var limits = Limits()
    limits.virtualTime = 60_000_000_000
    let plain = try program.run(limits: limits, options: options)
    options.slice = 13
    options.audits = true
    let audited = try program.run(limits: limits, options: options)
    if case .corrupt = audited.ending { Issue.record("\(audited.report)\n\(source)") }
    if case .limitReached = audited.ending { Issue.record("\(audited.report)\n\(source)") }
    #expect(audited.text == plain.text, "\(source)")
    #expect(audited.digest == plain.digest, "\(source)")
  }
}
