@testable import QuireKernel

/// The buddy system as one would write it down: lists of block numbers in arrays, searched from
/// the front, with the rules BUDDY-2 … BUDDY-11 and nothing else.
struct NaiveBuddy {
  struct Block: Hashable {
    var start: Int
    var order: Int
  }

  let start: Int
  let end: Int
  /// Lists by type, then order; the first element is the head.
  var lists: [[[Int]]]
  /// Type of each pageblock.
  var types: [MigrateType]
  /// Frames on an LRU list.
  var onLRU: Set<Int> = []
  let groups: Bool

  init(start: Int, end: Int, freeFrom: Int, groups: Bool) {
    self.start = start
    self.end = end
    self.groups = groups
    lists = Array(
      repeating: Array(repeating: [], count: 11), count: MigrateType.allCases.count)
    types = Array(repeating: .movable, count: (end + 511) / 512)
    var frame = freeFrom
    while frame < end {
      var order = 10
      while frame % (1 << order) != 0 || frame + (1 << order) > end { order -= 1 }
      lists[MigrateType.movable.index][order].append(frame)
      frame += 1 << order
    }
  }

  func type(of frame: Int) -> MigrateType { types[frame / 512] }

  func isFree(_ start: Int, _ order: Int) -> Bool {
    lists.contains { $0[order].contains(start) }
  }

  // MARK: Allocation

  mutating func allocate(order: Int, type: MigrateType, strict: Bool) -> Int? {
    if let block = takeSmallest(order: order, type: type) { return block }
    guard let (large, other) = choose(order: order, type: type, strict: strict) else { return nil }
    let block = lists[other.index][large][0]
    let mayTakeOver = large >= 4 || type != .movable || !groups
    if large >= 9 {
      lists[other.index][large].removeFirst()
      for frame in stride(from: block, to: block + 1 << large, by: 512) {
        types[frame / 512] = type
      }
      giveBackUpper(block, large, order, type)
      return block
    }
    if mayTakeOver, takeOverPageblock(block, from: other, to: type) {
      return takeSmallest(order: order, type: type)
    }
    lists[other.index][large].removeFirst()
    giveBackUpper(block, large, order, other)
    return block
  }

  mutating func takeSmallest(order: Int, type: MigrateType) -> Int? {
    for found in order...10 where !lists[type.index][found].isEmpty {
      let block = lists[type.index][found].removeFirst()
      giveBackUpper(block, found, order, type)
      return block
    }
    return nil
  }

  private mutating func giveBackUpper(_ block: Int, _ from: Int, _ to: Int, _ type: MigrateType) {
    for order in stride(from: from - 1, through: to, by: -1) {
      lists[type.index][order].insert(block + 1 << order, at: 0)
    }
  }

  private func others(than type: MigrateType) -> [MigrateType] {
    switch type {
    case .movable: [.reclaimable, .unmovable]
    case .reclaimable: [.unmovable, .movable]
    default: [.reclaimable, .movable]
    }
  }

  private func choose(order: Int, type: MigrateType, strict: Bool) -> (Int, MigrateType)? {
    let least = strict ? max(order, 9) : order
    guard least <= 10 else { return nil }
    for large in stride(from: 10, through: least, by: -1) {
      guard let other = others(than: type).first(where: { !lists[$0.index][large].isEmpty }) else {
        continue
      }
      let mayTakeOver = large >= 4 || type != .movable || !groups
      if mayTakeOver || large == order { return (large, other) }
      for small in order...10 {
        if let other = others(than: type).first(where: { !lists[$0.index][small].isEmpty }) {
          return (small, other)
        }
      }
    }
    return nil
  }

  private mutating func takeOverPageblock(
    _ block: Int, from old: MigrateType, to new: MigrateType
  ) -> Bool {
    let first = block / 512 * 512
    guard first >= start, first + 512 <= end else { return false }
    let inside = first..<(first + 512)
    var free = 0
    for order in 0...9 {
      free += lists[old.index][order].count(where: inside.contains) << order
    }
    let movable = onLRU.count(where: inside.contains)
    let alike = new == .movable ? movable : old == .movable ? 512 - free - movable : 0
    guard free + alike >= 256 || !groups else { return false }
    var moved: [Block] = []
    for order in 0...9 {
      moved += lists[old.index][order].filter(inside.contains).map {
        Block(start: $0, order: order)
      }
      lists[old.index][order].removeAll(where: inside.contains)
    }
    for block in moved.sorted(by: { $0.start < $1.start }) {
      lists[new.index][block.order].append(block.start)
    }
    types[first / 512] = new
    return true
  }

  // MARK: Freeing

  mutating func free(_ block: Int, order: Int) {
    var block = block
    var order = order
    let type = type(of: block)
    while order < 10 {
      let buddy = block ^ (1 << order)
      guard buddy >= start, buddy < end, isFree(buddy, order) else { break }
      let other = self.type(of: buddy)
      let ordinary: [MigrateType] = [.movable, .unmovable, .reclaimable]
      if order >= 9, other != type, !(ordinary.contains(other) && ordinary.contains(type)) { break }
      for list in lists.indices { lists[list][order].removeAll { $0 == buddy } }
      if order >= 9 { types[buddy / 512] = type }
      block = min(block, buddy)
      order += 1
    }
    let parent = block & ~(1 << order)
    let grandBuddy = parent ^ (1 << (order + 1))
    let atTail =
      order < 9 && grandBuddy >= start && grandBuddy < end && isFree(grandBuddy, order + 1)
    let list = self.type(of: block).index
    lists[list][order].insert(block, at: atTail ? lists[list][order].count : 0)
  }
}
