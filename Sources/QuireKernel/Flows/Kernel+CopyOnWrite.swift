// A write to a page that is present and not writable: reuse it, or copy it (FAULT-7, FAULT-10).

internal import KernelStorage

extension Kernel {
  /// Linux: `do_wp_page`, mm/memory.c.
  mutating func writeProtected(
    _ fault: Fault, _ entry: PageTableEntry, table: FrameNumber, index: Int
  ) throws(Errno) {
    let flags = virtual.regions[fault.region].flags
    let frame = entry.frame
    if !flags.isDisjoint(with: [.shared, .mayShare]) {
      reuse(entry, table: table, index: index)
      if !entry.isSpecial { markStored(frame) }
      return
    }
    let isAnonymous = !entry.isSpecial && memory.frames[frame].flags.contains(.anonymous)
    if isAnonymous && isLastOwner(of: frame, for: fault) {
      reuse(entry, table: table, index: index)
      tasks[fault.task].cowFaults += 1
      return
    }
    try copy(entry, fault, flags, table: table, index: index)
  }

  /// Whether nobody but the faulting PTE has a claim on the page; then it is made exclusive, and
  /// belongs to the region from now on.
  ///
  /// Linux: `wp_can_reuse_anon_folio`, mm/memory.c.
  private mutating func isLastOwner(of frame: FrameNumber, for fault: Fault) -> Bool {
    if architectureRules.contains(.reuseCountsOwners) { return isOnlyOwner(of: frame, for: fault) }
    if memory.frames[frame].flags.contains(.anonExclusive) { return true }
    let page = memory.frames[frame]
    if page.referenceCount > (page.flags.contains(.swapCache) ? 2 : 1) { return false }
    if page.flags.contains(.swapCache) { freeSwap(of: frame) }
    if memory.frames[frame].referenceCount != 1 { return false }
    memory.frames[frame].mapping = virtual.regions[fault.region].anonVMA.rawValue
    memory.frames[frame].flags.insert(.anonExclusive)
    return true
  }

  /// The same by the count of owners alone: the swap cache may be one if no entry names the slot,
  /// and keeps the page.
  ///
  /// Linux: `can_share_swap_page` of 2.6.11, mm/swapfile.c.
  private mutating func isOnlyOwner(of frame: FrameNumber, for fault: Fault) -> Bool {
    let page = memory.frames[frame]
    switch page.referenceCount {
    case 1: break
    case 2 where page.flags.contains(.swapCache):
      if swap[swap.cache[frame.index].entry].users != 0 { return false }
    default: return false
    }
    memory.frames[frame].mapping = virtual.regions[fault.region].anonVMA.rawValue
    memory.frames[frame].flags.insert(.anonExclusive)
    return true
  }

  /// Linux: `wp_page_reuse`, mm/memory.c.
  private mutating func reuse(_ entry: PageTableEntry, table: FrameNumber, index: Int) {
    let rights =
      PageTableEntry.writeBit | PageTableEntry.dirtyBit | PageTableEntry.accessedBit
    memory.setEntry(table: table, index: index, to: PageTableEntry(bits: entry.bits | rights))
    counters.pgreuse += 1
  }

  /// Gives the faulting PTE a page of its own with the same contents.
  ///
  /// A page that only stands for zeros is not copied but replaced by a fresh one.
  /// Linux: `wp_page_copy`, mm/memory.c.
  private mutating func copy(
    _ entry: PageTableEntry, _ fault: Fault, _ flags: VMAFlags, table: FrameNumber, index: Int
  ) throws(Errno) {
    let frame = try newAnonymousPage(fault)
    if memory.entry(table: table, index: index) != entry {
      // Making room took the old page away meanwhile: the access will fault anew.
      removeAnonMapping(frame)
      release(frame)
      return
    }
    flushPage(fault.address, of: fault.space)
    if entry.isSpecial {
      spaces[fault.space].anonPages += 1
      if flags.contains(.pfnMap) {
        memory.copyData(from: entry.frame, to: frame)
        charge(costs.pageCopy)
        tasks[fault.task].cowFaults += 1
        emit(.copyOnWrite, tasks[fault.task].pid, fault.address, UInt64(frame.rawValue))
      }
      install(frame, flags, table: table, index: index)
      return
    }
    let old = entry.frame
    memory.copyData(from: old, to: frame)
    charge(costs.pageCopy)
    install(frame, flags, table: table, index: index)
    if flags.contains(.locked) { unlockPage(old) }
    if memory.frames[old].flags.contains(.anonymous) {
      // The new page takes the old one's place in the count of anonymous pages.
      removeAnonMapping(old)
      dropSwapCopy(of: old)
    } else {
      removeCachedMapping(old, in: fault.space)
      spaces[fault.space].anonPages += 1
    }
    release(old)
    tasks[fault.task].cowFaults += 1
    emit(.copyOnWrite, tasks[fault.task].pid, fault.address, UInt64(frame.rawValue))
  }
}
