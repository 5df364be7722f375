// The rules of x86_32 machines one by one, each alone on a machine that has no other of them.

import Testing

@testable import QuireKernel

@Suite("Rules of architectures")
struct ArchitectureRulesTests {
  private static let base: UInt64 = 0x6000_0000_0000
  private static let page = Page.size

  private func boot(
    _ rules: ArchitectureRules, swap: UInt64 = 0,
    set: (inout MachineConfiguration) -> Void = { _ in }
  ) throws -> Kernel {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    if swap > 0 { machine.swap = [SwapConfiguration(size: swap)] }
    set(&machine)
    var kernel = try Kernel(machine)
    kernel.architectureRules = rules
    return kernel
  }

  private func map(
    _ kernel: inout Kernel, _ task: TaskIndex, at page: UInt64, _ count: UInt64,
    _ rights: Protection = [.read, .write], _ kind: MapFlags = .private
  ) throws {
    _ = try kernel.mmap(
      MapRequest(
        at: Self.base + page * Self.page, length: count * Self.page, rights,
        [kind, .anonymous, .fixed]), by: task)
  }

  private func write(_ kernel: inout Kernel, _ task: TaskIndex, _ pages: Range<UInt64>) {
    for page in pages {
      let byte = UInt8(truncatingIfNeeded: page + 1)
      #expect(kernel.storeByte(Self.base + page * Self.page, byte, by: task) == .done)
    }
  }

  private func area(_ kernel: borrowing Kernel, _ task: TaskIndex) -> VirtualMemoryArea? {
    kernel.regions(of: kernel.tasks[task].space).first { $0.start == Self.base }
  }

  private func frame(_ kernel: borrowing Kernel, _ task: TaskIndex, _ page: UInt64) -> FrameNumber {
    let root = kernel.spaces[kernel.tasks[task].space].root
    return kernel.memory.pageEntry(below: root, of: Self.base + page * Self.page).frame
  }

  @Test("x86_64 has none of them, x86_32 all")
  func architectures() throws {
    let kernel = try boot([])
    let rules = kernel.machine.architecture.rules
    #expect(rules.isEmpty)
    #expect(Architecture.x86_32.rules == .classic)
    #expect(ArchitectureRules.classic.contains([.sharedAnonymousFamilies, .wordsOf32Bits]))
  }

  @Test("RMAP-3: a family shares one reverse map, also for the pages that its members make later")
  func families() throws {
    for rules in [[], .sharedAnonymousFamilies] as [ArchitectureRules] {
      var kernel = try boot(rules, swap: 1 << 20)
      let parent = try kernel.spawn(named: "parent", by: kernel.initTask)
      try map(&kernel, parent, at: 0, 4)
      write(&kernel, parent, 0..<2)
      let child = try kernel.fork(parent)
      write(&kernel, child, 1..<3)
      let old = area(kernel, parent)?.anonVMA
      let new = area(kernel, child)?.anonVMA
      #expect(new != nil && (old == new) == (rules == .sharedAnonymousFamilies))
      let owner = kernel.memory.frames[frame(kernel, child, 2)].anonVMA
      #expect(owner == new)
      #expect(kernel.checkInvariants().isEmpty)
      kernel.exit(parent, .exited(0))
      kernel.pageOut(Self.base, Self.base + 4 * Self.page, in: kernel.tasks[child].space)
      #expect(kernel.spaces[kernel.tasks[child].space].swapEntries == 3)
      #expect(kernel.checkInvariants().isEmpty)
    }
  }

  @Test("FORK-2: shared memory is there in the child at once")
  func forkCopies() throws {
    for rules in [[], .forkCopiesEveryTable] as [ArchitectureRules] {
      var kernel = try boot(rules)
      let parent = try kernel.spawn(named: "parent", by: kernel.initTask)
      try map(&kernel, parent, at: 0, 4, [.read, .write], .shared)
      write(&kernel, parent, 0..<3)
      let child = try kernel.fork(parent)
      let space = kernel.spaces[kernel.tasks[child].space]
      #expect(space.sharedPages == (rules.isEmpty ? 0 : 3))
      #expect(kernel.access(Self.base, .read, by: child) == .done)
      #expect(kernel.tasks[child].minorFaults == (rules.isEmpty ? 1 : 0))
      #expect(kernel.checkInvariants().isEmpty)
    }
  }

  @Test("FORK-4, RMAP-3: a fork that finds no memory leaves no child and the parent as it was")
  func forkFailures() throws {
    for failing in 1..<100 {
      var kernel = try boot(.classic)
      let parent = try kernel.spawn(named: "parent", by: kernel.initTask)
      try map(&kernel, parent, at: 0, 4)
      try map(&kernel, parent, at: 1024, 4, [.read, .write], .shared)
      write(&kernel, parent, 0..<2)
      write(&kernel, parent, 1024..<1026)
      try kernel.remapFilePages(
        PageRemapRequest(Self.base + 1024 * Self.page, Self.page, page: 1), by: parent)
      let (count, committed) = (kernel.tasks.count, kernel.committedPages)
      kernel.failAllocation(after: failing)
      let child = try? kernel.fork(parent)
      kernel.failAllocation(after: 0)
      #expect(kernel.checkInvariants().isEmpty, "allocation \(failing)")
      if child != nil {
        #expect(failing > 8, "records, chains and tables are allocated")
        return
      }
      #expect(kernel.tasks.count == count && kernel.committedPages == committed)
      _ = try kernel.fork(parent)
      #expect(kernel.checkInvariants().isEmpty)
    }
    Issue.record("fork never succeeds")
  }

  @Test("STACK-1: growth needs an access at the stack pointer, or 32 bytes below")
  func stack() throws {
    var kernel = try boot(.stackFollowsPointer)
    let task = try kernel.spawn(named: "stack", by: kernel.initTask)
    let space = kernel.tasks[task].space
    let start = try #require(kernel.regions(of: space).last).start
    #expect(kernel.stackPointer(of: task) == kernel.spaces[space].startStack)
    #expect(isMapError(kernel.access(start - 1, .write, by: task)))
    kernel.setStackPointer(start - 8 * Self.page + 32, of: task)
    #expect(isMapError(kernel.access(start - 8 * Self.page - 1, .write, by: task)))
    #expect(kernel.access(start - 8 * Self.page, .write, by: task) == .done)
    #expect(kernel.access(start - 8 * Self.page - 1, .read, by: task) != .done)
    let child = try kernel.fork(task)
    #expect(kernel.stackPointer(of: child) == start - 8 * Self.page + 32)
    try kernel.execute(named: "other", by: child)
    let other = kernel.tasks[child].space
    #expect(kernel.stackPointer(of: child) == kernel.spaces[other].startStack)
    kernel.architectureRules = []
    #expect(kernel.access(start - 16 * Self.page, .write, by: task) == .done)
  }

  private func isMapError(_ progress: Progress) -> Bool {
    if case .signal(let signal) = progress { return signal.code == .mapError }
    return false
  }

  @Test("BRK-2, BRK-3: down to the code, and a limit that counts from the data where it grows")
  func breaks() throws {
    let classic: ArchitectureRules = [.breakReachesCode, .breakJudgesGrowth, .dataLimitIsOfBreak]
    for rules in [[], classic] {
      var kernel = try boot(rules)
      let task = try kernel.spawn(named: "brk", by: kernel.initTask)
      let space = kernel.tasks[task].space
      let start = kernel.spaces[space].startBreak
      try map(&kernel, task, at: 0, 1)
      _ = try kernel.mmap(
        MapRequest(
          at: start - 3 * Self.page, length: 3 * Self.page, [.read, .write],
          [.private, .anonymous, .fixed]), by: task)
      // Two pages of data end where the heap begins, and a page of code where they begin.
      var marks = ProgramMarks()
      (marks.startCode, marks.endCode) = (start - 3 * Self.page, start - 2 * Self.page)
      (marks.startData, marks.endData, marks.end) = (start - 2 * Self.page, start, start)
      kernel.spaces[space].program.marks = marks
      #expect(kernel.brk(start + 4 * Self.page, by: task) == start + 4 * Self.page)
      try kernel.setLimit(on: .data, to: 4 * Self.page, of: task)
      let small = start + 3 * Self.page
      #expect((kernel.brk(small, by: task) == small) == !rules.isEmpty)
      let below = start - Self.page
      #expect((kernel.brk(below, by: task) == below) == !rules.isEmpty)
      #expect(kernel.brk(start - 3 * Self.page, by: task) != start - 3 * Self.page)
      let grown = start + 2 * Self.page
      #expect(kernel.brk(grown, by: task) == grown)
      #expect(kernel.brk(grown + Self.page, by: task) != grown + Self.page)
      #expect(kernel.checkInvariants().isEmpty)
    }
  }

  @Test("VMA-10: RLIMIT_DATA does not concern mmap")
  func dataLimit() throws {
    var kernel = try boot(.dataLimitIsOfBreak)
    let task = try kernel.spawn(named: "data", by: kernel.initTask)
    try kernel.setLimit(on: .data, to: Self.page, of: task)
    try map(&kernel, task, at: 0, 64)
    kernel.architectureRules = []
    #expect(throws: Errno.ENOMEM) { try map(&kernel, task, at: 100, 64) }
  }

  @Test("COMMIT-2: the guess counts the page cache, free swap and free pages")
  func guess() throws {
    var kernel = try boot(.guessCountsWhatIsFree, swap: 4 << 20)
    let task = try kernel.spawn(named: "guess", by: kernel.initTask)
    var free = freePages(kernel)
    #expect(throws: Errno.ENOMEM) { try map(&kernel, task, at: 0, free) }
    // A few pages are for the records of the mapping itself.
    try map(&kernel, task, at: 0, free - 16)
    try map(&kernel, task, at: 100_000, free - 32)
    #expect(kernel.committedPages > 2 * free - 64, "what was promised before does not count")
    kernel.dropPrivileges(of: task)
    try kernel.munmap(Self.base, 1 << 32, by: task)
    free = freePages(kernel)
    #expect(throws: Errno.ENOMEM) { try map(&kernel, task, at: 0, free * 31 / 32 + 16) }
    try map(&kernel, task, at: 0, free * 31 / 32 - 16)
  }

  /// What could be had now.
  private func freePages(_ kernel: borrowing Kernel) -> UInt64 {
    let cached = kernel.gauges.nr_file_pages + kernel.slab.reclaimableFrames
    return UInt64(kernel.memory.freeFrames + kernel.swap.freePages + cached)
  }

  @Test("COMMIT-3: a 32nd of the promised RAM is root's, a 32nd of a process everybody else's")
  func promise() throws {
    var kernel = try boot(.promiseKeepsShares) { $0.tunables.overcommitMemory = 2 }
    let task = try kernel.spawn(named: "promise", by: kernel.initTask)
    let wanted = room(kernel, task, isRoot: true)
    #expect(throws: Errno.ENOMEM) { try map(&kernel, task, at: 0, wanted) }
    try map(&kernel, task, at: 0, wanted - 1)
    try kernel.munmap(Self.base, 1 << 30, by: task)
    kernel.dropPrivileges(of: task)
    let less = room(kernel, task, isRoot: false)
    #expect(less < wanted)
    #expect(throws: Errno.ENOMEM) { try map(&kernel, task, at: 0, less) }
    try map(&kernel, task, at: 0, less - 1)
  }

  /// The first number of pages that is too much.
  private func room(_ kernel: borrowing Kernel, _ task: TaskIndex, isRoot: Bool) -> UInt64 {
    let promised = kernel.commitLimitPages
    let total = kernel.spaces[kernel.tasks[task].space].totalPages
    return promised - (isRoot ? 0 : promised / 32) - total / 32 - kernel.committedPages
  }

  @Test("MMAP-9: what lay at a fixed place is gone also when the new mapping is refused")
  func fixedMap() throws {
    for rules in [[], .fixedMapUnmapsFirst] as [ArchitectureRules] {
      var kernel = try boot(rules)
      let task = try kernel.spawn(named: "fixed", by: kernel.initTask)
      try map(&kernel, task, at: 0, 4)
      write(&kernel, task, 0..<4)
      let total = kernel.spaces[kernel.tasks[task].space].totalPages
      try kernel.setLimit(on: .addressSpace, to: (total + 2) * Self.page, of: task)
      #expect(throws: Errno.ENOMEM) { try map(&kernel, task, at: 0, 8, .read) }
      let isGone = area(kernel, task) == nil
      #expect(isGone == !rules.isEmpty)
      #expect(kernel.checkInvariants().isEmpty)
    }
  }

  @Test("FAULT-4: memory that may only be written is not read in by a fault")
  func writeOnly() throws {
    for rules in [[], .readNeedsMoreThanWrite] as [ArchitectureRules] {
      var kernel = try boot(rules)
      let task = try kernel.spawn(named: "rights", by: kernel.initTask)
      try map(&kernel, task, at: 0, 2, .write)
      #expect((kernel.access(Self.base, .read, by: task) == .done) == rules.isEmpty)
      #expect(kernel.access(Self.base, .write, by: task) == .done)
      #expect(kernel.access(Self.base, .read, by: task) == .done, "the processor lets it be read")
    }
  }

  @Test("FAULT-10: the swap cache may be the other owner, and keeps the page")
  func reuse() throws {
    var kernel = try boot([.reuseCountsOwners, .swapForgetsExclusive], swap: 1 << 20)
    let task = try kernel.spawn(named: "reuse", by: kernel.initTask)
    try map(&kernel, task, at: 0, 4)
    write(&kernel, task, 0..<1)
    kernel.pageOut(Self.base, Self.base + Self.page, in: kernel.tasks[task].space)
    let entry = kernel.memory.pageEntry(
      below: kernel.spaces[kernel.tasks[task].space].root, of: Self.base)
    #expect(entry.isSwap && !entry.isSwapExclusive, "RMAP-4")
    finish(&kernel) { $0.access(Self.base, .read, by: task) }
    let page = frame(kernel, task, 0)
    #expect(kernel.memory.frames[page].flags.contains(.swapCache))
    write(&kernel, task, 0..<1)
    let reused = frame(kernel, task, 0)
    #expect(reused == page)
    #expect(kernel.memory.frames[page].flags.contains(.swapCache))
    #expect(kernel.counters.pgreuse == 1)
    #expect(kernel.checkInvariants().isEmpty)
    let child = try kernel.fork(task)
    write(&kernel, child, 0..<1)
    let copy = frame(kernel, child, 0)
    #expect(copy != page)
    #expect(kernel.checkInvariants().isEmpty)
  }

  private func finish(_ kernel: inout Kernel, _ body: (inout Kernel) -> Progress) {
    while true {
      switch body(&kernel) {
      case .blocked(let until): kernel.now = max(kernel.now, until)
      case let progress:
        #expect(progress == .done)
        return
      }
    }
  }

  @Test("FAULT-14: what the kernel faults in ahead is in no account")
  func accounts() throws {
    for rules in [[], .accountsOfAccessesAlone] as [ArchitectureRules] {
      var kernel = try boot(rules)
      let task = try kernel.spawn(named: "accounts", by: kernel.initTask)
      try map(&kernel, task, at: 0, 8)
      let (own, all) = (kernel.tasks[task].minorFaults, kernel.counters.pgfault)
      try kernel.mlock(Self.base, 4 * Self.page, by: task)
      #expect(kernel.tasks[task].minorFaults == own + (rules.isEmpty ? 4 : 0))
      write(&kernel, task, 4..<6)
      #expect(kernel.tasks[task].minorFaults == own + (rules.isEmpty ? 6 : 2))
      #expect(kernel.counters.pgfault == all + 6)
    }
  }

  @Test("FAULT-15: who finds no memory dies")
  func death() throws {
    for rules in [[], .faultWithoutMemoryKills] as [ArchitectureRules] {
      var kernel = try boot(rules)
      let task = try kernel.spawn(named: "death", by: kernel.initTask)
      try map(&kernel, task, at: 0, 4)
      kernel.failAllocation(after: 1)
      let progress = kernel.access(Self.base, .write, by: task)
      kernel.failAllocation(after: 0)
      #expect(progress == (rules.isEmpty ? .again : .killed))
      #expect(kernel.tasks[task].pending.contains(.SIGKILL) == !rules.isEmpty)
      #expect(kernel.checkInvariants().isEmpty)
    }
  }

  @Test("FAULT-16: a new page of anonymous memory is active and referenced, one of a file is not")
  func lists() throws {
    for rules in [[], .anonymousStartsActive] as [ArchitectureRules] {
      var kernel = try boot(rules)
      let task = try kernel.spawn(named: "lists", by: kernel.initTask)
      try map(&kernel, task, at: 0, 8)
      write(&kernel, task, 0..<8)
      let marks = kernel.memory.frames[frame(kernel, task, 5)].flags
      #expect(marks.isSuperset(of: [.active, .referenced]) == !rules.isEmpty)
      let pages = kernel.gauges
      #expect((rules.isEmpty ? pages.nr_inactive_anon : pages.nr_active_anon) >= 8)
      try map(&kernel, task, at: 8, 2, [.read, .write], .shared)
      write(&kernel, task, 8..<10)
      let shared = frame(kernel, task, 8)
      #expect(!kernel.memory.frames[shared].flags.contains(.active))
      #expect(kernel.checkInvariants().isEmpty)
    }
  }

  @Test("FAULT-9: a read maps one page of shared memory, or those around it too")
  func around() throws {
    for rules in [[], .faultsMapOnePage] as [ArchitectureRules] {
      var kernel = try boot(rules)
      let writer = try kernel.spawn(named: "writer", by: kernel.initTask)
      try map(&kernel, writer, at: 0, 16, [.read, .write], .shared)
      write(&kernel, writer, 0..<16)
      let reader = try kernel.fork(writer)
      #expect(kernel.access(Self.base, .read, by: reader) == .done)
      let space = kernel.spaces[kernel.tasks[reader].space]
      #expect(space.sharedPages == (rules.isEmpty ? 16 : 1))
    }
  }
}
