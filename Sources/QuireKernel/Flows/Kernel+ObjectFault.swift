// The first access of a process to a page of an object (FAULT-8, FAULT-9, FAULT-13).

extension Kernel {
  /// Pages that a read fault looks at around its own (`fault_around_bytes`, 64 KiB).
  ///
  /// Linux: `fault_around_pages`, mm/memory.c.
  private static var faultAroundPages: Int { 16 }

  /// - Throws: ENOMEM without a frame; ENOSPC or EFAULT, which are SIGBUS to the user.
  /// Linux: `do_read_fault` and `do_shared_fault`, mm/memory.c.
  mutating func objectPage(
    _ fault: Fault, _ area: VirtualMemoryArea
  ) throws(Errno) -> FaultOutcome {
    let page = virtual.regions.pageOffset(fault.address, in: fault.region)
    if !fault.isWrite && virtual.objects[area.object].flags.contains(.faultAround) {
      if try mapAround(fault, area, page) { return .done }
    }
    if page >= virtual.objects[area.object].pageCount { throw .EFAULT }
    var outcome = FaultOutcome.done
    if virtual.objects.slot(page, of: area.object).isSwap {
      outcome = try swapInShared(page, of: area.object, for: fault)
      if case .blocked = outcome { return outcome }
    }
    let frame = try sharedPage(page, of: area.object, in: fault.space, by: fault.task)
    let table = try tableHolding(frame, for: fault)
    let dirty = fault.isWrite ? PageTableEntry.dirtyBit : 0
    map(
      frame, protection: area.flags.entryProtection | dirty, in: fault.space, table: table,
      index: TableLevel.index(fault.address, TableLevel.leaf))
    if fault.isWrite { memory.frames[frame].flags.insert(.dirty) }
    if area.flags.contains(.locked) { lockPage(frame) }
    return outcome
  }

  /// The leaf table for a fault; `frame` is not reclaimed to make room for it.
  private mutating func tableHolding(
    _ frame: FrameNumber, for fault: Fault
  ) throws(Errno) -> FrameNumber {
    memory.frames[frame].flags.insert(.locked)
    defer { memory.frames[frame].flags.remove(.locked) }
    return try makeLeafTable(for: fault.address, in: fault.space, by: fault.task)
  }

  /// One more PTE maps a page of an object.
  ///
  /// Linux: `set_pte_range`, mm/memory.c.
  private mutating func map(
    _ frame: FrameNumber, protection: UInt64, in space: AddressSpaceIndex, table: FrameNumber,
    index: Int
  ) {
    memory.frames[frame].referenceCount += 1
    memory.frames[frame].mapCount += 1
    if memory.frames[frame].mapCount == 1 { gauges.nr_mapped += 1 }
    spaces[space].sharedPages += 1
    memory.setEntry(
      table: table, index: index, to: PageTableEntry(frame: frame, protection: protection))
  }

  /// Maps the pages near a read that exist already, and says whether the one that was asked for is
  /// among them.
  ///
  /// Linux: `do_fault_around` and `filemap_map_pages`, mm/memory.c and mm/filemap.c.
  private mutating func mapAround(_ fault: Fault, _ area: VirtualMemoryArea, _ page: UInt64)
    throws(Errno) -> Bool
  {
    let index = TableLevel.index(fault.address, TableLevel.leaf)
    let before = Int((fault.address - area.start) >> Page.shift)
    let after = Int((area.end - fault.address) >> Page.shift)
    let first = max(
      index / Self.faultAroundPages * Self.faultAroundPages, index - min(index, before))
    let end = min(first + Self.faultAroundPages, TableLevel.fanOut, index + after)
    let limit = virtual.objects[area.object].pageCount
    // A table is made for the first page that is found, and for none.
    var table = FrameNumber.none
    for slot in first..<end {
      let number = page &+ UInt64(bitPattern: Int64(slot - index))
      if number >= limit { break }
      let frame = virtual.objects.slot(number, of: area.object).frame
      if frame.isNone { continue }
      if table.isNone {
        table = try makeLeafTable(for: fault.address, in: fault.space, by: fault.task)
      }
      if !memory.entry(table: table, index: slot).isNone { continue }
      map(
        frame, protection: area.flags.entryProtection, in: fault.space, table: table, index: slot)
      if area.flags.contains(.locked) { lockPage(frame) }
    }
    return !table.isNone && !memory.entry(table: table, index: index).isNone
  }
}
