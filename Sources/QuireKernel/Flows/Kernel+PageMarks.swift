// What calls tell the LRU lists about a page: that it was used, that it is locked, that it may go.

extension Kernel {
  /// A page was used other than through its entries; the second time makes it active (LRU-2).
  ///
  /// Linux: `folio_mark_accessed`, mm/swap.c.
  mutating func markAccessed(_ frame: FrameNumber) {
    let flags = memory.frames[frame].flags
    if !flags.contains(.referenced) {
      memory.frames[frame].flags.insert(.referenced)
    } else if flags.isDisjoint(with: [.unevictable, .active]) {
      moveOnLRU(frame, adding: .active, removing: .referenced)
      counters.pgactivate += 1
    }
  }

  /// A locked region maps the page: it goes to the list that reclaim never looks at.
  ///
  /// Linux: `mlock_folio`, mm/mlock.c.
  mutating func lockPage(_ frame: FrameNumber) {
    if memory.frames[frame].flags.contains(.unevictable) { return }
    moveOnLRU(frame, adding: .unevictable, removing: .active)
    gauges.nr_mlock += 1
  }

  /// A locked region lets go of a page; with the last one it becomes an ordinary page again.
  ///
  /// The region's own mapping must be gone, or its lock.
  /// Linux: `munlock_folio`, mm/mlock.c.
  mutating func unlockPage(_ frame: FrameNumber) {
    guard memory.frames[frame].flags.contains(.unevictable) else { return }
    var left = memory.frames[frame].mapCount
    var walk = mappings(of: frame)
    while left > 0, let mapping = next(&walk) {
      if virtual.regions[mapping.region].flags.contains(.locked) { return }
      left -= 1
    }
    moveOnLRU(frame, adding: [], removing: .unevictable)
    gauges.nr_mlock -= 1
  }

  /// The page will not be needed soon: it is no longer active (MADV-3).
  ///
  /// Linux: `folio_deactivate`, mm/swap.c.
  mutating func deactivatePage(_ frame: FrameNumber) {
    let flags = memory.frames[frame].flags
    guard flags.contains(.active), !flags.contains(.unevictable) else {
      memory.frames[frame].flags.remove(.referenced)
      return
    }
    memory.frames[frame].flags.insert(.workingset)
    moveOnLRU(frame, adding: [], removing: [.active, .referenced])
    counters.pgdeactivate += 1
  }

  /// The data of an anonymous page may be forgotten, unless it is written again first (MADV-2).
  ///
  /// Linux: `folio_mark_lazyfree`, mm/swap.c.
  mutating func markLazyFree(_ frame: FrameNumber) {
    let flags = memory.frames[frame].flags
    guard flags.isSuperset(of: [.anonymous, .swapBacked, .lru]),
      flags.isDisjoint(with: [.swapCache, .unevictable])
    else { return }
    moveOnLRU(frame, adding: [], removing: [.active, .referenced, .swapBacked])
    counters.pglazyfree += 1
  }

  /// Changes the flags that say on which list a page is; it goes to the head of the new one.
  private mutating func moveOnLRU(
    _ frame: FrameNumber, adding: PageFlags, removing: PageFlags
  ) {
    let isListed = memory.frames[frame].flags.contains(.lru)
    if isListed { lru.remove(frame, in: &memory.frames) }
    memory.frames[frame].flags.subtract(removing)
    memory.frames[frame].flags.formUnion(adding)
    if isListed { lru.add(frame, in: &memory.frames) }
  }
}
