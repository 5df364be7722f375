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
    if flags.contains(.swapCache), swap.cache[frame.index].flags.contains(.writeback) {
      swap.cache[frame.index].flags.insert(.reclaim)
      return .activate
    }
    if !scan.ignoresReferences, let verdict = checkReferences(of: frame) { return verdict }
    if flags.contains([.anonymous, .swapBacked]), !flags.contains(.swapCache) {
      if !scan.gfp.contains(.io) || !addToSwap(frame) { return .activate }
    }
    if memory.frames[frame].mapCount > 0, !unmapEverywhere(frame) { return .activate }
    if memory.frames[frame].flags.contains(.dirty) {
      if let verdict = pageOut(frame, &scan) { return verdict }
    }
    return dropClean(frame) ? .free : .keep
  }

  /// The second chance (LRU-6): nil when the page was not used lately.
  ///
  /// Linux: `folio_check_references`, mm/vmscan.c.
  private mutating func checkReferences(of frame: FrameNumber) -> PageVerdict? {
    let use = takeReferences(of: frame)
    if use.isLocked {
      memory.frames[frame].flags.insert(.unevictable)
      return .keep
    }
    let wasReferenced = memory.frames[frame].flags.contains(.referenced)
    memory.frames[frame].flags.remove(.referenced)
    if use.count > 0 {
      memory.frames[frame].flags.insert(.referenced)
      return wasReferenced || use.count > 1 ? .activate : .keep
    }
    let isFile = !memory.frames[frame].flags.contains(.swapBacked)
    return wasReferenced && isFile && memory.frames[frame].flags.contains(.dirty) ? .keep : nil
  }

  /// How many entries have used a page since the last look, and whether one of them locks it; the
  /// marks are cleared (RMAP-5).
  ///
  /// Linux: `folio_referenced`, mm/rmap.c.
  mutating func takeReferences(of frame: FrameNumber) -> (count: Int, isLocked: Bool) {
    if memory.frames[frame].mapCount == 0 { return (0, false) }
    var count = 0
    var left = memory.frames[frame].mapCount
    var walk = mappings(of: frame)
    while left > 0, let mapping = next(&walk) {
      left -= 1
      if virtual.regions[mapping.region].flags.contains(.locked) { return (count, true) }
      if !mapping.entry.isAccessed { continue }
      count += 1
      memory.setEntry(
        table: mapping.table, index: mapping.index,
        to: PageTableEntry(bits: mapping.entry.bits & ~PageTableEntry.accessedBit))
    }
    return (count, false)
  }

  // MARK: Unmapping

  /// Takes a page out of every page table; false when a locked region holds on to it (RMAP-4).
  ///
  /// Linux: `try_to_unmap`, mm/rmap.c.
  private mutating func unmapEverywhere(_ frame: FrameNumber) -> Bool {
    var walk = mappings(of: frame)
    while memory.frames[frame].mapCount > 0, let mapping = next(&walk) {
      if virtual.regions[mapping.region].flags.contains(.locked) { return false }
      unmap(frame, mapping)
    }
    return memory.frames[frame].mapCount == 0
  }

  /// Linux: `try_to_unmap_one`, mm/rmap.c.
  private mutating func unmap(_ frame: FrameNumber, _ mapping: Mapping) {
    let space = virtual.regions[mapping.region].space
    if mapping.entry.isDirty { memory.frames[frame].flags.insert(.dirty) }
    spaces[space].recordPeaks()
    if memory.frames[frame].flags.contains(.anonymous) {
      replaceBySwap(frame, mapping, in: space)
    } else {
      memory.setEntry(table: mapping.table, index: mapping.index, to: .none)
      spaces[space].sharedPages -= 1
      removeSharedMapping(frame)
    }
    memory.frames[frame].referenceCount -= 1
  }

  /// An entry names the slot from now on; whether its process alone had the page, it remembers.
  private mutating func replaceBySwap(
    _ frame: FrameNumber, _ mapping: Mapping, in space: AddressSpaceIndex
  ) {
    let isExclusive = memory.frames[frame].flags.contains(.anonExclusive)
    memory.frames[frame].flags.remove(.anonExclusive)
    let entry = swap.cache[frame.index].entry
    memory.setEntry(
      table: mapping.table, index: mapping.index,
      to: PageTableEntry(swap: entry, exclusive: isExclusive))
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
    leaveObject(frame)
    return true
  }

  /// A page and its object part; the object's reference goes.
  private mutating func leaveObject(_ frame: FrameNumber) {
    memory.frames[frame].mapping = 0
    gauges.nr_shmem -= 1
    gauges.nr_file_pages -= 1
    put(frame)
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
      // A page of a shared object that was only read: it is all zeros and can be made again.
      clearSlot(page.index, of: page.object)
      leaveObject(frame)
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
