// Scripts that work the kernel, beside the real kernel and beside Lua's start.

internal import Foundation
internal import KernelPeer

/// Lines about what a script sees: faults, accesses, switches, and a whole process.
enum ScriptBenchmarks {
  /// 1 GiB: so many that booting the machine hardly counts.
  private static let faults: UInt64 = 262_144
  private static let pages: UInt64 = 16_384
  private static let accesses: UInt64 = 1_000_000
  private static let yields: UInt64 = 100_000

  static let all = [
    Benchmark(name: "script_minor_fault", summary: "first write to a page, from a loop of a script")
      .ours(minorFault).realKernel { peer_minor_fault(faults) },
    Benchmark(name: "script_resident", summary: "write to a page that is there, from a loop")
      .ours(resident).realKernel { peer_resident_touch(pages, 20, 0) },
    Benchmark(name: "task_switch", summary: "a process yields the CPU to another")
      .ours(taskSwitch).realKernel { peer_switch(yields) },
    Benchmark(name: "empty_script", summary: "a whole process that runs an empty script")
      .ours(emptyScript)
      .peer("Lua") { try Subprocess.cpuTime(of: LuaPeer.program, ["-e", ""]) },
  ]

  private static func minorFault() throws -> Double {
    try LanguageBenchmarks.time(
      per: faults,
      """
      machine { ram: 2GiB, cpus: 1 }
      let heap = mmap \(faults)pages, "rw"
      var place = heap.start
      while place < heap.end {
          store place, 1
          place = place + 4096
      }
      """)
  }

  private static func resident() throws -> Double {
    try LanguageBenchmarks.time(
      per: accesses,
      """
      machine { ram: 256MiB, cpus: 1 }
      let heap = mmap 64pages, "rw"
      write heap
      var turn = 0
      while turn < \(accesses / 64) {
          var place = heap.start
          while place < heap.end {
              store place, 1
              place = place + 4096
          }
          turn = turn + 1
      }
      """)
  }

  private static func taskSwitch() throws -> Double {
    try LanguageBenchmarks.time(
      per: 2 * yields,
      """
      machine { ram: 64MiB, cpus: 1 }
      process "ping" { repeat \(yields) { yield } }
      process "pong" { repeat \(yields) { yield } }
      wait
      """)
  }

  /// The `quire` that was built together with this program.
  private static func emptyScript() throws -> Double {
    let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("quire").path
    let script = FileManager.default.temporaryDirectory
      .appendingPathComponent("quire-bench-\(ProcessInfo.processInfo.processIdentifier).quire")
    try Data().write(to: script)
    defer { try? FileManager.default.removeItem(at: script) }
    guard let time = try Subprocess.cpuTime(of: program, ["run", script.path]) else {
      throw BenchmarkError(description: "there is no \(program); build the product quire first")
    }
    return time
  }
}
