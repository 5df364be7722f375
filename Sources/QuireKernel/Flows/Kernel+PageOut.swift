// Giving pages up on advice: a process says that it will not need a range soon.

internal import KernelStorage

extension Kernel {
  /// Reclaims the pages of a range that this process alone maps, however lately they were used.
  ///
  /// Of a file that the caller may not write, only the copies that the process has made go.
  /// Linux: `madvise_pageout` and `madvise_cold_or_pageout_pte_range`, mm/madvise.c.
  mutating func pageOut(
    _ start: VirtualAddress, _ end: VirtualAddress, of area: VirtualMemoryArea,
    by task: TaskIndex
  ) {
    let copiesOnly = !area.object.isNone && !mayManageCache(of: area.object, task)
    if copiesOnly && area.flags.contains(.mayShare) { return }
    pageOut(start, end, in: area.space, copiesOnly: copiesOnly)
  }

  package mutating func pageOut(
    _ start: VirtualAddress, _ end: VirtualAddress, in space: AddressSpaceIndex,
    copiesOnly: Bool = false
  ) {
    finishTransfers()
    var address = start
    while true {
      let table = memory.nextLeafTable(below: spaces[space].root, from: &address, to: end)
      if table.isNone { return }
      let stop = min(end, (address | (geometry.span(TableLevel.leaf) - 1)) + 1)
      while address < stop {
        pageOut(table: table, index: geometry.index(address, TableLevel.leaf), copiesOnly)
        address += Page.size
      }
    }
  }

  private mutating func pageOut(table: FrameNumber, index: Int, _ copiesOnly: Bool) {
    let entry = memory.entry(table: table, index: index)
    if !entry.isPresent || entry.isSpecial { return }
    if memory.frames[entry.frame].mapCount != 1 { return }
    if copiesOnly && !memory.frames[entry.frame].flags.contains(.anonymous) { return }
    memory.setEntry(
      table: table, index: index,
      to: PageTableEntry(bits: entry.bits & ~PageTableEntry.accessedBit))
    pageOut(entry.frame)
  }

  /// Reclaims one page, whatever its references say.
  ///
  /// Linux: `reclaim_pages`, mm/vmscan.c.
  mutating func pageOut(_ frame: FrameNumber) {
    let flags = memory.frames[frame].flags
    guard flags.contains(.lru), !flags.contains(.unevictable) else { return }
    var scan = ReclaimScan(.kernel)
    scan.ignoresReferences = true
    memory.frames[frame].flags.remove(.referenced)
    lru.remove(frame, in: &memory.frames)
    memory.get(frame)
    putBack(frame, reclaim(frame, &scan), &scan)
  }
}
