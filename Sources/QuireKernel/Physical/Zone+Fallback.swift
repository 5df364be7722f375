// Falling back to blocks of another mobility, and taking whole pageblocks over (BUDDY-10, -11).

extension Zone {
  /// Takes a block for a request of `type`, from its own lists or from those of another type.
  ///
  /// Linux: `__rmqueue`, mm/page_alloc.c.
  mutating func take(
    order: Int, type: MigrateType, policy: MobilityPolicy, marking frames: inout FrameTable
  ) -> FrameNumber? {
    if let block = takeSmallest(order: order, type: type, marking: &frames) { return block }
    guard let choice = chooseFallback(order: order, type: type, policy: policy) else { return nil }
    return takeOver(choice, order: order, type: type, policy: policy, marking: &frames)
  }

  /// A free block of another type, and whether its whole pageblock may be taken over.
  struct FallbackChoice {
    var order: Int
    var type: MigrateType
    var mayTakeBlock: Bool
  }

  /// The largest block there is, so that taking its pageblock over pays; but the smallest that
  /// suffices when a movable request would only spoil it.
  ///
  /// Linux: `__rmqueue_fallback`, mm/page_alloc.c.
  func chooseFallback(order: Int, type: MigrateType, policy: MobilityPolicy) -> FallbackChoice? {
    let smallest = policy.avoidsFragmentation ? max(order, Pageblock.order) : order
    var current = BuddyOrder.maximum
    while current >= smallest {
      if let choice = fallback(order: current, type: type, policy: policy) {
        let spoils = !choice.mayTakeBlock && type == .movable && current > order
        return spoils ? smallestFallback(order: order, type: type, policy: policy) : choice
      }
      current -= 1
    }
    return nil
  }

  private func smallestFallback(
    order: Int, type: MigrateType, policy: MobilityPolicy
  ) -> FallbackChoice? {
    for current in order...BuddyOrder.maximum {
      if let choice = fallback(order: current, type: type, policy: policy) { return choice }
    }
    return nil
  }

  /// Linux: `find_suitable_fallback`, mm/page_alloc.c.
  private func fallback(order: Int, type: MigrateType, policy: MobilityPolicy) -> FallbackChoice? {
    let (first, second) = type.fallbacks
    let found: MigrateType
    if hasBlock(order: order, type: first) {
      found = first
    } else if hasBlock(order: order, type: second) {
      found = second
    } else {
      return nil
    }
    let mayTakeBlock = order >= Pageblock.order / 2 || type != .movable || !policy.groupsByMobility
    return FallbackChoice(order: order, type: found, mayTakeBlock: mayTakeBlock)
  }

  /// Linux: `steal_suitable_fallback`, mm/page_alloc.c.
  private mutating func takeOver(
    _ choice: FallbackChoice, order: Int, type: MigrateType, policy: MobilityPolicy,
    marking frames: inout FrameTable
  ) -> FrameNumber? {
    if choice.order >= Pageblock.order {
      let block = removeFirst(order: choice.order, type: choice.type, marking: &frames)
      retype(block, order: choice.order, to: type, in: &frames)
      split(block, from: choice.order, to: order, type: type, marking: &frames)
      return block
    }
    boostWatermark(factor: policy.boostFactor)
    let block = lists[Self.listIndex(choice.order, choice.type)].head
    if choice.mayTakeBlock, claim(block, from: choice.type, to: type, policy: policy, in: &frames) {
      return takeSmallest(order: order, type: type, marking: &frames)
    }
    remove(block, order: choice.order, type: choice.type, marking: &frames)
    split(block, from: choice.order, to: order, type: choice.type, marking: &frames)
    return block
  }

  /// Takes the pageblock around a free block over when enough of it is free or alike.
  private mutating func claim(
    _ block: FrameNumber, from old: MigrateType, to new: MigrateType, policy: MobilityPolicy,
    in frames: inout FrameTable
  ) -> Bool {
    let first = FrameNumber(block.index & ~(Pageblock.pages - 1))
    let last = first + Pageblock.pages
    guard first >= start, last <= end else { return false }
    let census = count(first..<last, in: frames)
    let alike: Int
    switch (new, old) {
    case (.movable, _): alike = census.movable
    case (_, .movable): alike = Pageblock.pages - census.free - census.movable
    default: alike = 0
    }
    guard census.free + alike >= Pageblock.pages / 2 || !policy.groupsByMobility else {
      return false
    }
    moveFreeBlocks(first..<last, from: old, to: new, in: &frames)
    frames.setBlockType(of: first, to: new)
    return true
  }

  /// Free frames and frames on an LRU list in a pageblock.
  ///
  /// Linux: `prep_move_freepages_block`, mm/page_alloc.c.
  private func count(
    _ range: Range<FrameNumber>, in frames: borrowing FrameTable
  ) -> (free: Int, movable: Int) {
    var free = 0
    var movable = 0
    var frame = range.lowerBound
    while frame < range.upperBound {
      let descriptor = frames[frame]
      if descriptor.flags.contains(.buddy) {
        free += 1 << Int(descriptor.order)
        frame = frame + (1 << Int(descriptor.order))
      } else {
        if descriptor.flags.contains(.lru) { movable += 1 }
        frame = frame + 1
      }
    }
    return (free, movable)
  }

  /// Linux: `__move_freepages_block`, mm/page_alloc.c.
  mutating func moveFreeBlocks(
    _ range: Range<FrameNumber>, from old: MigrateType, to new: MigrateType,
    in frames: inout FrameTable
  ) {
    var frame = range.lowerBound
    while frame < range.upperBound {
      guard frames[frame].flags.contains(.buddy) else {
        frame = frame + 1
        continue
      }
      let order = Int(frames[frame].order)
      remove(frame, order: order, type: old, marking: &frames)
      let atTail = order < BuddyOrder.maximum
      insert(frame, order: order, type: new, atTail: atTail, marking: &frames)
      frame = frame + (1 << order)
    }
  }

  /// Gives every pageblock of a block a type.
  ///
  /// Linux: `change_pageblock_range`, mm/page_alloc.c.
  func retype(
    _ block: FrameNumber, order: Int, to type: MigrateType, in frames: inout FrameTable
  ) {
    for first in stride(from: block.index, to: block.index + 1 << order, by: Pageblock.pages) {
      frames.setBlockType(of: FrameNumber(first), to: type)
    }
  }

  /// Raises the marks for a while, so that reclaim makes room before more blocks mix (BUDDY-12).
  ///
  /// Linux: `boost_watermark`, mm/page_alloc.c.
  mutating func boostWatermark(factor: Int) {
    guard factor > 0, managed >= 4 * Pageblock.pages else { return }
    let limit = watermarks.high * factor / 10_000
    guard limit > 0 else { return }
    boost = min(boost + Pageblock.pages, max(limit, Pageblock.pages))
  }
}

/// How strictly a request keeps mobilities apart.
struct MobilityPolicy: Sendable {
  /// Off on a machine too small for it (GFP-3).
  var groupsByMobility = true
  /// Take nothing smaller than a pageblock from another type.
  ///
  /// Linux: `ALLOC_NOFRAGMENT`, mm/internal.h.
  var avoidsFragmentation = false
  /// `vm.watermark_boost_factor`; 0, which turns boosts off, while no kswapd takes them back.
  var boostFactor = 0
}
