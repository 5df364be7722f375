import KernelStorage
import Testing

@testable import QuireKernel

/// `alloc_pages` and `free_pages` as a driver calls them, and the path behind them.
struct PageCallTests {
  @Test("GFP-5: double free, wrong order, tails and foreign frames are told and change nothing")
  func misuse() throws {
    var kernel = try Kernel(AllocationTests.machine(64))
    let block = try kernel.allocateBlock(.kernel, order: 3, for: .none)
    let table = try kernel.allocatePages(.kernel, order: 0, for: .none)
    let free = kernel.memory.freeFrames
    #expect(throws: KernelMisuse.wrongOrder(block, allocated: 3, given: 2)) {
      try kernel.freeBlock(block, order: 2)
    }
    #expect(throws: KernelMisuse.insideBlock(block + 5, head: block)) {
      try kernel.freeBlock(block + 5, order: 0)
    }
    #expect(throws: KernelMisuse.foreignFrame(table)) { try kernel.freeBlock(table, order: 0) }
    #expect(throws: KernelMisuse.noSuchFrame(FrameNumber(16384))) {
      try kernel.freeBlock(FrameNumber(16384), order: 0)
    }
    #expect(throws: KernelMisuse.noSuchFrame(FrameNumber(0))) {
      try kernel.freeBlock(FrameNumber(0), order: 0)
    }
    #expect(kernel.memory.freeFrames == free)
    try kernel.freeBlock(at: kernel.directMap.address(of: block), order: 3)
    #expect(throws: KernelMisuse.freeFrame(block)) { try kernel.freeBlock(block, order: 3) }
    #expect(kernel.memory.freeFrames == free + 8)
    #expect(kernel.checkInvariants() == [])
  }

  @Test("GFP-5: address 0 is no block; an address inside a page or outside memory is refused")
  func addresses() throws {
    var kernel = try Kernel(AllocationTests.machine(64))
    try kernel.freeBlock(at: 0, order: 0)
    let block = try kernel.allocateBlock(.kernel, order: 0, for: .none)
    let address = kernel.directMap.address(of: block)
    #expect(throws: KernelMisuse.unalignedAddress(address + 8)) {
      try kernel.freeBlock(at: address + 8, order: 0)
    }
    #expect(throws: KernelMisuse.foreignPointer(4096)) { try kernel.freeBlock(at: 4096, order: 0) }
  }

  @Test("GFP-6: an order above 10 gives nothing")
  func order() throws {
    var kernel = try Kernel(AllocationTests.machine(64))
    #expect(throws: Errno.ENOMEM) { try kernel.allocateBlock(.kernel, order: 11, for: .none) }
    #expect(throws: Errno.ENOMEM) { try kernel.allocateBlock(.kernel, order: -1, for: .none) }
  }

  @Test("ZONE-4: zone bits that exclude each other")
  func flags() throws {
    let kernel = try Kernel(AllocationTests.machine(64))
    let bad: [GFPFlags] = [
      [.dma, .dma32], [.dma, .highmem], [.dma32, .highmem], [.movable, .reclaimable],
    ]
    for flags in bad {
      #expect(!flags.hasValidZone)
      do throws(KernelMisuse) {
        try kernel.check(flags)
        Issue.record("\(flags) was let through")
      } catch {
        #expect(error == .invalidFlags(flags))
      }
    }
    #expect(GFPFlags.highUserMovable.hasValidZone)
  }

  @Test("ZONE-3, ZONE-4: a request starts at its highest zone and falls to lower ones")
  func zones() throws {
    var kernel = try Kernel(AllocationTests.machine(64))
    let normal = try kernel.allocateBlock(.kernel, order: 0, for: .none)
    #expect(kernel.memory.zoneKind(of: normal) == .dma32)
    let dma = try kernel.allocateBlock([.kernel, .dma], order: 0, for: .none)
    #expect(kernel.memory.zoneKind(of: dma) == .dma)
    // When DMA32 is down to its low mark, DMA gives until its own mark and reserve.
    var fellBack = false
    while !fellBack {
      let frame = try kernel.allocateBlock(.highUserMovable, order: 0, for: .none)
      fellBack = kernel.memory.zoneKind(of: frame) == .dma
    }
    let zone = ZoneKind.dma32.index
    let (free, low) = (kernel.memory.zones[zone].free, kernel.memory.zones[zone].watermarks.low)
    #expect(free == low)
    #expect(kernel.counters.pgalloc_dma >= 2)
  }

  @Test("ALLOC-2, ZONE-9: who waits stops at the min mark, atomic requests go below it")
  func depth() throws {
    var kernel = try Kernel(AllocationTests.machine(64))
    let patient: GFPFlags = [.kernel, .noRetry]
    while (try? kernel.allocateBlock(patient, order: 0, for: .none)) != nil {}
    let zone = ZoneKind.dma32.index
    let min = kernel.memory.zones[zone].watermarks.min
    #expect(kernel.memory.zones[zone].free == min)
    while (try? kernel.allocateBlock(.atomic, order: 0, for: .none)) != nil {}
    #expect(kernel.memory.zones[zone].free == min - min / 2 - (min - min / 2) / 4)
    while (try? kernel.allocateBlock([.atomic, .memAlloc], order: 0, for: .none)) != nil {}
    #expect(kernel.memory.freeFrames == 0)
    #expect(kernel.checkInvariants() == [])
  }

  @Test("the allocation that is told to fail fails, and only that one")
  func injection() throws {
    var kernel = try Kernel(AllocationTests.machine(64))
    kernel.failAllocation(after: 2)
    let first = try kernel.allocateBlock(.kernel, order: 0, for: .none)
    #expect(throws: Errno.ENOMEM) { try kernel.allocateBlock(.kernel, order: 0, for: .none) }
    #expect(try kernel.allocateBlock(.kernel, order: 0, for: .none) != first)
  }

  @Test("a cache is made completely or not at all, whichever allocation fails")
  func createOrNothing() throws {
    var succeeded = false
    for count in 1...20 where !succeeded {
      var kernel = try Kernel(AllocationTests.machine(64))
      let before = (kernel.memory.freeFrames, kernel.slab.order.count)
      kernel.failAllocation(after: count)
      do throws(Errno) {
        let cache = try kernel.createCache("maybe", size: 500, for: .none)
        kernel.failAllocation(after: 0)
        try kernel.destroyCache(cache)
        succeeded = kernel.memory.injection.failures == 0
      } catch {
        #expect(error == .ENOMEM)
      }
      #expect(kernel.memory.freeFrames == before.0)
      #expect(kernel.slab.order.count == before.1)
      #expect(kernel.checkInvariants() == [])
    }
    #expect(succeeded)
  }

  @Test("a machine of any size boots at no cost for what is not touched")
  func boot() throws {
    for gibibytes in [1, 64, 1024, 4096] {
      var machine = MachineConfiguration()
      machine.ram = UInt64(gibibytes) << 30
      let memory = try PhysicalMemory(machine)
      #expect(memory.freeFrames == Int(machine.ram >> 12) / 64 * 63 - 1024)
      #expect(memory.reserved.map(\.name) == ["Reserved", "Kernel image", "Page descriptors"])
    }
    var machine = MachineConfiguration()
    machine.ram = 8 << 20
    machine.reserve = 1 << 20
    let memory = try PhysicalMemory(machine)
    #expect(memory.freeFrames == 2048 - 32 - 256)
  }
}
