import KernelStorage
import SwarmSeeds
import Testing

@testable import QuireKernel

/// Random allocations and frees, free lists compared with a naive buddy system after each.
struct BuddySwarmTests {
  @Test(
    "BUDDY-1 to 11: every free list equals the naive one's after each step", arguments: swarmSeeds(12))
  func swarm(seed: Int) throws {
    var swarm = try Swarm(seed: UInt64(seed))
    for step in 0..<4000 {
      swarm.step()
      if let difference = swarm.difference() {
        Issue.record("seed \(seed), step \(step): \(difference)")
        return
      }
    }
    #expect(swarm.refused > 0, "the run never filled the zone")
    swarm.freeAll()
    #expect(swarm.difference() == nil)
  }

  struct Swarm: ~Copyable {
    var memory: PhysicalMemory
    var naive: NaiveBuddy
    var random: SeededRandom
    var held: [NaiveBuddy.Block] = []
    var refused = 0
    /// Blocks that the naive system would not have given.
    var wrong = 0
    /// Swarm: each seed mixes orders, types and strictness in its own way.
    let largestOrder: Int
    let types: [MigrateType]
    /// Fills the zone until it refuses, then empties most of it, and again.
    var isFilling = true

    static let zone = ZoneKind.dma.index

    init(seed: UInt64) throws {
      random = SeededRandom(seed: seed)
      // Ragged ends, so that blocks of every order touch the bounds of the zone.
      let start = Int.random(in: 0..<600, using: &random)
      let free = start + Int.random(in: 1..<40, using: &random)
      let end = Int.random(in: 2600..<5000, using: &random)
      let span = FrameNumber(start)..<FrameNumber(end)
      let layout = ZoneLayout(
        .dma, span: span, present: end - start, free: FrameNumber(free)..<FrameNumber(end))
      memory = try PhysicalMemory([layout], tunables: Tunables())
      let groups = memory.mobility.groupsByMobility
      naive = NaiveBuddy(start: start, end: end, freeFrom: free, groups: groups)
      largestOrder = Int.random(in: 2...10, using: &random)
      let all: [MigrateType] = [.movable, .unmovable, .reclaimable]
      types =
        groups
        ? Array(all.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)))
        : [.unmovable]
    }

    mutating func step() {
      let allocates = Int.random(in: 0..<4, using: &random) > 0 ? isFilling : !isFilling
      if allocates {
        allocate()
      } else if !held.isEmpty {
        free(Int.random(in: 0..<held.count, using: &random))
      }
      if held.count < 8 { isFilling = true }
    }

    mutating func allocate() {
      let order = Int.random(in: 0...largestOrder, using: &random)
      guard let type = types.randomElement(using: &random) else { return }
      let strict = Int.random(in: 0..<4, using: &random) == 0
      let block = memory.takeBlock(
        order: order, from: Self.zone, type: type, flags: strict ? .avoidFragmentation : [])
      let expected = naive.allocate(order: order, type: type, strict: strict)
      if block.map(\.index) != expected { wrong += 1 }
      guard let block else {
        refused += 1
        isFilling = false
        return
      }
      memory.prepare(block, order: order)
      held.append(NaiveBuddy.Block(start: block.index, order: order))
      if order == 0, Bool.random(using: &random) {
        memory.frames[block].flags.insert(.lru)
        naive.onLRU.insert(block.index)
      }
    }

    mutating func free(_ place: Int) {
      let block = held.remove(at: place)
      let frame = FrameNumber(block.start)
      memory.frames[frame].flags.remove(.lru)
      naive.onLRU.remove(block.start)
      _ = memory.dropOwner(frame)
      memory.freeBlock(frame, order: block.order)
      naive.free(block.start, order: block.order)
    }

    mutating func freeAll() {
      while !held.isEmpty { free(held.count - 1) }
    }

    func difference() -> String? {
      if wrong > 0 { return "the wrong block was handed out" }
      for type in MigrateType.allCases {
        for order in 0...10 {
          let list = memory.freeList(order: order, type: type, zone: Self.zone)
          let expected = naive.lists[type.index][order]
          if list != expected {
            return "\(type) order \(order): \(list.prefix(8)), not \(expected.prefix(8))"
          }
        }
      }
      var violations: [InvariantViolation] = []
      _ = memory.check(&violations)
      return violations.first.map(\.description)
    }
  }
}

extension PhysicalMemory {
  /// The first frames of the blocks of a free list, head first.
  func freeList(order: Int, type: MigrateType, zone: Int) -> [Int] {
    var list: [Int] = []
    var block = zones[zone].lists[Zone.listIndex(order, type)].head
    while !block.isNone {
      list.append(block.index)
      block = frames[block].next
    }
    if order == BuddyOrder.maximum, type == .movable {
      list += Array(
        stride(
          from: zones[zone].untouchedStart.index, to: zones[zone].untouchedEnd.index,
          by: 1 << order))
    }
    return list
  }
}
