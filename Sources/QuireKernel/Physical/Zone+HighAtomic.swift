// Pageblocks kept for requests of more than one page that cannot wait (BUDDY-13).

extension Zone {
  /// Keeps the pageblock of a block that such a request just got, unless enough are kept.
  ///
  /// Linux: `reserve_highatomic_pageblock`, mm/page_alloc.c.
  mutating func reserveHighAtomic(
    _ block: FrameNumber, order: Int, marking frames: inout FrameTable
  ) {
    let share = managed / 100
    guard share >= Pageblock.pages else { return }
    let most = (share + Pageblock.pages - 1) / Pageblock.pages * Pageblock.pages
    let type = frames.blockType(of: block)
    guard reservedHighAtomic < most, type.isOrdinary else { return }
    if order >= Pageblock.order {
      retype(block, order: order, to: .highAtomic, in: &frames)
      reservedHighAtomic += 1 << order
      return
    }
    let first = FrameNumber(block.index & ~(Pageblock.pages - 1))
    guard first >= start, first + Pageblock.pages <= end else { return }
    moveFreeBlocks(first..<(first + Pageblock.pages), from: type, to: .highAtomic, in: &frames)
    frames.setBlockType(of: first, to: .highAtomic)
    reservedHighAtomic += Pageblock.pages
  }

  /// Gives one kept pageblock with free memory to requests of `type`; false when there is none.
  /// Unless forced, the last one stays.
  ///
  /// Linux: `unreserve_highatomic_pageblock`, mm/page_alloc.c.
  mutating func releaseHighAtomic(
    to type: MigrateType, force: Bool, marking frames: inout FrameTable
  ) -> Bool {
    guard force || reservedHighAtomic > Pageblock.pages else { return false }
    let orders = orders(from: 0, type: .highAtomic)
    guard orders != 0 else { return false }
    let order = orders.trailingZeroBitCount
    let block = lists[Self.listIndex(order, .highAtomic)].head
    let length = max(1 << order, Pageblock.pages)
    let first = FrameNumber(block.index & ~(length - 1))
    moveFreeBlocks(first..<(first + length), from: .highAtomic, to: type, in: &frames)
    retype(first, order: max(order, Pageblock.order), to: type, in: &frames)
    reservedHighAtomic -= min(reservedHighAtomic, length)
    return true
  }
}
