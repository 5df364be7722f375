import KernelStorage
import Testing

@testable import QuireKernel

/// Each rule that the checker knows is broken on purpose, and found by its name (AUDIT-10, 12, 17).
struct CorruptionTests {
  /// A machine with two processes, pages in memory, in swap and in the swap cache.
  static func busyKernel() throws -> Kernel {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    machine.swap = [SwapConfiguration(size: 4 << 20)]
    var kernel = try Kernel(machine)
    let task = try kernel.spawn(named: "p", by: kernel.initTask)
    _ = try kernel.mmap(
      MapRequest(
        at: 0x10_0000_0000, length: 32 << 12, [.read, .write], [.private, .anonymous, .fixed]),
      by: task)
    var access = RangeAccess(.write(1), from: 0x10_0000_0000, to: 0x10_0000_0000 + 32 << 12)
    _ = kernel.perform(&access, by: task)
    let space = kernel.tasks[task].space
    kernel.pageOut(0x10_0000_0000, 0x10_0000_0000 + 8 << 12, in: space)
    kernel.now += 1_000_000_000
    _ = kernel.directReclaim(gfp: .kernel, order: 0, for: .none)
    _ = try kernel.fork(task)
    return kernel
  }

  static func expect(_ rule: String, _ corrupt: (inout Kernel) throws -> Void) throws {
    var kernel = try busyKernel()
    #expect(kernel.checkInvariants() == [])
    try corrupt(&kernel)
    #expect(kernel.checkInvariants().contains { $0.rule == rule }, "\(rule)")
  }

  static func process(_ kernel: borrowing Kernel) -> TaskIndex { kernel.tasks.task(withPID: 3) }

  @Test("AUDIT-17: the process table")
  func tasks() throws {
    try Self.expect("task.parent-alive") { kernel in
      let task = Self.process(kernel)
      kernel.tasks[task].state = .zombie
    }
    try Self.expect("task.zombie-memory") { kernel in
      let child = kernel.tasks[Self.process(kernel)].firstChild
      kernel.tasks[child].state = .zombie
    }
    try Self.expect("task.child-links") { kernel in
      let child = kernel.tasks[Self.process(kernel)].firstChild
      kernel.tasks[child].previousSibling = child
    }
    try Self.expect("task.pid-map") { kernel in
      let task = Self.process(kernel)
      kernel.tasks[task].pid = 77
    }
    try Self.expect("task.list-length") { kernel in
      let task = Self.process(kernel)
      kernel.tasks[task].next = .none
    }
    try Self.expect("task.stack-count") { kernel in kernel.tasks.stackCount += 1 }
    try Self.expect("task.waiting-state") { kernel in
      let task = Self.process(kernel)
      kernel.tasks[task].flags.insert(.waiting)
    }
    try Self.expect("task.list-links") { kernel in
      let task = Self.process(kernel)
      kernel.tasks[task].previous = task
    }
    try Self.expect("task.stack") { kernel in
      let task = Self.process(kernel)
      kernel.tasks[task].footprint.stack = .none
    }
    try Self.expect("space.references") { kernel in
      let task = Self.process(kernel)
      kernel.spaces[kernel.tasks[task].space].references += 1
    }
    try Self.expect("task.kernel-thread-parent") { kernel in
      let task = Self.process(kernel)
      kernel.tasks[task].flags.insert(.kernelThread)
    }
    try Self.expect("task.parent") { kernel in
      let task = Self.process(kernel)
      kernel.tasks.removeChild(task)
    }
  }

  @Test("AUDIT-10: the LRU lists")
  func lru() throws {
    try Self.expect("lru.flag") { kernel in
      let frame = kernel.lru.tail(.inactiveAnon)
      kernel.memory.frames[frame].flags.remove(.lru)
    }
    try Self.expect("lru.list") { kernel in
      let frame = kernel.lru.tail(.inactiveAnon)
      kernel.memory.frames[frame].flags.insert(.active)
    }
    try Self.expect("lru.links") { kernel in
      let frame = kernel.lru.tail(.inactiveAnon)
      kernel.memory.frames[frame].previous = frame
    }
    try Self.expect("lru.count") { kernel in
      let frame = kernel.lru.head(.inactiveAnon)
      kernel.memory.frames[frame].next = .none
    }
    try Self.expect("lru.owner") { kernel in
      let frame = kernel.lru.head(.inactiveAnon)
      kernel.memory.frames[frame].mapCount = 0
    }
  }

  /// A slot with data, and one that a page is cached for.
  static func slots(_ kernel: borrowing Kernel) -> (data: SwapEntry, cached: SwapEntry) {
    var data = SwapEntry.none
    var cached = SwapEntry.none
    for index in 0..<kernel.swap.areas[0].limit {
      let slot = kernel.swap.areas[0].slots[index]
      let entry = SwapEntry(area: 0, slot: UInt32(index))
      if slot.users > 0, slot.cached.isNone { data = entry }
      if !slot.cached.isNone { cached = entry }
    }
    return (data, cached)
  }

  @Test("AUDIT-12, SWAP-15: swap")
  func swap() throws {
    try Self.expect("swap.priority-order") { kernel in
      try kernel.swapOn(size: 1 << 20, priority: 7, by: kernel.initTask)
      kernel.swap.areas[0].priority = 9
    }
    try Self.expect("swap.users") { kernel in
      let entry = Self.slots(kernel).data
      kernel.swap[entry].users += 1
    }
    try Self.expect("swap.in-use") { kernel in kernel.swap.areas[0].inUse += 1 }
    try Self.expect("swap.totals") { kernel in kernel.swap.freePages += 1 }
    try Self.expect("swap.cluster") { kernel in
      let entry = SwapEntry(area: 0, slot: 900)
      kernel.swap[entry].users = 1
    }
    try Self.expect("swap.bad-slot") { kernel in
      kernel.swap[SwapEntry(area: 0, slot: 0)].users = 1
    }
    try Self.expect("swap.data") { kernel in
      let entry = Self.slots(kernel).data
      let free = SwapEntry(area: 0, slot: 900)
      kernel.swap[free].data = kernel.swap[entry].data
    }
    try Self.expect("swap.space-entries") { kernel in
      let space = kernel.tasks[Self.process(kernel)].space
      kernel.spaces[space].swapEntries += 1
    }
    try Self.expect("swap.no-such-slot") { kernel in
      let root = kernel.spaces[kernel.tasks[Self.process(kernel)].space].root
      let table = kernel.memory.leafTable(below: root, of: 0x10_0000_0000)
      kernel.memory.setEntry(
        table: table, index: 0,
        to: PageTableEntry(swap: SwapEntry(area: 3, slot: 1), exclusive: false))
    }
  }

  @Test("AUDIT-12: the swap cache")
  func swapCache() throws {
    func withCachedPage(_ rule: String, _ corrupt: (inout Kernel, FrameNumber) -> Void) throws {
      try Self.expect(rule) { kernel in
        let space = kernel.tasks[Self.process(kernel)].space
        kernel.exit(kernel.tasks[Self.process(kernel)].firstChild, .exited(0))
        kernel.pageOut(0x10_0000_0000 + 16 << 12, 0x10_0000_0000 + 20 << 12, in: space)
        let frame = kernel.swap[Self.slots(kernel).cached].cached
        #expect(!frame.isNone)
        corrupt(&kernel, frame)
      }
    }
    try withCachedPage("swap.cache-frame") { kernel, frame in
      kernel.swap[kernel.swap.cache[frame.index].entry].cached = .none
    }
    try withCachedPage("swap.cache-slot") { kernel, frame in
      kernel.memory.frames[frame].flags.remove(.swapCache)
    }
    try withCachedPage("swap.cached-pages") { kernel, _ in kernel.swap.cachedPages += 1 }
  }
}
