import KernelStorage
import Testing

@testable import QuireKernel

/// The buddy system on small zones, one rule at a time.
struct BuddyTests {
  static let zone = ZoneKind.dma.index

  /// A zone of frames `0 ..< end` whose frames from `free` on are free.
  static func memory(end: Int, free: Int = 1024) throws -> PhysicalMemory {
    let layout = ZoneLayout(
      .dma, span: FrameNumber(0)..<FrameNumber(end), present: end,
      free: FrameNumber(free)..<FrameNumber(end))
    return try PhysicalMemory([layout], tunables: Tunables())
  }

  @Test("BUDDY-4: a split keeps the lower half and lists the upper halves")
  func split() throws {
    var memory = try Self.memory(end: 4096)
    let block = memory.takeBlock(order: 0, from: Self.zone, type: .movable, flags: [])
    #expect(block == FrameNumber(1024))
    for order in 0..<10 {
      let list = memory.freeList(order: order, type: .movable, zone: Self.zone)
      #expect(list == [1024 + 1 << order])
    }
  }

  @Test("BUDDY-7: memory is released in the largest aligned blocks; the lowest goes first")
  func boot() throws {
    let memory = try Self.memory(end: 4096 + 3, free: 1021)
    #expect(memory.freeList(order: 0, type: .movable, zone: Self.zone) == [1021, 4098])
    #expect(memory.freeList(order: 1, type: .movable, zone: Self.zone) == [1022, 4096])
    #expect(memory.freeList(order: 10, type: .movable, zone: Self.zone) == [1024, 2048, 3072])
  }

  @Test("BUDDY-5: what was split merges again, whatever the order of the frees")
  func merge() throws {
    var memory = try Self.memory(end: 4096)
    var blocks: [FrameNumber] = []
    for _ in 0..<1024 {
      guard let block = memory.takeBlock(order: 0, from: Self.zone, type: .movable, flags: [])
      else { break }
      memory.prepare(block, order: 0)
      blocks.append(block)
    }
    #expect(memory.zones[Self.zone].freeBlocks(order: 10) == 2)
    var random = SeededRandom(seed: 5)
    for block in blocks.shuffled(using: &random) {
      _ = memory.dropOwner(block)
      memory.freeBlock(block, order: 0)
    }
    #expect(memory.zones[Self.zone].freeBlocks(order: 10) == 3)
    #expect(memory.zones[Self.zone].free == 3072)
  }

  @Test("BUDDY-10: an unmovable request takes the largest movable block and retypes it")
  func fallback() throws {
    var memory = try Self.memory(end: 4096)
    let block = memory.takeBlock(order: 0, from: Self.zone, type: .unmovable, flags: [])
    #expect(block == FrameNumber(1024))
    #expect(memory.frames.blockType(of: FrameNumber(1024)) == .unmovable)
    #expect(memory.frames.blockType(of: FrameNumber(1536)) == .unmovable)
    #expect(memory.frames.blockType(of: FrameNumber(2048)) == .movable)
    #expect(memory.zones[Self.zone].freeBlocks(order: 9, type: .unmovable) == 1)
  }

  @Test("BUDDY-11: a pageblock is taken over only when half of it is free or alike")
  func takeOver() throws {
    // One pageblock and a half: no block of the order of a pageblock is left after one page.
    for (used, isTakenOver) in [(1, true), (256, true), (400, true)] {
      var memory = try Self.memory(end: 4096, free: 4096 - 512)
      memory.mobility.groupsByMobility = true
      for _ in 0..<used {
        guard let page = memory.takeBlock(order: 0, from: Self.zone, type: .movable, flags: [])
        else { break }
        memory.prepare(page, order: 0)
      }
      // Pages in use that are not on an LRU count as unmovable: alike.
      _ = memory.takeBlock(order: 0, from: Self.zone, type: .unmovable, flags: [])
      let type = memory.frames.blockType(of: FrameNumber(4096 - 512))
      #expect((type == .unmovable) == isTakenOver, "\(used) pages in use")
    }
    var memory = try Self.memory(end: 4096, free: 4096 - 512)
    memory.mobility.groupsByMobility = true
    for _ in 0..<400 {
      guard let page = memory.takeBlock(order: 0, from: Self.zone, type: .movable, flags: [])
      else { break }
      memory.prepare(page, order: 0)
      memory.frames[page].flags.insert(.lru)
    }
    let page = memory.takeBlock(order: 0, from: Self.zone, type: .unmovable, flags: [])
    #expect(page != nil)
    #expect(memory.frames.blockType(of: FrameNumber(4096 - 512)) == .movable)
  }

  @Test("BUDDY-10: NOFRAGMENT takes nothing smaller than a pageblock from others")
  func noFragment() throws {
    var memory = try Self.memory(end: 4096, free: 4096 - 256)
    memory.mobility.groupsByMobility = true
    let strict = memory.takeBlock(
      order: 0, from: Self.zone, type: .unmovable, flags: .avoidFragmentation)
    #expect(strict == nil)
    #expect(memory.takeBlock(order: 0, from: Self.zone, type: .unmovable, flags: []) != nil)
  }

  @Test("BUDDY-12: a fallback that fragments boosts the marks, up to a limit")
  func boost() throws {
    var memory = try Self.memory(end: 4096)
    memory.zones[Self.zone].watermarks.high = 1000
    for expected in [512, 1024, 1500, 1500] {
      memory.zones[Self.zone].boostWatermark(factor: 15_000)
      #expect(memory.zones[Self.zone].boost == expected)
    }
  }
}
