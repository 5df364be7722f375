import KernelStorage
import Testing

@testable import QuireKernel

/// Every rule of the checker is broken on purpose once: the checker must name it.
struct PhysicalCorruptionTests {
  static let zone = ZoneKind.dma.index

  /// Names of the rules that do not hold after `corrupt`.
  static func rules(_ corrupt: (inout PhysicalMemory, FrameNumber) -> Void) throws -> Set<String> {
    var memory = try BuddyTests.memory(end: 8192)
    guard let block = memory.takeBlock(order: 2, from: zone, type: .movable, flags: []) else {
      return ["no block"]
    }
    memory.prepare(block, order: 2)
    var before: [InvariantViolation] = []
    _ = memory.check(&before)
    #expect(before == [])
    corrupt(&memory, block)
    var violations: [InvariantViolation] = []
    _ = memory.check(&violations)
    return Set(violations.map(\.rule))
  }

  @Test("ZONE-2: sizes and marks")
  func sizes() throws {
    let sizes = try Self.rules { memory, _ in memory.zones[Self.zone].present = 1 }
    #expect(sizes.contains("physical.zone-sizes"))
    let marks = try Self.rules { memory, _ in memory.zones[Self.zone].watermarks.low = 0 }
    #expect(marks == ["physical.watermarks"])
  }

  @Test("AUDIT-1: a frame that nobody has is lost")
  func lost() throws {
    let rules = try Self.rules { memory, block in
      memory.frames[block].referenceCount = 0
      memory.frames[block].flags = []
    }
    #expect(rules == ["physical.lost-frame"])
  }

  @Test("AUDIT-1: a frame cannot be free and handed out, nor start a block inside another")
  func both() throws {
    let owned = try Self.rules { memory, block in
      memory.frames[block + 4].referenceCount = 1
    }
    #expect(owned == ["physical.free-owned"])
    let inside = try Self.rules { memory, block in
      memory.frames[block + 1].referenceCount = 1
    }
    #expect(inside == ["physical.block-overlap"])
  }

  @Test("AUDIT-2: blocks are aligned, inside their zone, and merged")
  func blocks() throws {
    let aligned = try Self.rules { memory, block in memory.frames[block].order = 12 }
    #expect(aligned.contains("physical.block-alignment"))
    let beyond = try Self.rules { memory, _ in memory.zones[Self.zone].spanned -= 1 }
    #expect(beyond.contains("physical.zone-sizes"))
    let outside = try Self.rules { memory, _ in
      memory.zones[Self.zone].present -= 1
      memory.zones[Self.zone].managed -= 1
      memory.zones[Self.zone].spanned -= 1
      memory.zones[Self.zone].untouchedEnd = FrameNumber(7168)
      memory.frames[FrameNumber(7168)].flags = .head
      memory.frames[FrameNumber(7168)].order = 10
      memory.frames[FrameNumber(7168)].referenceCount = 1
    }
    #expect(outside.contains("physical.block-zone"))
    let apart = try Self.rules { memory, block in
      // Given back without the merge that must follow.
      memory.frames[block].referenceCount = 0
      memory.frames[block].flags = []
      memory.zones[Self.zone].insert(
        block, order: 2, type: .movable, atTail: false, marking: &memory.frames)
    }
    #expect(apart == ["physical.buddies-apart"])
  }

  @Test("AUDIT-2: lists, their counts and the total agree")
  func lists() throws {
    let index = Zone.listIndex(3, .movable)
    let count = try Self.rules { memory, _ in memory.zones[Self.zone].lists[index].count += 1 }
    #expect(count == ["physical.list-count"])
    let bit = try Self.rules { memory, _ in
      memory.zones[Self.zone].occupied[MigrateType.movable.index] &= ~(1 << 3)
    }
    #expect(bit == ["physical.list-bit"])
    let links = try Self.rules { memory, _ in
      memory.frames[memory.zones[Self.zone].lists[index].head].previous = FrameNumber(7)
    }
    #expect(links == ["physical.list-links"])
    let total = try Self.rules { memory, _ in memory.zones[Self.zone].free -= 1 }
    #expect(total == ["physical.free-count", "physical.free-blocks"])
    let member = try Self.rules { memory, _ in
      memory.frames[memory.zones[Self.zone].lists[index].head].order = 2
    }
    #expect(member.contains("physical.list-member"))
  }

  @Test("AUDIT-3: a free block is on the list of its pageblock's type")
  func type() throws {
    let rules = try Self.rules { memory, block in
      memory.frames.setBlockType(of: block, to: .reclaimable)
    }
    #expect(rules.contains("physical.list-type"))
  }

  @Test("a free frame holds nothing for the next owner to see")
  func data() throws {
    let rules = try Self.rules { memory, block in
      memory.setByte(block + 5, 9, to: 1)
    }
    #expect(rules == ["physical.free-data"])
  }
}
