// Taking pages away from an address space: entries are cleared, pages lose a mapping and an owner.

internal import KernelStorage

extension Kernel {
  /// Which entries a zap leaves, and whether it leaves tables that it emptied.
  ///
  /// Linux: `struct zap_details`, include/linux/mm.h.
  enum ZapKind: BitwiseCopyable {
    /// The region stays: its guards stay too.
    case pages
    /// MADV_DONTNEED: a table that has lost everything may go.
    case unneeded
    /// The region goes: all entries go.
    case region
  }

  /// Clears the entries of a range that lies in one region, with these flags.
  ///
  /// Linux: `unmap_page_range` and `zap_pte_range`, mm/memory.c.
  mutating func zap(
    _ start: VirtualAddress, _ end: VirtualAddress, of flags: VMAFlags,
    in space: AddressSpaceIndex, _ kind: ZapKind = .pages
  ) {
    spaces[space].recordPeaks()
    let root = spaces[space].root
    var address = start
    while true {
      let table = memory.nextLeafTable(below: root, from: &address, to: end)
      if table.isNone { break }
      let stop = min(end, EntryPage.end(address))
      let isEmpty = zapEntries(of: table, address, stop, flags, in: space, kind)
      if kind == .unneeded && isEmpty && stop - address == geometry.span(TableLevel.leaf)
        && rules.contains(.emptyTablesGo)
      {
        freeLeafTable(at: address, of: space)
      }
      address = stop
    }
    // A region that goes has more to lose: whoever takes it away flushes once for all.
    if kind != .region { finishGather(of: space) }
  }

  /// Says whether nothing is left there; only guards can be.
  @discardableResult
  private mutating func zapEntries(
    of table: FrameNumber, _ start: VirtualAddress, _ end: VirtualAddress, _ flags: VMAFlags,
    in space: AddressSpaceIndex, _ kind: ZapKind
  ) -> Bool {
    let words = memory.words(of: table, at: start)
    if words == 0 { return true }
    var isEmpty = true
    var index = EntryPage.index(start)
    let stop = index + Int((end - start) >> Page.shift)
    while index < stop {
      let count = zapRun(EntryRun(page: words, index: index, count: stop - index), flags, in: space)
      if count > 0 {
        tlb.gather.add(entries: index..<(index + count), near: start)
        index += count
        continue
      }
      let entry = PageTableEntry(bits: memory.store.dense[words, index])
      if entry.isGuard && kind != .region {
        isEmpty = false
      } else if !entry.isNone {
        memory.store.dense[words, index] = 0
        if entry.isPresent {
          tlb.gather.add(entries: index..<(index + 1), near: start)
          unmap(entry, of: flags, in: space)
        } else if entry.isSwap {
          spaces[space].swapEntries -= 1
          swapFree(entry.swap)
        }
      }
      index += 1
    }
    return isEmpty
  }

  /// One PTE that mapped a page is gone.
  ///
  /// Linux: `zap_present_ptes`, mm/memory.c.
  mutating func unmap(
    _ entry: PageTableEntry, of flags: VMAFlags, in space: AddressSpaceIndex
  ) {
    if entry.isSpecial { return }
    let frame = entry.frame
    if flags.contains(.locked) { unlockPage(frame) }
    if memory.frames[frame].flags.contains(.anonymous) {
      spaces[space].anonPages -= 1
      removeAnonMapping(frame)
      dropSwapCopy(of: frame)
    } else {
      if entry.isDirty { markDirty(frame) }
      if entry.isAccessed && flags.isDisjoint(with: [.sequentialRead, .randomRead]) {
        markAccessed(frame)
      }
      removeCachedMapping(frame, in: space)
    }
    release(frame)
  }

  /// A page of the swap cache that nobody maps any more gives its slot up.
  ///
  /// Linux: `free_swap_cache`, mm/swap_state.c.
  mutating func dropSwapCopy(of frame: FrameNumber) {
    let page = memory.frames[frame]
    if page.flags.contains(.swapCache) && page.mapCount == 0 { freeSwap(of: frame) }
  }

  /// Removes an owner of a page that may be on an LRU list; the last takes it off.
  ///
  /// Linux: `folio_put` and `__page_cache_release`, mm/swap.c.
  @inline(__always)
  mutating func release(_ frame: FrameNumber) {
    if memory.frames[frame].referenceCount == 1 {
      if memory.frames[frame].flags.contains(.lru) { leaveLRU(frame) }
    }
    put(frame)
  }

  /// Linux: `folio_remove_rmap_pte`, mm/rmap.c.
  mutating func removeAnonMapping(_ frame: FrameNumber) {
    memory.frames[frame].mapCount -= 1
    if memory.frames[frame].mapCount == 0 { gauges.nr_anon_pages -= 1 }
  }

  /// An entry of an address space no longer maps a page of an object.
  @inline(__always)
  mutating func removeCachedMapping(_ frame: FrameNumber, in space: AddressSpaceIndex) {
    spaces[space].removeCachedPage(memory.frames[frame].flags)
    memory.frames[frame].mapCount -= 1
    if memory.frames[frame].mapCount == 0 { gauges.nr_mapped -= 1 }
  }
}
