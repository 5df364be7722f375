// The x86_32 machine: its two shapes of page tables, its layout, and its memory that the kernel has
// no addresses for.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("x86_32")
struct NarrowMachineTests {
  static func machine(pae: Bool, ram: UInt64 = 64 << 20) -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.architecture = .x86_32
    machine.pae = pae
    machine.ram = ram
    machine.cpus = 1
    return machine
  }

  static func boot(_ machine: MachineConfiguration) throws -> Kernel {
    var kernel = try Kernel(machine)
    _ = try kernel.spawn(named: "narrow", by: kernel.initTask)
    return kernel
  }

  // MARK: Page tables

  @Test("PT-1: 1,024 entries at 22 and 12, or 4, 512 and 512 at 30, 21 and 12")
  func geometry() {
    let two = PageGeometry.twoLevels
    #expect(two.levels == [1, 0] && two.levels.map(two.entries) == [1024, 1024])
    #expect(two.levels.map(two.bits) == [22...31, 12...21])
    #expect(two.levels.map(two.name) == [.PGD, .PTE] && two.entryBytes == 4)
    let pae = PageGeometry.pae
    #expect(pae.levels == [2, 1, 0] && pae.levels.map(pae.entries) == [4, 512, 512])
    #expect(pae.levels.map(pae.bits) == [30...31, 21...29, 12...20])
    #expect(pae.levels.map(pae.name) == [.PGD, .PMD, .PTE] && pae.entryBytes == 8)
    let four = PageGeometry.fourLevels
    #expect(four.levels.map(four.bits) == [39...47, 30...38, 21...29, 12...20])
    #expect(four.levels.map(four.name) == [.PGD, .PUD, .PMD, .PTE])
  }

  @Test("PT-2: entries of four bytes, of eight, and what stands in them for swap")
  func encoding() {
    let page = PageTableEntry(
      frame: FrameNumber(0x12345),
      protection: PageTableEntry.presentBit | PageTableEntry.userBit | PageTableEntry.noExecuteBit)
    #expect(PageGeometry.twoLevels.encoded(page) == 0x1234_5005)
    #expect(PageGeometry.pae.encoded(page) == 0x8000_0000_1234_5005)
    #expect(PageGeometry.fourLevels.encoded(page) == page.bits)
    let hidden = PageTableEntry(
      frame: FrameNumber(3),
      protection: PageTableEntry.protectNoneBit | PageTableEntry.accessedBit)
    #expect(PageGeometry.twoLevels.encoded(hidden) == 0x30a0)
    let swap = PageTableEntry(swap: SwapEntry(area: 3, slot: 0x1234), exclusive: false)
    #expect(PageGeometry.twoLevels.encoded(swap) == 0x12_3406)
    #expect(PageGeometry.pae.encoded(swap) == 0x0002_4683_0000_0000)
    #expect(PageGeometry.pae.encoded(.none) == 0 && PageGeometry.twoLevels.encoded(.none) == 0)
  }

  @Test("PT-3, PT-5: a page has one table below the top one, or two with PAE")
  func tables() throws {
    for pae in [false, true] {
      var kernel = try Self.boot(Self.machine(pae: pae, ram: 128 << 20))
      let task = kernel.tasks.task(withPID: 3)
      let start = try kernel.mmap(
        MapRequest(length: 64 << 20, [.read, .write], [.private, .anonymous]), by: task)
      #expect(start == 0xb400_0000)
      let space = kernel.tasks[task].space
      #expect(kernel.spaces[space].tableBytes == 0)
      #expect(kernel.storeByte(start, 7, by: task) == .done)
      #expect(kernel.spaces[space].tableBytes == (pae ? 8192 : 4096))
      // 2 MiB further on is another table of 512 entries, but the same of 1,024.
      #expect(kernel.storeByte(start + 2 << 20, 7, by: task) == .done)
      #expect(kernel.spaces[space].tableBytes == (pae ? 12_288 : 4096))
      let walk = kernel.pageWalk(to: start + 2 << 20, of: task)
      #expect(walk.steps.map(\.index) == (pae ? [2, 417, 0] : [720, 512]))
      #expect(walk.steps.last?.wordBytes == (pae ? 8 : 4))
      #expect(walk.steps.last?.flags.contains("noexec") == pae)
      #expect(kernel.checkInvariants().isEmpty)
      try kernel.munmap(start, 64 << 20, by: task)
      // The stack lies in the same gigabyte: with PAE the table above the leaves stays.
      #expect(kernel.spaces[space].tableBytes == (pae ? 4096 : 0))
      #expect(kernel.checkInvariants().isEmpty)
    }
  }

  @Test("PT-4: the kernel's quarter is low memory in large pages, the same for every process")
  func kernelHalf() throws {
    for (pae, ram) in [(false, 64), (true, 64), (false, 1024), (true, 2048)] as [(Bool, UInt64)] {
      let kernel = try Self.boot(Self.machine(pae: pae, ram: ram << 20))
      let task = kernel.tasks.task(withPID: 3)
      let base = kernel.directMap.base
      #expect(base == 0xc000_0000)
      let low = min(ram, 896) << 20
      var address = base
      while address < base + low {
        let walk = kernel.pageWalk(to: address, of: task)
        #expect(walk.physical == address - base)
        guard case .page(_, let size) = walk.end else { break }
        #expect(size == (pae ? 2 << 20 : 4 << 20))
        address += size
      }
      #expect(address == base + low)
      #expect(kernel.pageWalk(to: base + low, of: task).end == .nothing)
      let mine = kernel.pageWalk(to: base, of: task)
      let booted = kernel.pageWalk(to: base, of: kernel.tasks.kthreadd)
      #expect(mine.root != booted.root && mine.steps.last?.entry == booted.steps.last?.entry)
      // With PAE the kernel's page of 512 entries is shared, not copied.
      if pae { #expect(mine.steps[1].table == booted.steps[1].table) }
    }
  }

  @Test("PT-2, FAULT-4: without NX a fetch is a read; with PAE it is refused")
  func fetch() throws {
    for pae in [false, true] {
      var kernel = try Self.boot(Self.machine(pae: pae, ram: 128 << 20))
      let task = kernel.tasks.task(withPID: 3)
      let start = try kernel.mmap(
        MapRequest(length: 4096, [.read, .write], [.private, .anonymous]), by: task)
      #expect(kernel.storeByte(start, 7, by: task) == .done)
      let progress = kernel.access(start, .execute, by: task)
      let refusal = Progress.signal(SignalInfo(.SIGSEGV, .accessError, at: start))
      #expect(progress == (pae ? refusal : .done))
    }
  }

  // MARK: Layout

  @Test("LAYOUT-1, -2, -3, -9: three gigabytes, flexible or from the bottom up")
  func layout() throws {
    var kernel = try Self.boot(Self.machine(pae: false))
    let task = kernel.tasks.task(withPID: 3)
    let stack = kernel.regions(of: kernel.tasks[task].space)
    #expect(stack.map(\.start) == [0xbfff_f000] && stack.map(\.end) == [0xc000_0000])
    let page = MapRequest(length: 4096, .read, [.private, .anonymous])
    #expect(try kernel.mmap(page, by: task) == 0xb7ff_f000)
    #expect(try kernel.mmap(page, by: task) == 0xb7ff_e000)
    // 2 MiB are placed like everything else.
    let large = MapRequest(length: 2 << 20, .read, [.private, .anonymous])
    #expect(try kernel.mmap(large, by: task) == 0xb7df_e000)
    var image = ProgramImage()
    image.base = kernel.layout.imageBase
    image.text = 5000
    image.data = 5000
    image.arguments = 100
    try kernel.execute(named: "flexible", image, by: task)
    var areas = kernel.regions(of: kernel.tasks[task].space)
    #expect(areas.map(\.start) == [0x804_8000, 0x804_a000, 0xbfff_f000])
    #expect(kernel.brk(0, by: task) == 0x804_c000)
    #expect(try kernel.mmap(page, by: task) == 0xb7ff_f000)
    // A stack that may grow for ever leaves no place below it.
    kernel.tasks[task].limits.stack = ResourceLimits.unlimited
    try kernel.execute(named: "classical", image, by: task)
    #expect(try kernel.mmap(page, by: task) == 0x4000_0000)
    #expect(try kernel.mmap(page, by: task) == 0x4000_1000)
    areas = kernel.regions(of: kernel.tasks[task].space)
    #expect(areas.first?.start == 0x804_8000)
    #expect(kernel.checkInvariants().isEmpty)
  }

  /// What a fixed map is refused with.
  static func refusal(
    of address: UInt64, _ length: UInt64, _ kernel: inout Kernel, _ task: TaskIndex
  ) -> Errno? {
    do throws(Errno) {
      _ = try kernel.mmap(
        MapRequest(at: address, length: length, .read, [.private, .anonymous, .fixed]), by: task)
      return nil
    } catch { return error }
  }

  @Test("MMAP-3, MUNMAP-1, FAULT-1: nothing of the user's lies above three gigabytes")
  func ends() throws {
    var kernel = try Self.boot(Self.machine(pae: true))
    let task = kernel.tasks.task(withPID: 3)
    #expect(Self.refusal(of: 0xbfff_0000, 4096, &kernel, task) == nil)
    #expect(Self.refusal(of: 0xbfff_0000, 0x1_1000, &kernel, task) == .ENOMEM)
    #expect(Self.refusal(of: 0xc000_0000, 4096, &kernel, task) == .ENOMEM)
    #expect(Self.refusal(of: 1 << 32, 4096, &kernel, task) == .ENOMEM)
    #expect(Self.refusal(of: 0x1000_0000, 1 << 32, &kernel, task) == .ENOMEM)
    #expect(throws: Errno.EINVAL) { try kernel.munmap(1 << 32, 4096, by: task) }
    // Page 0 may be mapped, by anybody.
    #expect(Self.refusal(of: 0, 4096, &kernel, task) == nil)
    for address in [0xc000_0000, 0xffff_f000, 1 << 32, 1 << 63] as [UInt64] {
      #expect(
        kernel.access(address, .read, by: task)
          == .signal(SignalInfo(.SIGSEGV, .mapError, at: address)))
    }
    #expect(kernel.pageWalk(to: 1 << 32, of: task).end == .nonCanonical)
  }

  // MARK: Zones

  @Test("VEC-1, ZONE-5, ZONE-6, ZONE-8: marks and reserves of 1 GiB")
  func marks() throws {
    let bounds = [(ZoneKind.dma, 0, 4096), (.normal, 4096, 229_376), (.highMem, 229_376, 262_144)]
    let layouts = bounds.map { kind, start, end in
      ZoneLayout(
        kind, span: FrameNumber(start)..<FrameNumber(end), present: end - start,
        free: FrameNumber(start)..<FrameNumber(end))
    }
    let memory = try PhysicalMemory(layouts, tunables: Tunables(), .twoLevels)
    #expect(memory.minFreeKilobytes == 3831)
    let marks = bounds.map { memory.zones[$0.0.index].watermarks }
    #expect(marks.map(\.min) == [17, 939, 32])
    #expect(marks.map(\.low) == [21, 1173, 40])
    #expect(marks.map(\.high) == [25, 1408, 48])
    func reserves(_ zone: ZoneKind) -> [Int] {
      bounds.map { memory.zones[zone.index].lowmemReserve[$0.0.index] }
    }
    #expect(reserves(.dma) == [0, 880, 1008] && reserves(.normal) == [0, 0, 1024])
  }

  /// What Linux 6.1 showed after booting on i386: managed frames, the lowest mark, and the reserve
  /// against requests for DMA, Normal and HighMem of each zone.
  struct RecordedBoot: Sendable {
    var minFreeKilobytes: Int
    var managed: [Int]
    var marks: [Int]
    var protection: [[Int]]

    static let all = [
      RecordedBoot(
        minFreeKilobytes: 2831, managed: [3840, 121_939], marks: [21, 685],
        protection: [[0, 474, 474], [0, 0, 0]]),
      RecordedBoot(
        minFreeKilobytes: 3715, managed: [3840, 213_777, 37_858], marks: [16, 911, 36],
        protection: [[0, 832, 980], [0, 0, 1183], [0, 0, 0]]),
      RecordedBoot(
        minFreeKilobytes: 3693, managed: [3840, 211_217, 300_002], marks: [16, 906, 128],
        protection: [[0, 822, 1994], [0, 0, 9375], [0, 0, 0]]),
      // With PAE.
      RecordedBoot(
        minFreeKilobytes: 3701, managed: [3840, 212_197, 298_978], marks: [16, 908, 128],
        protection: [[0, 826, 1994], [0, 0, 9343], [0, 0, 0]]),
    ]
  }

  @Test("ZONE-5, ZONE-6, ZONE-8: recorded machines", arguments: RecordedBoot.all)
  func recorded(boot: RecordedBoot) throws {
    let kinds: [ZoneKind] = [.dma, .normal, .highMem]
    var start = 1
    let layouts = zip(kinds, boot.managed).map { kind, managed in
      let span = FrameNumber(start)..<FrameNumber(start + managed)
      start += managed
      return ZoneLayout(kind, span: span, present: managed, free: span)
    }
    var memory = try PhysicalMemory(layouts, tunables: Tunables(), .twoLevels)
    // The kernel computed its marks before it freed the memory of its own start-up code.
    let agrees = (0...WatermarkTests.mostFreedLater).contains { later in
      memory.zones[ZoneKind.normal.index].managed = boot.managed[1] - later
      for kind in ZoneKind.allCases { memory.zones[kind.index].watermarks = Watermarks() }
      return (0..<2).contains { _ in
        memory.setReserves(Tunables())
        return memory.minFreeKilobytes == boot.minFreeKilobytes
          && boot.marks.indices.allSatisfy { zone in
            let index = kinds[zone].index
            return memory.zones[index].watermarks.min == boot.marks[zone]
              && kinds.map { memory.zones[index].lowmemReserve[$0.index] } == boot.protection[zone]
          }
      }
    }
    #expect(agrees)
  }

  @Test("MADV, MLOCK, MSYNC, MREMAP: ends of ranges wrap at 32 bits")
  func wraps() throws {
    var kernel = try Self.boot(Self.machine(pae: false))
    let task = kernel.tasks.task(withPID: 3)
    let start: UInt64 = 0x8000_0000
    #expect(Self.refusal(of: start, 4096, &kernel, task) == nil)
    let most: UInt64 = 0xffff_ffff
    let half: UInt64 = 0x8000_0000
    #expect(throws: Errno.EINVAL) { try kernel.madvise(start, most, 4, by: task) }
    #expect(throws: Errno.EINVAL) { try kernel.madvise(start, half, 4, by: task) }
    #expect(throws: Errno.ENOMEM) { try kernel.madvise(start, half - 4096, 4, by: task) }
    #expect(throws: Errno.EINVAL) { try kernel.mlock(start, half, by: task) }
    #expect(throws: Errno.ENOMEM) { try kernel.mprotect(start, half, .read, by: task) }
    #expect(throws: Errno.ENOMEM) { try kernel.msync(start, half, .synchronous, by: task) }
    #expect(throws: Errno.EINVAL) {
      _ = try kernel.mremap(RemapRequest(start, 4096, to: most), by: task)
    }
    // What no register holds is too much for everything.
    #expect(throws: Errno.EINVAL) { try kernel.madvise(start, 1 << 32, 4, by: task) }
    #expect(throws: Errno.EINVAL) { try kernel.mlock(start, 5 << 32, by: task) }
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("ZONE-1, ZONE-4, SRC-5: pages of users are high; tables and records are low")
  func highMemory() throws {
    var kernel = try Self.boot(Self.machine(pae: true, ram: 8 << 30))
    let task = kernel.tasks.task(withPID: 3)
    let start = try kernel.mmap(
      MapRequest(length: 16 << 20, [.read, .write], [.private, .anonymous]), by: task)
    var walk = RangeAccess(.touch, from: start, to: start + 16 << 20)
    #expect(kernel.perform(&walk, by: task) == .done)
    let root = kernel.spaces[kernel.tasks[task].space].root
    for page in start >> 12..<(start + 16 << 20) >> 12 {
      let frame = kernel.memory.pageEntry(below: root, of: page << 12).frame
      #expect(kernel.memory.zoneKind(of: frame) == .highMem)
    }
    #expect(kernel.memory.zoneKind(of: root) == .normal)
    let table = kernel.memory.leafTable(below: root, of: start)
    #expect(kernel.memory.zoneKind(of: table) == .normal)
    #expect(kernel.directMap.pageAddress(of: table) > 0xc000_0000)
    #expect(kernel.directMap.pageAddress(of: FrameNumber(229_376)) == 0)
    // The descriptors of 8 GiB take 64 MiB, and those lie low.
    #expect(kernel.memory.descriptorFrames == 16_384)
    #expect(kernel.memory.zones[ZoneKind.normal.index].managed < 229_376 - 4096 - 16_384)
    #expect(kernel.memory.zones[ZoneKind.highMem.index].managed == 2_097_152 - 229_376)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("a machine that cannot be is refused, and the key named")
  func refusals() throws {
    func refusal(_ change: (inout MachineConfiguration) -> Void) -> String? {
      var machine = Self.machine(pae: false)
      change(&machine)
      do throws(MachineError) {
        try machine.validate()
        return nil
      } catch { return error.key }
    }
    #expect(refusal { $0.ram = 4 << 30 } == nil)
    #expect(refusal { $0.ram = 4 << 30 + 4096 } == "ram")
    #expect(
      refusal {
        $0.pae = true
        $0.ram = 64 << 30
      } == nil)
    #expect(
      refusal {
        $0.pae = true
        $0.ram = 65 << 30
      } == "ram")
    // 64 GiB of RAM have 512 MiB of descriptors, in 896 MiB.
    #expect(
      refusal {
        $0.pae = true
        $0.ram = 64 << 30
        $0.reserve = 384 << 20
      } == "reserve")
    #expect(refusal { $0.kernel = .linux6_18 } == "kernel")
    #expect(
      refusal {
        $0.architecture = .x86_64
        $0.pae = true
      } == "pae")
    #expect(refusal { $0.swap = [SwapConfiguration(size: 64 << 30)] } == nil)
    #expect(refusal { $0.swap = [SwapConfiguration(size: 65 << 30)] } == "swap")
  }
}
