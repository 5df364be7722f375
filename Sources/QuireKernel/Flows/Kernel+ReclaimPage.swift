// What reclaim does with one page: was it used, can it go, where does its data go (SCAN-6).

internal import KernelStorage

extension Kernel {
  /// Decides about a page that is isolated from the lists, and does what the decision needs.
  ///
  /// With `free`, the isolation holds the last reference.
  /// Linux: `shrink_folio_list`, mm/vmscan.c.
  mutating func reclaim(_ frame: FrameNumber, _ scan: inout ReclaimScan) -> PageVerdict {
    let flags = memory.frames[frame].flags
    if flags.contains(.locked) { return .keep }
    if flags.contains(.unevictable) { return .keep }
    if isPinnedByObject(frame) { return .activate }
    if flags.contains(.swapCache), swap.cache[frame.index].flags.contains(.writeback) {
      swap.cache[frame.index].flags.insert(.reclaim)
      return .activate
    }
    // Most pages have one mapping: it is found once, for both questions.
    var only = memory.frames[frame].mapCount == 1 ? firstMapping(of: frame) : nil
    if !scan.ignoresReferences, let verdict = checkReferences(of: frame, &only) { return verdict }
    if flags.contains([.anonymous, .swapBacked]), !flags.contains(.swapCache) {
      if !scan.gfp.contains(.io) || !addToSwap(frame) { return .activate }
    }
    if memory.frames[frame].mapCount > 0, !unmapEverywhere(frame, only) { return .activate }
    if memory.frames[frame].flags.contains(.dirty) {
      if let verdict = pageOut(frame, &scan) { return verdict }
    }
    return dropClean(frame) ? .free : .keep
  }

  /// Whether the page belongs to a segment that SHM_LOCK keeps in memory.
  ///
  /// Linux: `mapping_unevictable`, include/linux/pagemap.h.
  private borrowing func isPinnedByObject(_ frame: FrameNumber) -> Bool {
    let page = memory.frames[frame]
    if page.flags.contains(.anonymous) || page.object.isNone { return false }
    return virtual.objects[page.object].flags.contains(.unevictable)
  }

  /// The second chance (LRU-6): nil when the page was not used lately.
  ///
  /// Linux: `folio_check_references`, mm/vmscan.c.
  private mutating func checkReferences(
    of frame: FrameNumber, _ only: inout Mapping?
  ) -> PageVerdict? {
    let use = only == nil ? takeReferences(of: frame) : takeReference(&only)
    if use.isLocked {
      memory.frames[frame].flags.insert(.unevictable)
      gauges.nr_mlock += 1
      return .keep
    }
    let wasReferenced = memory.frames[frame].flags.contains(.referenced)
    memory.frames[frame].flags.remove(.referenced)
    let isFile = !memory.frames[frame].flags.contains(.swapBacked)
    if use.count > 0 {
      memory.frames[frame].flags.insert(.referenced)
      return wasReferenced || use.count > 1 || use.isCode && isFile ? .activate : .keep
    }
    return wasReferenced && isFile && memory.frames[frame].flags.contains(.dirty) ? .keep : nil
  }

  /// How many entries have used a page since the last look, and whether one of them locks it; the
  /// marks are cleared (RMAP-5).
  ///
  /// Linux: `folio_referenced`, mm/rmap.c.
  mutating func takeReferences(of frame: FrameNumber) -> PageUse {
    var use = PageUse()
    var left = memory.frames[frame].mapCount
    if left == 0 { return use }
    var walk = mappings(of: frame)
    while left > 0, !use.isLocked, var mapping = next(&walk) {
      left -= 1
      note(&mapping, in: &use)
    }
    return use
  }

  private mutating func takeReference(_ only: inout Mapping?) -> PageUse {
    var use = PageUse()
    if var mapping = only {
      note(&mapping, in: &use)
      only = mapping
    }
    return use
  }

  private mutating func note(_ mapping: inout Mapping, in use: inout PageUse) {
    if virtual.regions[mapping.region].flags.contains(.locked) {
      use.isLocked = true
    } else if mapping.entry.isAccessed {
      use.count += 1
      if virtual.regions[mapping.region].flags.contains(.execute) { use.isCode = true }
      setEntry(
        of: &mapping, to: PageTableEntry(bits: mapping.entry.bits & ~PageTableEntry.accessedBit))
    }
  }

  // MARK: Unmapping

  /// Takes a page out of every page table; false when a locked region holds on to it (RMAP-4).
  ///
  /// Linux: `try_to_unmap`, mm/rmap.c.
  private mutating func unmapEverywhere(_ frame: FrameNumber, _ only: Mapping?) -> Bool {
    if var only { return unmap(frame, &only) }
    var walk = mappings(of: frame)
    while memory.frames[frame].mapCount > 0, var mapping = next(&walk) {
      if !unmap(frame, &mapping) { return false }
    }
    return memory.frames[frame].mapCount == 0
  }

  /// Linux: `try_to_unmap_one`, mm/rmap.c.
  private mutating func unmap(_ frame: FrameNumber, _ mapping: inout Mapping) -> Bool {
    let area = virtual.regions[mapping.region]
    if area.flags.contains(.locked) || isInUse(&mapping, in: area.space) { return false }
    if mapping.entry.isDirty { markDirty(frame) }
    spaces[area.space].recordPeaks()
    if memory.frames[frame].flags.contains(.anonymous) {
      if !memory.frames[frame].flags.contains(.swapBacked) {
        return dropLazyFree(frame, &mapping, of: area)
      }
      replaceBySwap(frame, &mapping, in: area.space)
    } else {
      setEntry(of: &mapping, to: remnant(of: frame, in: mapping.region, at: mapping.address))
      flushPage(mapping.address, of: area.space)
      removeCachedMapping(frame, in: area.space)
    }
    memory.frames[frame].referenceCount -= 1
    return true
  }

  /// Whether an entry was used since the last look, where that keeps its page; the mark is cleared.
  ///
  /// Linux: `try_to_unmap_one` of 2.6.11, mm/rmap.c.
  private mutating func isInUse(_ mapping: inout Mapping, in space: AddressSpaceIndex) -> Bool {
    guard architectureRules.contains(.usedPagesStay), mapping.entry.isAccessed else { return false }
    setEntry(
      of: &mapping, to: PageTableEntry(bits: mapping.entry.bits & ~PageTableEntry.accessedBit))
    flushPage(mapping.address, of: space)
    return true
  }

  /// A page whose data may be forgotten: it goes, unless it was written since (RMAP-4); one of a
  /// droppable region goes even then.
  ///
  /// Linux: `try_to_unmap_one`, mm/rmap.c.
  private mutating func dropLazyFree(
    _ frame: FrameNumber, _ mapping: inout Mapping, of area: VirtualMemoryArea
  ) -> Bool {
    let page = memory.frames[frame]
    let isDirty = page.flags.contains(.dirty)
    let isDroppable = area.flags.contains(.droppable)
    // The isolation and the entries must be the only owners.
    if isDirty && !isDroppable || page.referenceCount != page.mapCount + 1 {
      if !isDroppable { memory.frames[frame].flags.insert(.swapBacked) }
      return false
    }
    setEntry(of: &mapping, to: .none)
    flushPage(mapping.address, of: area.space)
    spaces[area.space].anonPages -= 1
    removeAnonMapping(frame)
    memory.frames[frame].referenceCount -= 1
    if memory.frames[frame].mapCount == 0 && !isDirty { counters.pglazyfreed += 1 }
    return true
  }

  /// An entry names the slot from now on; whether its process alone had the page, it remembers.
  private mutating func replaceBySwap(
    _ frame: FrameNumber, _ mapping: inout Mapping, in space: AddressSpaceIndex
  ) {
    let isExclusive =
      memory.frames[frame].flags.contains(.anonExclusive)
      && !architectureRules.contains(.swapForgetsExclusive)
    memory.frames[frame].flags.remove(.anonExclusive)
    let entry = swap.cache[frame.index].entry
    setEntry(of: &mapping, to: PageTableEntry(swap: entry, exclusive: isExclusive))
    flushPage(mapping.address, of: space)
    swap.addUser(entry)
    spaces[space].anonPages -= 1
    spaces[space].swapEntries += 1
    removeAnonMapping(frame)
  }

  // MARK: Where the data goes

  /// Sends a dirty page to the disk; nil when that is over already, as for a page of zeros.
  ///
  /// Linux: `pageout`, mm/vmscan.c.
  private mutating func pageOut(
    _ frame: FrameNumber, _ scan: inout ReclaimScan
  ) -> PageVerdict? {
    if !scan.gfp.contains(.io) { return .keep }
    if !memory.frames[frame].flags.contains(.swapBacked) {
      // The flusher writes it, not reclaim itself; by the next pass it is clean.
      scan.dirtyFilePages += 1
      let page = memory.frames[frame]
      // The mark that lets go of it once it is written is the one of read-ahead.
      if !page.flags.contains(.anonymous) { setReadaheadMark(page.index, of: page.object, true) }
      return .keep
    }
    if !memory.frames[frame].flags.contains(.anonymous), !moveToSwapCache(frame) {
      return .activate
    }
    // Its last user has gone meanwhile: no need to write what nobody will read.
    if swap[swap.cache[frame.index].entry].users == 0, freeSwap(of: frame) { return .keep }
    swap.cache[frame.index].flags.insert(.reclaim)
    writeToSwap(frame)
    guard swap.cache[frame.index].flags.contains(.writeback) else {
      swap.cache[frame.index].flags.remove(.reclaim)
      return nil
    }
    scan.written += 1
    return .keep
  }

  /// A page of a shared object that nobody maps leaves the object for the swap cache; the object
  /// remembers the slot.
  ///
  /// Linux: `shmem_writepage`, mm/shmem.c.
  private mutating func moveToSwapCache(_ frame: FrameNumber) -> Bool {
    if memory.frames[frame].flags.contains(.swapCache) { return true }
    guard let entry = allocateSlot() else { return false }
    let page = memory.frames[frame]
    addToSwapCache(frame, entry)
    swap.addUser(entry)
    virtual.objects.setSlot(page.index, of: page.object, to: ObjectSlot(entry))
    leaveCache(frame)
    return true
  }

  /// Frees a clean page that nobody maps, if reclaim and the cache it is in are the only owners.
  ///
  /// Linux: `__remove_mapping`, mm/vmscan.c.
  private mutating func dropClean(_ frame: FrameNumber) -> Bool {
    let page = memory.frames[frame]
    if page.flags.contains(.dirty) || page.referenceCount > 2 { return false }
    if page.flags.contains(.swapCache) {
      dropFromSwapCache(frame)
    } else if page.referenceCount == 2, page.mapping != 0 {
      // A page of a file is on its disk; one of shared memory was only read: it is all zeros and
      // can be made again.
      evict(frame)
    }
    return memory.frames[frame].referenceCount == 1
  }

  /// The data of a clean cached page moves into its slot.
  private mutating func dropFromSwapCache(_ frame: FrameNumber) {
    let entry = swap.cache[frame.index].entry
    if swap[entry].users > 0 {
      let data = memory.takeData(frame)
      swap[entry].data = data
    }
    removeFromSwapCache(frame)
    put(frame)
  }
}

/// How a page was used since the last look.
///
/// Linux: `struct folio_referenced_arg`, mm/rmap.c.
struct PageUse: BitwiseCopyable {
  /// Entries that were used.
  var count = 0
  /// A locked region maps it.
  var isLocked = false
  /// One of those entries may execute it.
  var isCode = false
}
