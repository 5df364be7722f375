// Swap: pages that leave, pages that come back, and swapoff.

internal import KernelPeer
internal import QuireKernel

/// Lines about swap; the peer needs a swap area of its own, which few machines have.
enum SwapBenchmarks {
  private static let ram: UInt64 = 64 << 20
  private static let swap: UInt64 = 256 << 20
  /// Pages that leave and come back: 32 MiB.
  private static let pages: UInt64 = 8192
  // Pages are written with a byte: a page of zeros needs no place in swap.

  /// Pages that drive them out: 160 MiB.
  private static let pressure: UInt64 = 40_960

  static let all = [
    Benchmark(name: "swap_out", summary: "a page reclaimed into swap: MADV_PAGEOUT")
      .ours(swapOut).realKernel { peer_swap_out(pages) },
    Benchmark(name: "swap_out_fault", summary: "the same to make room for a new page")
      .ours(swapOutForFault),
    Benchmark(name: "swap_in", summary: "a page that comes back from swap into free memory")
      .ours(swapIn).realKernel { peer_swap_in(pages) },
    Benchmark(name: "swapoff", summary: "a page that swapoff brings back").ours(swapOff),
  ]

  private static func swapOut() throws -> Double {
    var session = try KernelSession.booted(ram: ram, swap: swap)
    let start = try session.map(pages: pages)
    try session.touch(start, pages: pages, .write(1))
    let before = session.kernel.counters.pswpout
    let time = try Stopwatch.time(per: 1) {
      try session.kernel.madvise(
        start, pages << Page.shift, Advice.pageOut.rawValue, by: session.task)
    }
    return try time / written(session.kernel.counters.pswpout - before)
  }

  private static func swapOutForFault() throws -> Double {
    var session = try KernelSession.booted(ram: ram, swap: swap)
    let start = try session.map(pages: 4 * pages)
    // Memory is full before the clock starts.
    try session.touch(start, pages: 2 * pages, .write(1))
    let before = session.kernel.counters.pswpout
    let time = try Stopwatch.time(per: 1) {
      try session.touch(start + 2 * pages << Page.shift, pages: 2 * pages, .write(1))
    }
    return try time / written(session.kernel.counters.pswpout - before)
  }

  private static func swapIn() throws -> Double {
    var session = try KernelSession.booted(ram: ram, swap: swap)
    let start = try driveOut(&session)
    let before = session.kernel.counters.pswpin
    let time = try Stopwatch.time(per: 1) { try session.touch(start, pages: pages, .write(1)) }
    return try time / written(session.kernel.counters.pswpin - before)
  }

  private static func swapOff() throws -> Double {
    var session = try KernelSession.booted(ram: ram, swap: swap)
    _ = try driveOut(&session)
    let before = session.kernel.counters.pswpin
    let time = try Stopwatch.time(per: 1) { try session.swapOff() }
    return try time / written(session.kernel.counters.pswpin - before)
  }

  /// Maps pages, drives most of them into swap and makes room for all of them again.
  private static func driveOut(_ session: inout KernelSession) throws -> VirtualAddress {
    let start = try session.map(pages: pages)
    try session.touch(start, pages: pages, .write(1))
    let other = try session.map(pages: pressure)
    try session.touch(other, pages: pressure, .write(1))
    try session.kernel.munmap(other, pressure << Page.shift, by: session.task)
    return start
  }

  /// How many pages moved, provided that enough did.
  private static func written(_ pages: UInt64) throws -> Double {
    if pages < Self.pages / 2 {
      throw BenchmarkError(description: "only \(pages) pages went through swap")
    }
    return Double(pages)
  }
}
