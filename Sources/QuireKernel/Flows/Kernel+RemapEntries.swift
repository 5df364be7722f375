// The second half of mremap: another region for the pages, the pages into its tables, and what
// becomes of the old one (MREMAP-4, REC-12, REC-14).

internal import KernelStorage

extension Kernel {
  /// Makes the region that the pages will move to, or extends a neighbour of the place.
  ///
  /// A region that never had a page counts its pages by its new address, so that it can join
  /// what it comes to lie beside; one that had some keeps the numbers its pages know (VMA-6).
  /// - Throws: ENOMEM, and nothing has changed.
  /// Linux: `copy_vma`, mm/vma.c.
  mutating func copyRegion(
    _ source: VMAIndex, _ remap: RemapRequest, to target: VirtualAddress, by task: TaskIndex
  ) throws(Errno) {
    var area = virtual.regions[source]
    let space = area.space
    var pageOffset = virtual.regions.pageOffset(remap.address, in: source)
    if area.object.isNone && area.anonVMA.isNone { pageOffset = target >> Page.shift }
    area.start = target
    area.end = target + remap.newLength
    let next = virtual.regions.tree.first(above: target, in: spaces[space].regions.top)
    let request = MergeRequest(
      space: space, start: area.start, end: area.end, flags: area.flags, pageOffset: pageOffset,
      object: area.object, attachment: virtual.regions.attachments[source.index],
      anonVMA: area.anonVMA, source: source,
      previous: virtual.regions.previous(before: next, in: spaces[space].regions), next: next)
    if try !mergeNew(request, by: task).isNone { return }
    let object = try reserveRegion(like: source, extraChains: 0, by: task)
    let copy = virtual.regions.insert(
      area, links: VMALinks(pageOffset: pageOffset), object: object, before: next,
      into: &spaces[space].regions)
    virtual.reverseMap.clone(from: source, to: copy, in: &virtual.regions)
    linkObject(of: copy, virtual.regions.attachments[source.index], by: task)
  }

  /// Moves the entries of a range, with a table for each that the old place has.
  ///
  /// A table that moves as a whole is hung elsewhere.
  /// - Throws: ENOMEM; what was moved until then has moved.
  /// Linux: `move_page_tables`, mm/mremap.c.
  mutating func moveEntries(
    from source: VirtualAddress, to target: VirtualAddress, _ length: UInt64,
    in space: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) {
    let (leaf, middle) = (TableLevel.leaf, TableLevel.middle)
    let root = spaces[space].root
    let end = source + length
    var address = source - lead(source, target, length, in: space)
    while true {
      // Where the old place has no middle table it has no pages.
      if memory.nextTable(at: middle, below: root, from: &address, to: end).isNone { return }
      let place = target &+ (address &- source)
      if middle + 1 < geometry.top {
        try makeTable(at: middle + 1, for: place, in: space, by: task)
      }
      let whole = extent(of: middle, address, place, end)
      if try didMoveTable(at: middle, from: address, to: place, whole, in: space, by: task) {
        address += whole
        continue
      }
      let extent = extent(of: leaf, address, place, end)
      let table = memory.leafTable(below: root, of: address)
      if !table.isNone,
        !(try didMoveTable(at: leaf, from: address, to: place, extent, in: space, by: task))
      {
        let copy = try makeLeafTable(for: place, in: space, by: task)
        moveEntries(
          Int(extent >> Page.shift), from: (table, geometry.index(address, leaf)),
          to: (copy, geometry.index(place, leaf)))
        flush(FlushRange(start: address, end: address + extent), of: space)
      }
      address += extent
    }
  }

  /// How far before a range the move begins, so that its first table moves whole: only where
  /// nothing but the two regions lies in the tables concerned.
  ///
  /// Linux: `try_realign_addr` and `can_align_down`, mm/mremap.c.
  private borrowing func lead(
    _ source: VirtualAddress, _ target: VirtualAddress, _ length: UInt64,
    in space: AddressSpaceIndex
  ) -> UInt64 {
    let span = geometry.span(TableLevel.leaf)
    let lead = source % span
    if lead == 0 || target % span != lead || length < span - lead { return 0 }
    for start in [source, target] {
      let first = virtual.regions.firstOverlapping(
        start - lead, start + 1, in: spaces[space].regions.top)
      if virtual.regions[first].start != start { return 0 }
    }
    return lead
  }

  /// Bytes until a table of a level ends, at the old place or at the new one.
  private func extent(
    of level: Int, _ address: VirtualAddress, _ place: VirtualAddress, _ end: VirtualAddress
  ) -> UInt64 {
    let span = geometry.span(level)
    return min(end - address, span - address % span, span - place % span)
  }

  /// Hangs a table elsewhere, if all that it maps moves and nothing hangs there.
  ///
  /// Linux: `move_normal_pmd` and `move_normal_pud`, mm/mremap.c.
  private mutating func didMoveTable(
    at level: Int, from source: VirtualAddress, to target: VirtualAddress, _ extent: UInt64,
    in space: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) -> Bool {
    let root = spaces[space].root
    guard level < geometry.top, extent == geometry.span(level),
      memory.table(at: level, below: root, of: target).isNone
    else { return false }
    let above = try makeTable(at: level + 1, for: target, in: space, by: task)
    let old = memory.table(at: level + 1, below: root, of: source)
    let index = geometry.index(source, level + 1)
    let entry = memory.entry(table: old, index: index)
    memory.setEntry(table: old, index: index, to: .none)
    memory.setEntry(table: above, index: geometry.index(target, level + 1), to: entry)
    for leaf in stride(from: source, to: source + extent, by: Int(geometry.span(TableLevel.leaf))) {
      forgetTable(at: leaf, of: space)
    }
    flush(FlushRange(start: source, end: source + extent), of: space)
    return true
  }

  /// Linux: `move_ptes`, mm/mremap.c.
  private mutating func moveEntries(
    _ count: Int, from source: (table: FrameNumber, index: Int),
    to target: (table: FrameNumber, index: Int)
  ) {
    for step in 0..<count {
      let entry = memory.entry(table: source.table, index: source.index + step)
      if entry.isNone { continue }
      memory.setEntry(table: source.table, index: source.index + step, to: .none)
      memory.setEntry(table: target.table, index: target.index + step, to: entry)
    }
  }

  // MARK: The old place

  /// Unmaps the old place; its charge went with the pages.
  ///
  /// Where it cannot be cut out of its region for want of memory it stays mapped, empty and
  /// charged.
  mutating func removeOld(
    _ remap: RemapRequest, isCharged: Bool, in space: AddressSpaceIndex, by task: TaskIndex
  ) {
    if remap.oldLength == 0 { return }
    let end = remap.address + remap.oldLength
    let first = virtual.regions.firstOverlapping(
      remap.address, end, in: spaces[space].regions.top)
    do {
      var run = try isolateRegions(from: first, remap.address, end, in: space, by: task)
      run.accountedPages = 0
      removeRegions(run, from: space)
    } catch {
      if isCharged { virtual.committedPages += remap.oldLength >> Page.shift }
    }
  }

  /// Leaves the old place mapped and without pages (MREMAP_DONTUNMAP).
  ///
  /// The whole old region is no longer locked, and what the count of locked pages had for it stays
  /// in the count (REC-14).
  mutating func leaveEmpty(
    _ remap: RemapRequest, _ area: VirtualMemoryArea, in space: AddressSpaceIndex
  ) {
    let old = virtual.regions.tree.first(above: remap.address, in: spaces[space].regions.top)
    let isWhole =
      virtual.regions[old].start == remap.address
      && virtual.regions[old].end == remap.address + remap.oldLength
    if area.flags.contains(.locked) {
      let moved =
        rules.contains(.remapCountsLockTwice) ? 0 : remap.oldLength >> Page.shift
      spaces[space].staleLockedPages += virtual.regions[old].pageCount - moved
      virtual.regions[old].flags.subtract(.lockedMask)
    }
    if isWhole {
      virtual.reverseMap.unlink(old, in: &virtual.regions)
      freeUnlinked()
    }
  }

  /// No table for all of the pages: they go back, and the new place is unmapped.
  mutating func undoMove(
    _ remap: RemapRequest, _ target: VirtualAddress, isCharged: Bool, _ charged: UInt64,
    in space: AddressSpaceIndex, by task: TaskIndex
  ) {
    // The tables of the old place still exist, so that nothing has to be allocated.
    try? moveEntries(from: target, to: remap.address, remap.oldLength, in: space, by: task)
    let end = target + remap.newLength
    let first = virtual.regions.firstOverlapping(target, end, in: spaces[space].regions.top)
    spaces[space].account(virtual.regions[first].flags, adding: remap.newLength >> Page.shift)
    // Removing it takes this off again.
    if virtual.regions[first].flags.contains(.locked) {
      spaces[space].lockedPages += remap.newLength >> Page.shift
    }
    do {
      var run = try isolateRegions(from: first, target, end, in: space, by: task)
      run.accountedPages = 0
      removeRegions(run, from: space)
      uncharge(pages: charged)
    } catch {
      if isCharged { virtual.committedPages += remap.oldLength >> Page.shift }
    }
  }
}
