import KernelStorage
import Testing

@testable import QuireKernel

/// ZONE-5, -6, -8, -9: how much free memory is kept, and from whom.
struct WatermarkTests {
  /// Memory whose zones have so many managed frames, without reserved ones.
  static func memory(
    _ sizes: [(ZoneKind, Int)], _ tunables: Tunables = Tunables()
  ) throws -> PhysicalMemory {
    var start = 0
    var layouts: [ZoneLayout] = []
    for (kind, size) in sizes {
      let span = FrameNumber(start)..<FrameNumber(start + size)
      // Frame 0 is none, so the first zone gets one frame more than it manages.
      let free = start == 0 ? FrameNumber(1)..<span.upperBound : span
      layouts.append(ZoneLayout(kind, span: span, present: size, free: free))
      start += size
    }
    var memory = try PhysicalMemory(layouts, tunables: tunables)
    for (kind, size) in sizes {
      memory.zones[kind.index].managed = size
      memory.zones[kind.index].watermarks = Watermarks()
    }
    memory.setReserves(tunables)
    return memory
  }

  static func marks(_ memory: borrowing PhysicalMemory, _ kind: ZoneKind) -> [Int] {
    let marks = memory.zones[kind.index].watermarks
    return [marks.min, marks.low, marks.high]
  }

  @Test("VEC-2: 256 MiB")
  func small() throws {
    let memory = try Self.memory([(.dma, 4096), (.dma32, 61440)])
    #expect(memory.minFreeKilobytes == 2048)
    let result1 = Self.marks(memory, .dma)
    #expect(result1 == [32, 40, 48])
    let result2 = Self.marks(memory, .dma32)
    #expect(result2 == [480, 600, 720])
    #expect(memory.zones[ZoneKind.dma.index].lowmemReserve[ZoneKind.dma32.index] == 240)
  }

  @Test("VEC-3: 8 GiB")
  func large() throws {
    let memory = try Self.memory([(.dma, 4096), (.dma32, 1_044_480), (.normal, 1_048_576)])
    #expect(memory.minFreeKilobytes == 11585)
    let result3 = Self.marks(memory, .dma)
    #expect(result3 == [5, 9, 13])
    let result4 = Self.marks(memory, .dma32)
    #expect(result4 == [1442, 2486, 3530])
    let result5 = Self.marks(memory, .normal)
    #expect(result5 == [1448, 2496, 3544])
    let reserves = memory.zones[ZoneKind.dma.index].lowmemReserve
    #expect(reserves[ZoneKind.dma32.index] == 4080)
    #expect(reserves[ZoneKind.normal.index] == 8176)
    #expect(memory.zones[ZoneKind.dma32.index].lowmemReserve[ZoneKind.normal.index] == 4096)
  }

  @Test("ZONE-5: the computed value has bounds; a larger one that is set wins")
  func minFree() throws {
    #expect(PhysicalMemory.minFreeKilobytes(lowmem: 16) == 128)
    #expect(PhysicalMemory.minFreeKilobytes(lowmem: 1 << 40) == 262_144)
    var tunables = Tunables()
    tunables.minFreeKilobytes = 8192
    let memory = try Self.memory([(.dma, 4096), (.dma32, 61440)], tunables)
    let result6 = Self.marks(memory, .dma32)
    #expect(result6[0] == 1920)
  }

  struct Depth: Sendable {
    var flags: AllocationFlags
    var least: Int
  }

  static func allows(
    _ memory: borrowing PhysicalMemory, order: Int = 0, level: WatermarkLevel, highest: ZoneKind,
    _ flags: AllocationFlags = []
  ) -> Bool {
    memory.zones[0].allows(order: order, level: level, highest: highest, flags: flags)
  }

  /// A zone with so many free frames in single pages and the marks of VEC-9.
  static func zone(free: Int) throws -> PhysicalMemory {
    var memory = try Self.memory([(.dma, 4096)])
    memory.zones[0].watermarks.min = 1000
    memory.zones[0].free = free
    return memory
  }

  @Test(
    "VEC-9: who may go how far below a mark of 1000",
    arguments: [
      Depth(flags: [], least: 1001), Depth(flags: .minReserve, least: 501),
      Depth(flags: [.minReserve, .nonBlocking], least: 376),
      Depth(flags: .outOfMemory, least: 501),
      Depth(flags: [.minReserve, .nonBlocking, .outOfMemory], least: 189),
    ])
  func depth(_ depth: Depth) throws {
    for (free, passes) in [(depth.least, true), (depth.least - 1, false)] {
      let memory = try Self.zone(free: free)
      let allowed = Self.allows(memory, level: .min, highest: .dma, depth.flags)
      #expect(allowed == passes, "\(free) free")
    }
  }

  @Test("ZONE-9: an order needs a free block of that order, and counts the rest of it")
  func orders() throws {
    var memory = try BuddyTests.memory(end: 4096, free: 4096 - 16)
    memory.zones[0].watermarks.min = 0
    let result7 = Self.allows(memory, order: 4, level: .min, highest: .dma)
    #expect(result7)
    let result8 = Self.allows(memory, order: 5, level: .min, highest: .dma)
    #expect(!result8)
    memory.zones[0].watermarks.min = 1
    let result9 = Self.allows(memory, order: 4, level: .min, highest: .dma)
    #expect(!result9)
  }

  @Test("ZONE-8, ZONE-9: a zone keeps its reserve from requests that could go higher")
  func reserve() throws {
    var memory = try Self.memory([(.dma, 4096), (.dma32, 61440)])
    let marks = memory.zones[0].watermarks
    memory.zones[0].free = marks.low + 240
    let result10 = Self.allows(memory, order: 0, level: .low, highest: .dma32)
    #expect(!result10)
    let result11 = Self.allows(memory, order: 0, level: .low, highest: .dma)
    #expect(result11)
  }

  /// The kernel computed its marks before it freed the memory of its own start-up code, so with
  /// fewer managed frames than it shows; how many fewer, the recording does not say.
  static let mostFreedLater = 5000

  @Test("ZONE-5, -6, -8: recorded machines", arguments: RecordedBoot.all)
  func recorded(boot: RecordedBoot) throws {
    let layouts = boot.zones.map { zone in
      let end = zone.start + zone.spanned
      return ZoneLayout(
        zone.kind, span: FrameNumber(zone.start)..<FrameNumber(end), present: zone.present,
        free: FrameNumber(end - zone.managed)..<FrameNumber(end))
    }
    var memory = try PhysicalMemory(layouts, tunables: Tunables())
    let shown = boot.zones[1].managed
    // With huge pages the kernel sets a larger value than it computes.
    var tunables = Tunables()
    if boot.minFreeKilobytes > Self.leastWithHugePages {
      tunables.minFreeKilobytes = boot.minFreeKilobytes
    }
    var agrees = 0
    for later in 0...Self.mostFreedLater {
      memory.zones[ZoneKind.dma32.index].managed = shown - later
      for kind in ZoneKind.allCases { memory.zones[kind.index].watermarks = Watermarks() }
      // From 512 MiB on, turning huge pages off computes everything a second time, and then the
      // high marks are no longer zero.
      for _ in 0..<2 {
        memory.setReserves(tunables)
        let isSame = memory.minFreeKilobytes == boot.minFreeKilobytes
        if isSame, boot.zones.allSatisfy({ Self.agrees(memory, $0) }) { agrees += 1 }
      }
    }
    #expect(agrees > 0)
  }

  static let leastWithHugePages = 22_528

  static func agrees(
    _ memory: borrowing PhysicalMemory, _ recorded: RecordedBoot.RecordedZone
  ) -> Bool {
    let reserves = memory.zones[recorded.kind.index].lowmemReserve
    let shown: [ZoneKind] = [.dma, .dma32, .normal, .movable]
    return marks(memory, recorded.kind) == recorded.marks
      && shown.map { reserves[$0.index] } == recorded.protection
  }
}
