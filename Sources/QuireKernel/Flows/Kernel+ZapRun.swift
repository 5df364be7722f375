// Taking anonymous pages away that lie side by side: pages nobody else has are freed in blocks.
//
// Like a run of accesses, this is a shortcut to the very state that page by page leads to: the
// pages are in no cache, on no disk's way and in no locked region, so nothing is to be decided.

internal import KernelStorage

extension Kernel {
  /// Clears the first entries of a run that can go together and gives up their claims; says how
  /// many, 0 when the first has to be looked at alone.
  ///
  /// Linux: `zap_present_ptes` with a batch, mm/memory.c.
  mutating func zapRun(_ run: EntryRun, _ flags: VMAFlags, in space: AddressSpaceIndex) -> Int {
    if !handlesRuns || flags.contains(.locked) || !mapsAnonymousPage(run, 0) { return 0 }
    let first = frame(of: run, 0)
    let isAlone = memory.frames[first].mapCount == 1
    let count = isAlone ? loneRunLength(run, first) : sharedRunLength(run)
    if count == 0 { return 0 }
    if isAlone {
      free(FrameRange(first: first, count: count))
    } else {
      for place in 0..<count { leave(frame(of: run, place)) }
    }
    memory.store.dense.store(run.page, from: run.index, count: count, first: 0, step: 0)
    spaces[space].anonPages -= UInt64(count)
    return count
  }

  /// An entry maps an anonymous page that is on an ordinary list and nowhere else.
  @inline(__always)
  private func mapsAnonymousPage(_ run: EntryRun, _ place: Int) -> Bool {
    let entry = PageTableEntry(bits: memory.store.dense[run.page, run.index + place])
    if !entry.isPresent || entry.isSpecial { return false }
    let decisive: PageFlags = [.anonymous, .lru, .swapCache, .unevictable, .locked]
    return memory.frames[entry.frame].flags.intersection(decisive) == [.anonymous, .lru]
  }

  /// Entries that map pages side by side, each mapped and owned by its entry alone.
  private func loneRunLength(_ run: EntryRun, _ first: FrameNumber) -> Int {
    var count = 0
    while count < run.count, mapsAnonymousPage(run, count), frame(of: run, count) == first + count {
      let page = memory.frames[first + count]
      if page.mapCount != 1 || page.referenceCount != 1 { break }
      count += 1
    }
    return count
  }

  /// Entries that map pages which others map too.
  private func sharedRunLength(_ run: EntryRun) -> Int {
    var count = 0
    while count < run.count, mapsAnonymousPage(run, count) {
      if memory.frames[frame(of: run, count)].mapCount < 2 { break }
      count += 1
    }
    return count
  }

  @inline(__always)
  private mutating func leave(_ frame: FrameNumber) {
    memory.frames[frame].mapCount -= 1
    memory.frames[frame].referenceCount -= 1
  }

  /// Frees pages side by side whose only mapping and only owner is gone.
  private mutating func free(_ run: FrameRange) {
    gauges.nr_anon_pages -= run.count
    counters.pgfree += UInt64(run.count)
    lru.remove(run, in: &memory.frames)
    memory.freeRun(run)
  }
}
