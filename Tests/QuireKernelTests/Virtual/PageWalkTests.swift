import Testing

@testable import QuireKernel

/// Walks down the page tables, and the half of them that is the kernel's.
struct PageWalkTests {
  static func kernel(ram: UInt64 = 64 << 20) throws -> Kernel {
    var machine = MachineConfiguration()
    machine.ram = ram
    machine.swap = [SwapConfiguration(size: 16 << 20)]
    return try Kernel(machine)
  }

  static let rights: UInt64 = 0xfff | 1 << 63

  @Test("PT-1, PT-2: four levels down to a page that was written, each with its bits")
  func present() throws {
    var kernel = try Self.kernel()
    let (task, start) = try ProcessFilesTests.process(&kernel)
    let walk = kernel.pageWalk(to: start + 0x123, of: task)
    #expect(walk.steps.map(\.level) == [.PGD, .PUD, .PMD, .PTE])
    #expect(walk.steps.map(\.index) == [255, 511, 447, 495])
    #expect(walk.root == walk.steps[0].table)
    for (step, next) in zip(walk.steps, walk.steps.dropFirst()) {
      #expect(step.entry.bits & Self.rights == 0x67 && step.entry.frame == next.table)
    }
    let entry = walk.steps[3].entry
    #expect(entry.bits & Self.rights == 0x8000_0000_0000_0067)
    #expect(walk.end == .page(frame: entry.frame, size: 4096))
    #expect(walk.physical == UInt64(entry.frame.rawValue) << 12 | 0x123)
    #expect(walk.steps[3].flags == ["present", "write", "user", "accessed", "dirty", "noexec"])
  }

  @Test("PT-2: what is not a page that the process has written")
  func others() throws {
    var kernel = try Self.kernel()
    let (task, start) = try ProcessFilesTests.process(&kernel)
    func end(_ address: VirtualAddress, _ kernel: borrowing Kernel) -> PageWalkEnd {
      kernel.pageWalk(to: address, of: task).end
    }
    #expect(end(start + 9 << 12, kernel) == .nothing)
    #expect(kernel.pageWalk(to: start + 9 << 12, of: task).steps.count == 4)
    #expect(kernel.pageWalk(to: 0x1000, of: task).steps.count == 1)
    #expect(end(0x8000_0000_0000, kernel) == .nonCanonical)
    // A read maps the page of zeros: special, not writable, not dirty.
    #expect(kernel.access(start + 5 << 12, .read, by: task) == .done)
    #expect(end(start + 5 << 12, kernel) == .page(frame: kernel.zeroFrame, size: 4096))
    let zero = kernel.pageWalk(to: start + 5 << 12, of: task).steps[3]
    #expect(zero.entry.bits & Self.rights == 0x8000_0000_0000_0225)
    try kernel.mprotect(start + 2 << 12, 1 << 12, [], by: task)
    let hidden = kernel.pageWalk(to: start + 2 << 12, of: task)
    #expect(hidden.end == .hidden(frame: hidden.steps[3].entry.frame))
    #expect(hidden.steps[3].flags == ["accessed", "dirty", "protnone"])
    try kernel.madvise(start, 1 << 12, Advice.pageOut.rawValue, by: task)
    let swapped = kernel.pageWalk(to: start, of: task)
    guard case .swapped(let place) = swapped.end else {
      Issue.record("\(swapped.end)")
      return
    }
    #expect(swapped.steps[3].entry.bits == (~UInt64(place.slot) << 14) >> 5 | 0xa)
    #expect(swapped.steps[3].flags == ["swap", "exclusive"])
  }

  @Test("PT-2: a swap entry gives back every area and slot", arguments: [1, 2, 4095, UInt32.max])
  func swapEntries(slot: UInt32) {
    for area in [UInt8(0), 1, 30, 31] {
      let entry = PageTableEntry(swap: SwapEntry(area: area, slot: slot), exclusive: area == 1)
      #expect(entry.isSwap && !entry.isPresent && !entry.isGuard)
      #expect(entry.swap == SwapEntry(area: area, slot: slot))
      #expect(entry.isSwapExclusive == (area == 1))
    }
  }

  @Test("PT-4: the same kernel half in every process, and none of it counts as theirs")
  func sharedHalf() throws {
    var kernel = try Self.kernel()
    let (task, _) = try ProcessFilesTests.process(&kernel)
    let child = try kernel.fork(task)
    let before = kernel.gauges.nr_page_table_pages
    #expect(before == 3 + 3)
    for address in [
      kernel.directMap.base, kernel.directMap.base + 32 << 20, KernelTables.imageBase + 16 << 20,
    ] {
      let mine = kernel.pageWalk(to: address, of: task)
      let childs = kernel.pageWalk(to: address, of: child)
      let threads = kernel.pageWalk(to: address, of: kernel.tasks.kthreadd)
      #expect(mine.end == childs.end && mine.end == threads.end)
      #expect(mine.steps.dropFirst() == childs.steps.dropFirst())
      #expect(mine.steps[0].entry == threads.steps[0].entry && mine.root != threads.root)
    }
    #expect(kernel.checkInvariants() == [])
    let root = kernel.spaces[kernel.tasks[child].space].root
    kernel.memory.setEntry(table: root, index: 300, to: PageTableEntry(bits: 0x67))
    #expect(kernel.checkInvariants().contains { $0.rule == "table.kernel-half" })
  }

  @Test(
    "PT-7: the direct map is RAM, frame by frame, in the largest pages",
    arguments: [
      12 << 20, (16 << 20) - 4096, (64 << 20) + 4096, 3 << 30, 65 << 30,
      (130 << 30) + (6 << 20) + 4096,
    ] as [UInt64])
  func directMap(ram: UInt64) throws {
    let kernel = try Self.kernel(ram: ram)
    let task = kernel.tasks.initTask
    var address = kernel.directMap.base
    var sums: [UInt64: Int] = [:]
    while true {
      let walk = kernel.pageWalk(to: address, of: task)
      guard case .page(let frame, let size) = walk.end, let last = walk.steps.last else { break }
      #expect(kernel.directMap.address(of: frame) == address)
      let large: UInt64 = size == 4096 ? 0 : 0x80
      #expect(last.entry.bits & Self.rights == 0x8000_0000_0000_0163 | large)
      sums[size, default: 0] += Int(size >> 12)
      address += size
    }
    #expect(address == kernel.directMap.base + ram)
    #expect(sums[4096] == kernel.virtual.kernelTables.smallPageFrames)
    #expect(sums[2 << 20, default: 0] == kernel.virtual.kernelTables.largePageFrames)
    #expect(sums[1 << 30, default: 0] == kernel.virtual.kernelTables.gigabytePageFrames)
  }

  @Test("BOOT-1: kernel code may be run and not written, kernel data the other way round")
  func image() throws {
    let kernel = try Self.kernel()
    let code = kernel.pageWalk(to: 0xffff_ffff_8100_0000, of: kernel.tasks.initTask)
    #expect(code.end == .page(frame: FrameNumber(4096), size: 2 << 20))
    #expect(code.steps.last?.flags == ["present", "accessed", "large", "global"])
    let data = kernel.pageWalk(to: 0xffff_ffff_8120_0000, of: kernel.tasks.initTask)
    #expect(
      data.steps.last?.flags == [
        "present", "write", "accessed", "dirty", "large", "global", "noexec",
      ])
    let behind = kernel.pageWalk(to: 0xffff_ffff_8140_0000, of: kernel.tasks.initTask)
    #expect(behind.end == .nothing)
  }
}
