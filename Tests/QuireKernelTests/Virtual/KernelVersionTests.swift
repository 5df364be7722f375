// What Linux 6.18 does otherwise than 6.12, rule by rule.

import Testing

@testable import QuireKernel

@Suite("Kernel versions")
struct KernelVersionTests {
  static let base: UInt64 = 0x6000_0000_0000
  static let page = Page.size

  private func boot(_ version: KernelVersion) throws -> Kernel {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    machine.kernel = version
    return try Kernel(machine)
  }

  private func map(
    _ kernel: inout Kernel, _ task: TaskIndex, at page: UInt64, _ count: UInt64,
    _ rights: Protection = [.read, .write]
  ) throws {
    _ = try kernel.mmap(
      MapRequest(
        at: Self.base + page * Self.page, length: count * Self.page, rights,
        [.private, .anonymous, .fixed]), by: task)
  }

  private func write(_ kernel: inout Kernel, _ task: TaskIndex, _ pages: Range<UInt64>) {
    for page in pages {
      #expect(
        kernel.storeByte(
          Self.base + page * Self.page, UInt8(truncatingIfNeeded: page + 1), by: task) == .done)
    }
  }

  private func places(_ kernel: borrowing Kernel, _ task: TaskIndex) -> [[UInt64]] {
    kernel.regions(of: kernel.tasks[task].space)
      .filter { $0.start >= Self.base && $0.start < Self.base + 1 << 30 }
      .map { [($0.start - Self.base) / Self.page, ($0.end - Self.base) / Self.page] }
  }

  @Test("each version has the rules of those before it")
  func history() {
    #expect(KernelVersion.linux6_12.rules == [.sealing, .droppableMemory])
    #expect(KernelVersion.linux6_18.rules.isStrictSuperset(of: KernelVersion.linux6_12.rules))
    #expect(KernelVersion.list == "6.12 and 6.18")
  }

  @Test("guards are refused by 6.12")
  func noGuards() throws {
    var kernel = try boot(.linux6_12)
    let task = try kernel.spawn(named: "versions", by: kernel.initTask)
    try map(&kernel, task, at: 0, 4)
    for advice in [Advice.guardInstall, .guardRemove] {
      #expect(throws: Errno.EINVAL) {
        try kernel.madvise(Self.base, Self.page, advice.rawValue, by: task)
      }
    }
  }

  @Test("a guard survives advice, other rights, fork and a move, and goes when it is removed")
  func guards() throws {
    var kernel = try boot(.linux6_18)
    let task = try kernel.spawn(named: "versions", by: kernel.initTask)
    try map(&kernel, task, at: 0, 4)
    write(&kernel, task, 0..<4)
    let guarded = Self.base + Self.page
    try kernel.madvise(guarded, 2 * Self.page, Advice.guardInstall.rawValue, by: task)
    #expect(kernel.spaces[kernel.tasks[task].space].anonPages == 2)
    try kernel.madvise(Self.base, 4 * Self.page, Advice.dontNeed.rawValue, by: task)
    try kernel.madvise(Self.base, 4 * Self.page, Advice.free.rawValue, by: task)
    try kernel.mprotect(Self.base, 4 * Self.page, .read, by: task)
    try kernel.mprotect(Self.base, 4 * Self.page, [.read, .write], by: task)
    let child = try kernel.fork(task)
    for process in [task, child] {
      let answer = kernel.access(guarded, .write, by: process)
      #expect(answer == .signal(SignalInfo(.SIGSEGV, .mapError, at: guarded)))
    }
    #expect(throws: Errno.ENOMEM) { try kernel.mlock(guarded, Self.page, by: child) }
    #expect(try kernel.mincore(Self.base, 4 * Self.page, by: task) == [false, false, false, false])
    let moved = try kernel.mremap(
      RemapRequest(
        Self.base, 4 * Self.page, to: 4 * Self.page, [.mayMove, .fixed],
        at: Self.base + 64 * Self.page), by: task)
    #expect(
      kernel.access(moved + Self.page, .read, by: task)
        == .signal(SignalInfo(.SIGSEGV, .mapError, at: moved + Self.page)))
    try kernel.madvise(moved, 4 * Self.page, Advice.guardRemove.rawValue, by: task)
    #expect(kernel.access(moved + Self.page, .read, by: task) == .done)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("what is locked takes no guard, and a guard that memory runs out for is EAGAIN")
  func refusedGuards() throws {
    var kernel = try boot(.linux6_18)
    let task = try kernel.spawn(named: "versions", by: kernel.initTask)
    try map(&kernel, task, at: 0, 1)
    kernel.failAllocation(after: 1)
    #expect(throws: Errno.EAGAIN) {
      try kernel.madvise(Self.base, Self.page, Advice.guardInstall.rawValue, by: task)
    }
    kernel.failAllocation(after: 0)
    #expect(kernel.checkInvariants().isEmpty)
    try kernel.mlock(Self.base, Self.page, by: task)
    #expect(throws: Errno.EINVAL) {
      try kernel.madvise(Self.base, Self.page, Advice.guardInstall.rawValue, by: task)
    }
  }

  @Test("MADV_DONTNEED of a whole table frees it from 6.14 on", arguments: KernelVersion.allCases)
  func emptyTables(version: KernelVersion) throws {
    var kernel = try boot(version)
    let task = try kernel.spawn(named: "versions", by: kernel.initTask)
    try map(&kernel, task, at: 0, 1024)
    write(&kernel, task, 0..<1)
    write(&kernel, task, 513..<514)
    let space = kernel.tasks[task].space
    let tables = kernel.spaces[space].tableBytes
    try kernel.madvise(Self.base, 1023 * Self.page, Advice.dontNeed.rawValue, by: task)
    let freed: UInt64 = version == .linux6_18 ? Self.page : 0
    #expect(kernel.spaces[space].tableBytes == tables - freed)
    write(&kernel, task, 0..<1)
    #expect(kernel.spaces[space].tableBytes == tables)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("REC-1: a region without pages takes in one that has some from 6.16 on")
  func merging() throws {
    for version in KernelVersion.allCases {
      var kernel = try boot(version)
      let task = try kernel.spawn(named: "versions", by: kernel.initTask)
      try map(&kernel, task, at: 0, 4)
      let second = Self.base + 2 * Self.page
      try kernel.mlock(second, 2 * Self.page, flags: Kernel.lockOnFault, by: task)
      #expect(places(kernel, task) == [[0, 2], [2, 4]])
      write(&kernel, task, 2..<3)
      try kernel.munlock(second, 2 * Self.page, by: task)
      #expect(places(kernel, task) == (version == .linux6_18 ? [[0, 4]] : [[0, 2], [2, 4]]))
      #expect(kernel.checkInvariants().isEmpty)
    }
  }

  @Test("REC-13: 6.18 moves several regions with their holes; 6.12 has unmapped the target then")
  func severalRegions() throws {
    for version in KernelVersion.allCases {
      var kernel = try boot(version)
      let task = try kernel.spawn(named: "versions", by: kernel.initTask)
      try map(&kernel, task, at: 0, 2)
      try map(&kernel, task, at: 4, 2, .read)
      try map(&kernel, task, at: 100, 8, [])
      write(&kernel, task, 0..<2)
      let request = RemapRequest(
        Self.base, 7 * Self.page, to: 7 * Self.page, [.mayMove, .fixed],
        at: Self.base + 100 * Self.page)
      let moved = try? kernel.mremap(request, by: task)
      #expect((moved != nil) == (version == .linux6_18))
      // What lay at the target where the range has holes is still there.
      #expect(
        places(kernel, task)
          == (version == .linux6_18
            ? [[100, 102], [102, 104], [104, 106], [106, 108]] : [[0, 2], [4, 6], [107, 108]]))
      #expect(kernel.checkInvariants().isEmpty)
    }
  }

  @Test("REC-13: 6.18 looks at the numbers of mremap first, 6.12 for the region")
  func order() throws {
    for version in KernelVersion.allCases {
      var kernel = try boot(version)
      let task = try kernel.spawn(named: "versions", by: kernel.initTask)
      let overlapping = RemapRequest(
        Self.base, 4 * Self.page, to: 4 * Self.page, [.mayMove, .fixed],
        at: Self.base + Self.page)
      let expected: Errno = version == .linux6_18 ? .EINVAL : .EFAULT
      #expect(throws: expected) { try kernel.mremap(overlapping, by: task) }
    }
  }

  @Test("REC-14: a copy that leaves a locked region behind counts as locked once, or twice on 6.18")
  func lockedTwice() throws {
    for version in KernelVersion.allCases {
      var kernel = try boot(version)
      let task = try kernel.spawn(named: "versions", by: kernel.initTask)
      try map(&kernel, task, at: 0, 4)
      try kernel.mlock(Self.base, 4 * Self.page, by: task)
      let request = RemapRequest(
        Self.base, 2 * Self.page, to: 2 * Self.page, [.mayMove, .dontUnmap])
      _ = try kernel.mremap(request, by: task)
      let locked = kernel.spaces[kernel.tasks[task].space].lockedPages
      #expect(locked == (version == .linux6_18 ? 6 : 4))
      #expect(kernel.checkInvariants().isEmpty)
    }
  }
}
