// The free lists of a zone: inserting, removing and taking blocks.
//
// Invariant: a block is on a list exactly when its first frame carries `buddy` and its order, or
// when it lies in the untouched range. `free`, the counts and the `occupied` bits follow.

extension Zone {
  /// Puts a block on a list; the caller has checked that it is free.
  ///
  /// Linux: `__add_to_free_list`, mm/page_alloc.c.
  mutating func insert(
    _ block: FrameNumber, order: Int, type: MigrateType, atTail: Bool,
    marking frames: inout FrameTable
  ) {
    // Only the boot frees blocks of the largest order to the tail, and it makes them a range.
    assert(!atTail || order < BuddyOrder.maximum, "Zone: a largest block goes to the head")
    let index = Self.listIndex(order, type)
    let neighbour = atTail ? lists[index].tail : lists[index].head
    frames[block].flags.insert(.buddy)
    frames[block].order = UInt8(order)
    frames[block].next = atTail ? .none : neighbour
    frames[block].previous = atTail ? neighbour : .none
    if neighbour.isNone {
      lists[index].head = block
      lists[index].tail = block
    } else if atTail {
      frames[neighbour].next = block
      lists[index].tail = block
    } else {
      frames[neighbour].previous = block
      lists[index].head = block
    }
    lists[index].count += 1
    occupied[type.index] |= 1 << UInt16(order)
    free += 1 << order
  }

  /// Takes a block off its list, wherever it stands.
  ///
  /// Linux: `__del_page_from_free_list`, mm/page_alloc.c.
  mutating func remove(
    _ block: FrameNumber, order: Int, type: MigrateType, marking frames: inout FrameTable
  ) {
    let index = Self.listIndex(order, type)
    let next = frames[block].next
    let previous = frames[block].previous
    if previous.isNone { lists[index].head = next } else { frames[previous].next = next }
    if next.isNone { lists[index].tail = previous } else { frames[next].previous = previous }
    frames[block].flags.remove(.buddy)
    frames[block].next = .none
    frames[block].previous = .none
    didRemove(order: order, type: type)
  }

  /// Takes the first block of a list that has one.
  mutating func removeFirst(
    order: Int, type: MigrateType, marking frames: inout FrameTable
  ) -> FrameNumber {
    let head = lists[Self.listIndex(order, type)].head
    if head.isNone {
      let block = untouchedStart
      untouchedStart = block + (1 << order)
      didRemove(order: order, type: type)
      return block
    }
    remove(head, order: order, type: type, marking: &frames)
    return head
  }

  /// The orders from `order` up whose list of `type` has a block, as bits.
  @inline(__always)
  func orders(from order: Int, type: MigrateType) -> UInt16 {
    occupied[type.index] & (UInt16.max << UInt16(order))
  }

  func hasBlock(order: Int, type: MigrateType) -> Bool {
    occupied[type.index] & (1 << UInt16(order)) != 0
  }

  @inline(__always)
  private mutating func didRemove(order: Int, type: MigrateType) {
    let index = Self.listIndex(order, type)
    lists[index].count -= 1
    if lists[index].count == 0 { occupied[type.index] &= ~(1 << UInt16(order)) }
    free -= 1 << order
  }
}
