// The index of regions against a sorted array.

import KernelStorage
import SwarmSeeds
import Testing

@testable import QuireKernel

@Suite("Index of regions")
struct RegionTableTests {
  /// The plain model: regions sorted by address.
  struct Model {
    var regions: [(start: UInt64, end: UInt64, index: VMAIndex, growsDown: Bool)] = []

    func first(above address: UInt64) -> VMAIndex {
      regions.first { $0.end > address }?.index ?? .none
    }

    /// Free ranges within `low ..< high`, each with the address its upper neighbour guards.
    func holes(_ low: UInt64, _ high: UInt64) -> [(start: UInt64, end: UInt64, guarded: UInt64)] {
      var holes: [(start: UInt64, end: UInt64, guarded: UInt64)] = []
      var start: UInt64 = 0
      for region in regions {
        let gap = region.growsDown ? Layout.x86_64.stackGuardGap : 0
        holes.append((start, region.start, region.start < gap ? 0 : region.start - gap))
        start = region.end
      }
      holes.append((start, .max, .max))
      return holes.map { (max($0.start, low), min($0.end, high), $0.guarded) }
        .filter { $0.0 < $0.1 }
    }

    /// As the kernel does it: the highest hole that is long enough; if its upper neighbour's guard
    /// gap reaches into it, again under that gap.
    func highestGap(_ length: UInt64, _ low: UInt64, _ high: UInt64) -> UInt64? {
      guard let hole = holes(low, high).last(where: { $0.end - $0.start >= length }) else {
        return nil
      }
      if hole.guarded >= hole.end { return hole.end - length }
      return hole.guarded > low ? highestGap(length, low, hole.guarded) : nil
    }

    /// The lowest hole that is long enough; if a guard gap reaches into it, again behind the region
    /// that guards.
    func lowestGap(_ length: UInt64, _ low: UInt64, _ high: UInt64) -> UInt64? {
      guard let hole = holes(low, high).first(where: { $0.end - $0.start >= length }) else {
        return nil
      }
      if hole.start + length <= hole.guarded { return hole.start }
      let above = regions.first { $0.end > hole.start }?.end ?? high
      return above < high ? lowestGap(length, above, high) : nil
    }
  }

  private func area(_ start: UInt64, _ end: UInt64, _ growsDown: Bool) -> VirtualMemoryArea {
    VirtualMemoryArea(
      start: start, end: end, flags: growsDown ? .growsDown : [], object: .none, anonVMA: .none,
      space: .none)
  }

  @Test(
    "look-up, order and holes equal a sorted array's",
    arguments: swarmSeeds(6, from: 1) as Range<UInt64>)
  func swarm(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = RegionTable(stackGuardGap: Layout.x86_64.stackGuardGap)
    var root = RegionTree.Root()
    var model = Model()
    let span: UInt64 = seed % 2 == 0 ? 400 : 20_000
    for step in 0..<1500 {
      let growing = (step / 300) % 2 == 0
      if random.below(10) < (growing ? 7 : 3) {
        let start = random.below(span) * Page.size
        let end = start + (1 + random.below(6 as UInt64)) * Page.size
        let at = model.regions.firstIndex { $0.end > start } ?? model.regions.count
        guard at == model.regions.count || model.regions[at].start >= end else { continue }
        let growsDown = random.below(20) == 0
        let index = table.insert(
          area(start, end, growsDown), links: VMALinks(pageOffset: 0), object: .none,
          before: at < model.regions.count ? model.regions[at].index : .none, into: &root)
        model.regions.insert((start, end, index, growsDown), at: at)
      } else if !model.regions.isEmpty {
        let at = random.below(model.regions.count)
        if random.below(2) == 0 {
          _ = table.remove(model.regions.remove(at: at).index, from: &root)
        } else {
          resize(at, &model, &table, root, &random)
        }
      }
      compare(table, &root, model, span, &random)
    }
  }

  private func resize(
    _ at: Int, _ model: inout Model, _ table: inout RegionTable, _ root: RegionTree.Root,
    _ random: inout SeededRandom
  ) {
    let low = at == 0 ? 0 : model.regions[at - 1].end
    let high =
      at + 1 == model.regions.count
      ? model.regions[at].end + 8 * Page.size : model.regions[at + 1].start
    let pages = (high - low) / Page.size
    let start = low + random.below(pages) * Page.size
    let end = start + (1 + random.below((high - start) / Page.size)) * Page.size
    table.setBounds(model.regions[at].index, start, end, in: root.top)
    model.regions[at].start = start
    model.regions[at].end = end
  }

  private func compare(
    _ table: borrowing RegionTable, _ root: inout RegionTree.Root, _ model: Model, _ span: UInt64,
    _ random: inout SeededRandom
  ) {
    let address = random.below((span + 8) * Page.size)
    let found = table.find(address, in: &root)
    #expect(found == model.first(above: address))
    let length = (1 + random.below(40 as UInt64)) * Page.size
    let low = random.below(span / 2) * Page.size
    let high = low + (1 + random.below(span)) * Page.size
    let top = table.highestGap(of: length, from: low, below: high, in: root)
    #expect(top == model.highestGap(length, low, high))
    let bottom = table.lowestGap(of: length, from: low, below: high, in: root)
    #expect(bottom == model.lowestGap(length, low, high))
    var order: [VMAIndex] = []
    var region = root.first
    while !region.isNone {
      order.append(region)
      region = table.next(region)
    }
    #expect(order == model.regions.map(\.index))
    #expect(Int(root.count) == model.regions.count)
  }

  @Test("records keep their size")
  func sizes() {
    #expect(MemoryLayout<VirtualMemoryArea>.size == 32)
    #expect(MemoryLayout<VMALinks>.size == 32)
    #expect(MemoryLayout<AnonVMA>.size == 28)
    #expect(MemoryLayout<AnonChain>.size == 28)
  }
}
