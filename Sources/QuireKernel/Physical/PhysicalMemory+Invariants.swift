// What must hold of zones, free lists and descriptors between two calls (AUDIT-1, -2, -3).
//
// The walk goes over what was touched: blocks that nobody has taken since boot are a range, and
// only its ends are looked at.

import KernelStorage

extension PhysicalMemory {
  /// Checks the frames and says what it saw of those handed out.
  func check(_ violations: inout [InvariantViolation]) -> BlockCensus {
    var census = BlockCensus()
    for kind in ZoneKind.allCases where zones[kind.index].isPopulated {
      checkSizes(kind, &violations)
      checkLists(kind, &violations)
      checkBlocks(kind, &census, &violations)
    }
    return census
  }

  /// ZONE-2, and the order of the marks.
  private func checkSizes(_ kind: ZoneKind, _ violations: inout [InvariantViolation]) {
    let zone = kind.index
    let sizes = [
      zones[zone].spanned, zones[zone].present, zones[zone].managed, zones[zone].free, 0,
    ]
    for (larger, smaller) in zip(sizes, sizes.dropFirst()) where larger < smaller {
      violations.append(InvariantViolation("physical.zone-sizes", "\(kind.name): \(sizes)"))
    }
    let marks = zones[zone].watermarks
    if marks.min > marks.low || marks.low > marks.high || zones[zone].boost < 0 {
      violations.append(InvariantViolation("physical.watermarks", "\(kind.name): \(marks)"))
    }
  }

  /// The frames that the allocator has but for the blocks that nobody took since boot.
  ///
  /// Descriptors of the others were never written: a large machine is audited by what it uses.
  var touchedFrames: [Range<Int>] {
    var stretches: [Range<Int>] = []
    for kind in ZoneKind.allCases {
      let start = zones[kind.index].managedStart.index
      let end = start + zones[kind.index].managed
      if zones[kind.index].untouchedIsEmpty {
        stretches.append(start..<end)
      } else {
        stretches.append(start..<zones[kind.index].untouchedStart.index)
        stretches.append(zones[kind.index].untouchedEnd.index..<end)
      }
    }
    return stretches
  }

  // MARK: Lists

  private func checkLists(_ kind: ZoneKind, _ violations: inout [InvariantViolation]) {
    var free = 0
    for type in MigrateType.allCases {
      for order in 0...BuddyOrder.maximum {
        free += checkList(kind, type, order, &violations) << order
      }
    }
    if free != zones[kind.index].free {
      violations.append(
        InvariantViolation(
          "physical.free-count",
          "\(kind.name): \(free) frames are on lists, \(zones[kind.index].free) are counted"))
    }
  }

  /// Walks one list and returns the number of blocks on it.
  private func checkList(
    _ kind: ZoneKind, _ type: MigrateType, _ order: Int, _ violations: inout [InvariantViolation]
  ) -> Int {
    let name = "\(kind.name) \(type.name) order \(order)"
    let list = zones[kind.index].lists[Zone.listIndex(order, type)]
    var length = untouchedBlocks(kind, type, order)
    var before = FrameNumber.none
    var block = list.head
    while !block.isNone, length <= Int(list.count) {
      checkMember(block, of: kind, type, order, after: before, &violations)
      length += 1
      before = block
      block = frames[block].next
    }
    if list.tail != before {
      violations.append(InvariantViolation("physical.list-links", "\(name): the tail is off"))
    }
    if length != Int(list.count) {
      violations.append(
        InvariantViolation("physical.list-count", "\(name): \(length) of \(list.count)"))
    }
    if zones[kind.index].hasBlock(order: order, type: type) != (list.count > 0) {
      violations.append(InvariantViolation("physical.list-bit", name))
    }
    return length
  }

  private func untouchedBlocks(_ kind: ZoneKind, _ type: MigrateType, _ order: Int) -> Int {
    guard order == BuddyOrder.maximum, type == .movable else { return 0 }
    let zone = kind.index
    return (zones[zone].untouchedEnd.index - zones[zone].untouchedStart.index) >> order
  }

  private func checkMember(
    _ block: FrameNumber, of kind: ZoneKind, _ type: MigrateType, _ order: Int,
    after before: FrameNumber, _ violations: inout [InvariantViolation]
  ) {
    let frame = frames[block]
    let name = "frame \(block.rawValue) on \(kind.name) \(type.name) order \(order)"
    if frame.previous != before {
      violations.append(InvariantViolation("physical.list-links", name))
    }
    if !frame.flags.contains(.buddy) || Int(frame.order) != order {
      violations.append(InvariantViolation("physical.list-member", name))
    }
    if frames.blockType(of: block) != type {
      violations.append(InvariantViolation("physical.list-type", name))
    }
  }

  // MARK: Blocks

  /// Walks the managed frames block by block: each is free or handed out, exactly one of them.
  private func checkBlocks(
    _ kind: ZoneKind, _ census: inout BlockCensus, _ violations: inout [InvariantViolation]
  ) {
    let zone = kind.index
    var counted = 0
    var frame = zones[zone].managedStart.index
    let end = frame + zones[zone].managed
    while frame < end {
      if frame == zones[zone].untouchedStart.index, !zones[zone].untouchedIsEmpty {
        counted += zones[zone].untouchedEnd.index - frame
        frame = zones[zone].untouchedEnd.index
        continue
      }
      let descriptor = frames[FrameNumber(frame)]
      if descriptor.flags.contains(.buddy) { counted += 1 << Int(descriptor.order) }
      census.count(descriptor)
      frame += checkBlock(FrameNumber(frame), kind, &violations)
    }
    if counted != zones[zone].free {
      violations.append(
        InvariantViolation(
          "physical.free-blocks", "\(kind.name): \(counted) of \(zones[zone].free) are marked"))
    }
  }

  /// Checks the block that starts at `block` and returns its length.
  private func checkBlock(
    _ block: FrameNumber, _ kind: ZoneKind, _ violations: inout [InvariantViolation]
  ) -> Int {
    let frame = frames[block]
    let name = "frame \(block.rawValue)"
    let isFree = frame.flags.contains(.buddy)
    guard isFree || frame.referenceCount > 0 else {
      violations.append(InvariantViolation("physical.lost-frame", name))
      return 1
    }
    let order = isFree || frame.flags.contains(.head) ? Int(frame.order) : 0
    let length = 1 << order
    if order > BuddyOrder.maximum || block.index & (length - 1) != 0 {
      violations.append(InvariantViolation("physical.block-alignment", "\(name) order \(order)"))
      return 1
    }
    if block + length > zones[kind.index].end {
      violations.append(InvariantViolation("physical.block-zone", "\(name) order \(order)"))
    }
    if isFree { checkFree(block, order, kind, &violations) }
    checkInside(block, length, isFree: isFree, &violations)
    return length
  }

  /// A free block has no owner and could not be larger.
  private func checkFree(
    _ block: FrameNumber, _ order: Int, _ kind: ZoneKind, _ violations: inout [InvariantViolation]
  ) {
    let frame = frames[block]
    let name = "frame \(block.rawValue) order \(order)"
    let isClean = frame.flags == .buddy && frame.mapCount == 0 && frame.mapping == 0
    if frame.referenceCount != 0 || !isClean {
      violations.append(InvariantViolation("physical.free-owned", name))
    }
    guard order < BuddyOrder.maximum,
      let buddy = zones[kind.index].freeBuddy(of: block, order: order, in: frames)
    else { return }
    let types = (frames.blockType(of: block), frames.blockType(of: buddy))
    if types.0 == types.1 || types.0.isOrdinary && types.1.isOrdinary {
      violations.append(InvariantViolation("physical.buddies-apart", name))
    }
  }

  /// Nothing inside a block claims to be one itself, and free frames hold nothing.
  private func checkInside(
    _ block: FrameNumber, _ length: Int, isFree: Bool, _ violations: inout [InvariantViolation]
  ) {
    for offset in 0..<length {
      let frame = block + offset
      if isFree, contents[frame.index] != .zero {
        violations.append(InvariantViolation("physical.free-data", "frame \(frame.rawValue)"))
      }
      guard offset > 0 else { continue }
      let claims = frames[frame].flags.contains(.buddy) || frames[frame].flags.contains(.head)
      if claims || frames[frame].referenceCount != 0 {
        violations.append(InvariantViolation("physical.block-overlap", "frame \(frame.rawValue)"))
      }
    }
  }
}

/// Frames that were handed out for what no list of blocks remembers.
struct BlockCensus {
  var slabFrames = 0
  var largeObjectFrames = 0

  mutating func count(_ head: PageFrame) {
    guard !head.flags.contains(.buddy), head.referenceCount > 0 else { return }
    let frames = head.flags.contains(.head) ? 1 << Int(head.order) : 1
    if head.flags.contains(.slab) { slabFrames += frames }
    if head.use == .largeObject { largeObjectFrames += frames }
  }
}

extension Kernel {
  /// Checks frames, slabs and what they say of each other.
  borrowing func checkPhysical(_ violations: inout [InvariantViolation]) {
    let census = memory.check(&violations)
    slab.check(memory.frames, &violations)
    let owned = slab.order.reduce(0) { $0 + slab[$1].frameCount }
    if owned != census.slabFrames {
      violations.append(
        InvariantViolation(
          "slab.frame-owner", "\(census.slabFrames) frames are marked, caches have \(owned)"))
    }
    let counted = slab.reclaimableFrames + slab.unreclaimableFrames
    if counted != owned + census.largeObjectFrames {
      violations.append(
        InvariantViolation(
          "slab.frame-total",
          "\(counted) counted, \(owned) in slabs, \(census.largeObjectFrames) in large objects"))
    }
  }
}
