// The buddy system: blocks are split in halves to be handed out and merged when they come back.
//
// A zone decides which block; the page's owner, data and counts are the caller's. Splitting
// keeps the lower half (BUDDY-4), merging goes as high as the buddies are free (BUDDY-5).

extension Zone {
  /// Takes a block of `order` off the lists of one type, splitting a larger one if need be.
  ///
  /// Linux: `__rmqueue_smallest`, mm/page_alloc.c.
  mutating func takeSmallest(
    order: Int, type: MigrateType, marking frames: inout FrameTable
  ) -> FrameNumber? {
    let orders = orders(from: order, type: type)
    guard orders != 0 else { return nil }
    let found = orders.trailingZeroBitCount
    let block = removeFirst(order: found, type: type, marking: &frames)
    split(block, from: found, to: order, type: type, marking: &frames)
    return block
  }

  /// How many frames `takeRun` finds in a row: those of the smallest block.
  @inline(__always)
  func runLength(type: MigrateType) -> Int {
    let orders = orders(from: 0, type: type)
    return orders == 0 ? 0 : 1 << orders.trailingZeroBitCount
  }

  /// Takes frames that lie in a row, `limit` at most: those that as many calls of `takeSmallest`
  /// with order 0 would take one after another, in ascending order.
  ///
  /// The smallest block there is would be split and its parts used up before any other block is
  /// looked at, so its frames come off in one piece, and what is left is what splitting leaves.
  /// Linux: none (model only).
  mutating func takeRun(
    limit: Int, type: MigrateType, marking frames: inout FrameTable
  ) -> FrameRange {
    let orders = orders(from: 0, type: type)
    guard orders != 0, limit > 0 else { return FrameRange() }
    let order = orders.trailingZeroBitCount
    let block = removeFirst(order: order, type: type, marking: &frames)
    let count = min(limit, 1 << order)
    var taken = count
    while taken < 1 << order {
      let half = taken.trailingZeroBitCount
      insert(block + taken, order: half, type: type, atTail: false, marking: &frames)
      taken += 1 << half
    }
    return FrameRange(first: block, count: count)
  }

  /// Gives the upper halves of a block back until only `order` is left of it.
  ///
  /// Linux: `expand`, mm/page_alloc.c.
  mutating func split(
    _ block: FrameNumber, from large: Int, to order: Int, type: MigrateType,
    marking frames: inout FrameTable
  ) {
    var half = large
    while half > order {
      half -= 1
      insert(block + (1 << half), order: half, type: type, atTail: false, marking: &frames)
    }
  }

  /// Gives a block back, merging it with its free buddies.
  ///
  /// Linux: `__free_one_page`, mm/page_alloc.c.
  mutating func release(_ block: FrameNumber, order: Int, marking frames: inout FrameTable) {
    var block = block
    var order = order
    let type = frames.blockType(of: block)
    while order < BuddyOrder.maximum {
      guard let buddy = freeBuddy(of: block, order: order, in: frames) else { break }
      let buddyType = order >= Pageblock.order ? frames.blockType(of: buddy) : type
      if buddyType != type, !(type.isOrdinary && buddyType.isOrdinary) { break }
      remove(buddy, order: order, type: buddyType, marking: &frames)
      if buddyType != type { frames.setBlockType(of: buddy, to: type) }
      block = min(block, buddy)
      order += 1
    }
    let atTail = mergeIsLikely(block, order: order, in: frames)
    insert(block, order: order, type: type, atTail: atTail, marking: &frames)
  }

  /// The buddy of a block, if it is free as a whole and in this zone (BUDDY-2).
  ///
  /// Linux: `find_buddy_page_pfn`, mm/internal.h.
  func freeBuddy(of block: FrameNumber, order: Int, in frames: borrowing FrameTable) -> FrameNumber?
  {
    let buddy = FrameNumber(block.rawValue ^ (1 << UInt32(order)))
    guard contains(buddy) else { return nil }
    let descriptor = frames[buddy]
    guard descriptor.flags.contains(.buddy), Int(descriptor.order) == order else { return nil }
    return buddy
  }

  /// Whether the block would merge twice if its buddy came back: then it goes to the tail, to be
  /// taken late (BUDDY-6).
  ///
  /// Linux: `buddy_merge_likely`, mm/page_alloc.c.
  private func mergeIsLikely(
    _ block: FrameNumber, order: Int, in frames: borrowing FrameTable
  ) -> Bool {
    guard order < BuddyOrder.maximum - 1 else { return false }
    let parent = FrameNumber(block.rawValue & ~(1 << UInt32(order)))
    return freeBuddy(of: parent, order: order + 1, in: frames) != nil
  }
}
