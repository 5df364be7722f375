import Testing

@testable import QuireKernel

/// Fault counts of swap as they were recorded on Linux 6.12 (conformance scenarios, by name).
struct SwapRecordingTests {
  /// One process on an idle machine with 1 GiB of swap.
  struct Bench: ~Copyable {
    var kernel: Kernel
    var task: TaskIndex
    static let base: VirtualAddress = 0x6000_0000_0000

    init(_ kernel: consuming Kernel) throws {
      var booted = kernel
      task = try booted.spawn(named: "p0", by: booted.initTask)
      self.kernel = booted
    }

    static func machine(pageCluster: Int) -> MachineConfiguration {
      var machine = MachineConfiguration()
      machine.ram = 64 << 20
      machine.swap = [SwapConfiguration(size: 1 << 30)]
      machine.tunables.pageCluster = pageCluster
      return machine
    }

    mutating func map(
      _ pages: Int, at page: Int = 0, _ sharing: MapFlags = .private,
      _ protection: Protection = [.read, .write]
    ) throws {
      _ = try kernel.mmap(
        MapRequest(
          at: Self.base + UInt64(page) * Page.size, length: UInt64(pages) * Page.size, protection,
          [sharing, .anonymous, .fixed]), by: task)
    }

    /// Accesses pages one after another; the faults they took.
    mutating func touch(
      _ pages: Range<Int>, _ action: RangeAccess.Action, by other: TaskIndex = .none
    ) -> [UInt64] {
      let who = other.isNone ? task : other
      let before = kernel.tasks[who]
      var access = RangeAccess(
        action, from: Self.base + UInt64(pages.lowerBound) * Page.size,
        to: Self.base + UInt64(pages.upperBound) * Page.size)
      loop: while true {
        switch kernel.perform(&access, by: who) {
        case .again: continue
        case .blocked(let end): kernel.now = max(kernel.now, end)
        case .done: break loop
        case let other:
          Issue.record("\(other)")
          break loop
        }
      }
      let after = kernel.tasks[who]
      return [after.minorFaults - before.minorFaults, after.majorFaults - before.majorFaults]
    }

    mutating func pageOut(_ pages: Range<Int>) {
      kernel.pageOut(
        Self.base + UInt64(pages.lowerBound) * Page.size,
        Self.base + UInt64(pages.upperBound) * Page.size, in: kernel.tasks[task].space)
    }

    /// Writes, pages out, waits for the disk, reads back and pages out: now the pages are
    /// really gone.
    mutating func sendOut(_ pages: Range<Int>) {
      _ = touch(pages, .write(7))
      pageOut(pages)
      kernel.now += 150_000_000
      #expect(touch(pages, .read) == [UInt64(pages.count), 0])
      pageOut(pages)
    }

    func swapped(_ who: TaskIndex) -> UInt64 { kernel.spaces[kernel.tasks[who].space].swapEntries }
    func resident(_ who: TaskIndex) -> UInt64 { kernel.spaces[kernel.tasks[who].space].anonPages }
    func expectSound() { #expect(kernel.checkInvariants() == []) }
  }

  @Test("swapout_write_refault: what is still cached comes back with minor faults")
  func writeRefault() throws {
    var bench = try Bench(Kernel(Bench.machine(pageCluster: 3)))
    try bench.map(8)
    #expect(bench.touch(0..<8, .write(7)) == [8, 0])
    bench.pageOut(0..<8)
    #expect(bench.swapped(bench.task) == 8 && bench.resident(bench.task) == 0)
    #expect(bench.touch(0..<8, .write(8)) == [8, 0])
    #expect(bench.swapped(bench.task) == 0 && bench.resident(bench.task) == 8)
    bench.kernel.now += 1_000_000
    bench.pageOut(0..<8)
    #expect(bench.swapped(bench.task) == 8)
    #expect(bench.touch(0..<8, .read) == [8, 0])
    bench.expectSound()
  }

  @Test("swapout_fork_child_reads: child and parent each bring the pages back for themselves")
  func forkChildReads() throws {
    var bench = try Bench(Kernel(Bench.machine(pageCluster: 3)))
    try bench.map(8)
    _ = bench.touch(0..<8, .write(3))
    bench.pageOut(0..<8)
    let child = try bench.kernel.fork(bench.task)
    #expect(bench.swapped(child) == 8)
    #expect(bench.touch(0..<8, .read, by: child) == [8, 0])
    #expect(bench.touch(0..<4, .write(4), by: child) == [4, 0])
    #expect(bench.touch(0..<8, .read, by: child) == [0, 0])
    bench.expectSound()
    bench.kernel.exit(child, .exited(0))
    #expect(bench.swapped(bench.task) == 8)
    #expect(bench.touch(0..<8, .read) == [8, 0])
    bench.expectSound()
  }

  @Test("swapout_zero_pages: a page that was only read has nothing to swap")
  func zeroPages() throws {
    var bench = try Bench(Kernel(Bench.machine(pageCluster: 3)))
    try bench.map(4)
    #expect(bench.touch(0..<4, .read) == [4, 0])
    bench.pageOut(0..<4)
    #expect(bench.swapped(bench.task) == 0)
  }

  @Test("swapout_shared_by_fork_not_paged: pages that two processes map stay")
  func sharedByFork() throws {
    var bench = try Bench(Kernel(Bench.machine(pageCluster: 3)))
    try bench.map(4)
    _ = bench.touch(0..<4, .write(3))
    let child = try bench.kernel.fork(bench.task)
    bench.pageOut(0..<4)
    #expect(bench.resident(bench.task) == 4 && bench.resident(child) == 4)
    bench.kernel.exit(child, .exited(0))
    bench.pageOut(0..<4)
    #expect(bench.swapped(bench.task) == 4)
    bench.expectSound()
  }

  @Test("swapout_shmem: shared pages come back with minor faults while they are cached")
  func shmem() throws {
    var bench = try Bench(Kernel(Bench.machine(pageCluster: 3)))
    try bench.map(8, .shared)
    #expect(bench.touch(0..<8, .write(6)) == [8, 0])
    bench.pageOut(0..<8)
    #expect(bench.touch(0..<8, .read) == [8, 0])
    bench.expectSound()
  }

  @Test("swapreal_shmem_fork: what the child brought back, the parent maps with one fault")
  func shmemFork() throws {
    var bench = try Bench(Kernel(Bench.machine(pageCluster: 3)))
    try bench.map(8, .shared)
    bench.sendOut(0..<8)
    let child = try bench.kernel.fork(bench.task)
    #expect(bench.touch(0..<8, .read, by: child) == [8, 0])
    bench.kernel.exit(child, .exited(0))
    #expect(bench.touch(0..<8, .read) == [1, 0])
    bench.expectSound()
  }

  @Test("swapreal_partial_munmap: 2 major faults for 8 pages behind a hole, 1 for 4 before it")
  func partialMunmap() throws {
    var bench = try Bench(Kernel(Bench.machine(pageCluster: 3)))
    try bench.map(16)
    bench.sendOut(0..<16)
    let hole = Bench.base + 4 * Page.size
    try bench.kernel.munmap(hole, 4 * Page.size, by: bench.task)
    #expect(bench.swapped(bench.task) == 12)
    #expect(bench.touch(8..<16, .read) == [6, 2])
    #expect(bench.touch(0..<4, .read) == [3, 1])
    #expect(bench.resident(bench.task) == 12)
    bench.expectSound()
  }

  @Test("swapreal_random_advice: 16 pages in order take 3 major faults")
  func inOrder() throws {
    var bench = try Bench(Kernel(Bench.machine(pageCluster: 3)))
    try bench.map(16)
    bench.sendOut(0..<16)
    #expect(bench.touch(0..<16, .read) == [13, 3])
    bench.expectSound()
  }

  @Test("swapreal_vma_edge_readahead: read-ahead stays in the region")
  func regionEdge() throws {
    var bench = try Bench(Kernel(Bench.machine(pageCluster: 3)))
    try bench.map(4)
    try bench.map(4, at: 4, .private, [.read, .write, .execute])
    bench.sendOut(0..<8)
    #expect(bench.touch(3..<4, .read) == [0, 1])
    #expect(bench.swapped(bench.task) == 7)
    #expect(bench.touch(0..<8, .read) == [6, 1])
    bench.expectSound()
  }

  @Test("page_cluster 0 reads single pages")
  func noReadahead() throws {
    var bench = try Bench(Kernel(Bench.machine(pageCluster: 0)))
    try bench.map(16)
    bench.sendOut(0..<16)
    #expect(bench.touch(0..<16, .read) == [0, 16])
  }
}
