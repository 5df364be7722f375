// Fork, the part about memory: regions are duplicated, pages are shared until somebody writes.

internal import KernelStorage

extension Kernel {
  /// A copy-on-write copy for a child (FORK-1 … FORK-4); failing leaves the parent intact.
  ///
  /// - Parameters:
  ///   - source: the parent's address space.
  ///   - task: the parent, which pays for the work.
  /// - Throws: ENOMEM; then pages of the parent may have stayed write-protected.
  /// Linux: `dup_mm` and `dup_mmap`, kernel/fork.c.
  package mutating func duplicateAddressSpace(of source: AddressSpaceIndex, for task: TaskIndex)
    throws(Errno) -> AddressSpaceIndex
  {
    let target = try makeEmptyCopy(of: source, by: task)
    // The parent may write none of its pages any more, also when there is no child (FORK-4).
    defer { flush(.everything, of: source) }
    do {
      var region = spaces[source].regions.first
      while !region.isNone {
        try duplicate(region, into: target, by: task)
        region = virtual.regions.next(region)
      }
    } catch {
      releaseAddressSpace(target)
      throw error
    }
    return target
  }

  /// The same marks and no regions. Flags for future regions are not inherited (FORK-5).
  private mutating func makeEmptyCopy(of source: AddressSpaceIndex, by task: TaskIndex)
    throws(Errno) -> AddressSpaceIndex
  {
    let target = try makeAddressSpace(by: task)
    spaces[target].mapBase = spaces[source].mapBase
    spaces[target].startBreak = spaces[source].startBreak
    spaces[target].currentBreak = spaces[source].currentBreak
    spaces[target].startStack = spaces[source].startStack
    setProgram(spaces[source].program.object, of: target)
    spaces[target].program.marks = spaces[source].program.marks
    spaces[target].isDumpable = spaces[source].isDumpable
    return target
  }

  private mutating func duplicate(
    _ region: VMAIndex, into target: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) {
    var area = virtual.regions[region]
    let source = area.space
    if area.flags.contains(.dontCopy) { return }
    let object = try reserve(for: area, region, by: task)
    area.space = target
    area.anonVMA = .none
    area.flags.subtract(.lockedMask)
    let links = VMALinks(pageOffset: virtual.regions.links[region.index].pageOffset)
    let copy = virtual.regions.insert(
      area, links: links, object: object, before: .none, into: &spaces[target].regions)
    spaces[target].account(area.flags, adding: area.pageCount)
    linkObject(of: copy, virtual.regions.attachments[region.index], by: task)
    if area.flags.contains(.wipeOnFork) { return }
    virtual.reverseMap.fork(
      from: region, to: copy,
      joining: architectureRules.contains(.sharedAnonymousFamilies), in: &virtual.regions)
    returnSpares()
    // What has no anonymous page is found again by faults; its entries are not copied (FORK-2).
    // Those of a device and of a nonlinear mapping are: no fault would bring them.
    if virtual.regions[region].anonVMA.isNone && area.flags.isDisjoint(with: [.pfnMap, .nonlinear])
      && !architectureRules.contains(.forkCopiesEveryTable)
    {
      return
    }
    try copyEntries(area, from: source, by: task)
  }

  /// Takes what the copy of a region needs: its charge, its record, and its place in reverse maps.
  ///
  /// - Throws: ENOMEM, and nothing is taken.
  private mutating func reserve(
    for area: VirtualMemoryArea, _ region: VMAIndex, by task: TaskIndex
  ) throws(Errno) -> SlabObject {
    let isCharged = area.flags.contains(.account)
    if isCharged { try charge(pages: area.pageCount, in: area.space, by: task) }
    do throws(Errno) {
      let hasPages = !area.anonVMA.isNone && !area.flags.contains(.wipeOnFork)
      if !hasPages { return try allocateObject(.vmAreaStruct, for: task) }
      if architectureRules.contains(.sharedAnonymousFamilies) {
        return try reserveRegion(like: region, extraChains: 0, by: task)
      }
      try reserveAnonVMA(by: task)
      return try reserveRegion(like: region, extraChains: 1, by: task)
    } catch {
      returnSpares()
      if isCharged { uncharge(pages: area.pageCount) }
      throw error
    }
  }

  /// Makes the tables above the leaves that the parent has for a region, with leaves or without.
  ///
  /// Linux: `copy_pud_range` and `copy_pmd_range`, mm/memory.c.
  private mutating func copyUpperTables(
    _ area: VirtualMemoryArea, from source: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) {
    let root = spaces[source].root
    var address = area.start
    while address < area.end {
      var level = TableLevel.upper
      if !memory.table(at: level, below: root, of: address).isNone {
        let hasMiddle = !memory.table(at: TableLevel.middle, below: root, of: address).isNone
        try makeTable(
          at: hasMiddle ? TableLevel.middle : level, for: address, in: area.space, by: task)
        level = TableLevel.middle
      }
      address = (address | (geometry.span(level) - 1)) + 1
    }
  }

  /// Copies the entries of one region, with a table for each that the parent has (REC-12).
  ///
  /// Linux: `copy_page_range`, mm/memory.c.
  private mutating func copyEntries(
    _ area: VirtualMemoryArea, from source: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) {
    try copyUpperTables(area, from: source, by: task)
    let root = spaces[source].root
    var address = area.start
    while true {
      let table = memory.nextLeafTable(below: root, from: &address, to: area.end)
      if table.isNone { return }
      let copy = try makeLeafTable(for: address, in: area.space, by: task)
      let stop = min(area.end, EntryPage.end(address))
      // A table that never had an entry has no words yet, and nothing to copy.
      let words = memory.words(of: table, at: address)
      if words != 0 {
        let target = memory.makeWords(of: copy, at: address)
        let first = EntryPage.index(address)
        copyEntries(
          first..<(first + Int((stop - address) >> Page.shift)), area, from: words, to: target)
      }
      address = stop
    }
  }

  /// Copies entries of one page of words to the same places of another.
  ///
  /// Linux: `copy_pte_range`, mm/memory.c.
  private mutating func copyEntries(
    _ range: Range<Int>, _ area: VirtualMemoryArea, from words: Int, to copy: Int
  ) {
    let clears =
      area.flags.contains(.shared)
      ? PageTableEntry.accessedBit | PageTableEntry.dirtyBit : PageTableEntry.accessedBit
    var index = range.lowerBound
    var copied: Nanoseconds = 0
    while index < range.upperBound {
      let run = EntryRun(page: words, index: index, count: range.upperBound - index)
      let count = copyRun(run, area, to: copy, clearing: clears)
      if count > 0 {
        index += count
        copied += UInt64(count)
        continue
      }
      var entry = PageTableEntry(bits: memory.store.dense[words, index])
      if entry.isPresent {
        if area.flags.isCopyOnWrite && entry.isWritable {
          entry.bits &= ~PageTableEntry.writeBit
          memory.store.dense[words, index] = entry.bits
        }
        if !entry.isSpecial && share(entry.frame, with: area.space) {
          spaces[area.space].anonPages += 1
        }
        entry.bits &= ~clears
        memory.store.dense[copy, index] = entry.bits
        copied += 1
      } else if entry.isSwap {
        copySwapEntry(entry, at: index, from: words, to: copy, in: area.space)
      } else if entry.isGuard || entry.isObjectPage {
        memory.store.dense[copy, index] = entry.bits
      }
      index += 1
    }
    charge(copied * costs.entryCopy)
  }

  /// Copies entries side by side that all map pages; says how many there were.
  private mutating func copyRun(
    _ run: EntryRun, _ area: VirtualMemoryArea, to copy: Int, clearing clears: UInt64
  ) -> Int {
    let first = PageTableEntry(bits: memory.store.dense[run.page, run.index])
    if !handlesRuns || !first.isPresentToHardware || first.isSpecial { return 0 }
    let count = memory.store.dense.copyRun(
      run.page, to: copy, from: run.index, limit: run.count,
      required: PageTableEntry.presentBit, forbidden: PageTableEntry.specialBit,
      clearing: area.flags.isCopyOnWrite ? PageTableEntry.writeBit : 0, clearingCopy: clears)
    var anonymous = 0
    for place in 0..<count where share(frame(of: run, place), with: area.space) { anonymous += 1 }
    spaces[area.space].anonPages += UInt64(anonymous)
    return count
  }

  /// The child names the slot too; neither may take the page for its own alone.
  ///
  /// Linux: `copy_nonpresent_pte`, mm/memory.c.
  private mutating func copySwapEntry(
    _ entry: PageTableEntry, at index: Int, from words: Int, to copy: Int,
    in space: AddressSpaceIndex
  ) {
    swapDuplicate(entry.swap)
    let shared = PageTableEntry(swap: entry.swap, exclusive: false)
    memory.store.dense[words, index] = shared.bits
    memory.store.dense[copy, index] = shared.bits
    spaces[space].swapEntries += 1
  }

  /// One more entry maps the page; says whether it is an anonymous one, which the caller counts.
  @inline(__always)
  private mutating func share(_ frame: FrameNumber, with space: AddressSpaceIndex) -> Bool {
    if memory.frames[frame].flags.contains(.anonymous) {
      memory.frames[frame].shareAnonymous()
      return true
    }
    memory.frames[frame].mapCount += 1
    memory.frames[frame].referenceCount += 1
    spaces[space].addCachedPage(memory.frames[frame].flags)
    return false
  }
}
