// The simulated kernel beside the real one: faults, forks and maps.

internal import KernelPeer
internal import QuireKernel

/// Lines whose peer is the kernel of this machine.
enum KernelBenchmarks {
  /// Pages of the fault lines: enough to leave the host's caches, few enough for a small machine.
  private static let pages: UInt64 = 16_384
  /// Pages of the lines about memory that is there: 32 MiB.
  private static let residentPages: UInt64 = 8192
  private static let residentRounds: UInt64 = 50
  /// What the fork lines have touched.
  private static let forkBytes: UInt64 = 1 << 30
  private static let mapRounds: UInt64 = 20_000
  /// Near the limit of `vm.max_map_count`.
  private static let manyRegions: UInt64 = 65_000

  static let all = [
    Benchmark(name: "minor_fault", summary: "first write to a page, one access at a time")
      .ours(minorFault).realKernel { peer_minor_fault(pages) },
    Benchmark(name: "range_touch", summary: "first write to a page, one call for the range")
      .ours(rangeTouch).realKernel { peer_minor_fault(pages) },
    Benchmark(name: "resident_sequential", summary: "write to a page that is there, in order")
      .ours(residentSequential)
      .realKernel { peer_resident_touch(residentPages, residentRounds, 0) },
    Benchmark(name: "resident_random", summary: "write to a page that is there, at random")
      .ours(residentRandom)
      .realKernel { peer_resident_touch(residentPages, residentRounds, 1) },
    Benchmark(name: "cow_fault", summary: "write to a page that a child shares: a copy")
      .ours(copyOnWrite).realKernel { peer_copy_on_write(pages) },
    Benchmark(name: "fork_1gib", summary: "fork with 1 GiB touched, the parent's part")
      .ours { try fork(withExitAndWait: false) }.realKernel { peer_fork(forkBytes, 0) },
    Benchmark(name: "fork_exit_wait_1gib", summary: "fork with 1 GiB touched, exit and wait")
      .ours { try fork(withExitAndWait: true) }.realKernel { peer_fork(forkBytes, 1) },
    Benchmark(name: "map_unmap", summary: "mmap of four pages and munmap, nothing touched")
      .ours { try mapUnmap(beside: 0) }.realKernel { peer_map_unmap(mapRounds, 0) },
    Benchmark(name: "map_unmap_65k", summary: "the same in a process that has 65,000 regions")
      .ours { try mapUnmap(beside: manyRegions) }
      .realKernel { peer_map_unmap(mapRounds, manyRegions) },
    splitMerge("10", regions: 10),
    splitMerge("1k", regions: 1000),
    splitMerge("65k", regions: manyRegions),
  ]

  private static func minorFault() throws -> Double {
    var session = try KernelSession.booted(ram: 256 << 20)
    let start = try session.map(pages: pages)
    let end = start + pages << Page.shift
    return try Stopwatch.time(per: pages) {
      for address in stride(from: start, to: end, by: Int(Page.size)) {
        try succeed(session.kernel.access(address, .write, by: session.task))
      }
    }
  }

  private static func rangeTouch() throws -> Double {
    var session = try KernelSession.booted(ram: 256 << 20)
    let start = try session.map(pages: pages)
    return try Stopwatch.time(per: pages) { try session.touch(start, pages: pages) }
  }

  private static func residentSequential() throws -> Double {
    var session = try KernelSession.booted(ram: 256 << 20)
    let start = try session.map(pages: residentPages)
    try session.touch(start, pages: residentPages)
    return try Stopwatch.time(per: residentPages * residentRounds) {
      for _ in 0..<residentRounds { try session.touch(start, pages: residentPages) }
    }
  }

  private static func residentRandom() throws -> Double {
    var session = try KernelSession.booted(ram: 256 << 20)
    let start = try session.map(pages: residentPages)
    try session.touch(start, pages: residentPages)
    var shuffler = Shuffler()
    return try Stopwatch.time(per: residentPages * residentRounds) {
      for _ in 0..<residentPages * residentRounds {
        let address = start + shuffler.next(below: residentPages) << Page.shift
        try succeed(session.kernel.access(address, .write, by: session.task))
      }
    }
  }

  private static func copyOnWrite() throws -> Double {
    var session = try KernelSession.booted(ram: 256 << 20)
    let start = try session.map(pages: pages)
    try session.touch(start, pages: pages)
    _ = try session.kernel.fork(session.task)
    let end = start + pages << Page.shift
    return try Stopwatch.time(per: pages) {
      for address in stride(from: start, to: end, by: Int(Page.size)) {
        try succeed(session.kernel.access(address, .write, by: session.task))
      }
    }
  }

  private static func fork(withExitAndWait: Bool) throws -> Double {
    var session = try KernelSession.booted(ram: 2 << 30)
    let start = try session.map(pages: forkBytes >> Page.shift)
    try session.touch(start, pages: forkBytes >> Page.shift)
    return try Stopwatch.time(per: 1) {
      let child = try session.kernel.fork(session.task)
      if !withExitAndWait { return }
      session.kernel.exit(child, .exited(0))
      _ = try session.kernel.wait(for: .any, by: session.task)
    }
  }

  private static func mapUnmap(beside regions: UInt64) throws -> Double {
    var session = try KernelSession.booted(ram: 256 << 20)
    if regions > 0 { _ = try session.mapRegions(regions) }
    let length = 4 * Page.size
    let request = MapRequest(length: length, [.read, .write], [.private, .anonymous])
    return try Stopwatch.time(per: mapRounds) {
      for _ in 0..<mapRounds {
        let start = try session.kernel.mmap(request, by: session.task)
        try session.kernel.munmap(start, length, by: session.task)
      }
    }
  }

  private static func splitMerge(_ name: String, regions: UInt64) -> Benchmark {
    Benchmark(
      name: "vma_split_merge_" + name,
      summary: "mprotect of a page that merges with its neighbours or is split from them"
    ).ours { try splitMerge(regions: regions) }
      .realKernel { peer_split_merge(mapRounds, regions) }
  }

  private static func splitMerge(regions: UInt64) throws -> Double {
    var session = try KernelSession.booted(ram: 256 << 20)
    let start = try session.mapRegions(regions)
    var shuffler = Shuffler()
    return try Stopwatch.time(per: 2 * mapRounds) {
      for _ in 0..<mapRounds {
        // A writable page between two read-only ones.
        let place = start + (2 * shuffler.next(below: regions / 2 - 1) + 1) << Page.shift
        try session.kernel.mprotect(place, Page.size, .read, by: session.task)
        try session.kernel.mprotect(place, Page.size, [.read, .write], by: session.task)
      }
    }
  }
}
