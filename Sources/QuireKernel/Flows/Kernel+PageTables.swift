// Page tables are made as pages are touched and freed when no region is near any more (PT-5).

internal import KernelStorage

extension Kernel {
  /// The leaf table for an address, making what is missing on the way down to it.
  ///
  /// What was made stays when a later table cannot be had: the kernel leaves it too.
  /// Linux: `__handle_mm_fault` and `pte_alloc`, mm/memory.c.
  mutating func makeLeafTable(
    for address: VirtualAddress, in space: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) -> FrameNumber {
    try makeTable(at: TableLevel.leaf, for: address, in: space, by: task)
  }

  /// The table at `level` for an address, making it and those above it where they are missing.
  @discardableResult
  mutating func makeTable(
    at level: Int, for address: VirtualAddress, in space: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) -> FrameNumber {
    var table = spaces[space].root
    var above = geometry.top
    while above > level {
      let index = geometry.index(address, above)
      let entry = memory.entry(table: table, index: index)
      if entry.isNone {
        let made = try allocateTable(by: task)
        spaces[space].tableBytes += Page.size
        memory.setEntry(
          table: table, index: index,
          to: PageTableEntry(frame: made, protection: geometry.tableProtection(above)))
        table = made
      } else {
        table = entry.frame
      }
      above -= 1
    }
    return table
  }

  /// Linux: `pgtable_alloc` constructors, include/linux/mm.h.
  private mutating func allocateTable(by task: TaskIndex) throws(Errno) -> FrameNumber {
    let table = try allocateTableFrame(by: task)
    gauges.nr_page_table_pages += 1
    return table
  }

  private mutating func allocateTableFrame(by task: TaskIndex) throws(Errno) -> FrameNumber {
    let table = try allocatePages(.kernel, order: 0, for: task)
    memory.frames[table].flags.insert(.table)
    if geometry.isWide { memory.store.makeWide(&memory.contents[table.index]) }
    return table
  }

  /// The top-level table of a new address space.
  ///
  /// Its upper half leads to the kernel's own tables, as in every process (PT-4).
  /// Linux: `pgd_alloc` and `pgd_ctor`, arch/x86/mm/pgtable.c.
  mutating func allocateRootTable(by task: TaskIndex) throws(Errno) -> FrameNumber {
    let table = try allocateTableFrame(by: task)
    memory.frames[table].use = .topTable
    for index in geometry.topUserEntries..<geometry.topEntries {
      let entry = virtual.kernelTables.topEntry(index)
      if !entry.isNone { memory.setEntry(table: table, index: index, to: entry) }
    }
    return table
  }

  /// Frees a table without entries.
  mutating func freeTable(_ table: FrameNumber) {
    memory.frames[table].flags.remove(.table)
    put(table)
  }

  /// Frees the tables that map a part of `start ..< end` and nothing outside `floor ..< ceiling`.
  ///
  /// - Parameters:
  ///   - floor: end of the region before.
  ///   - ceiling: start of the region after, or 0 for none.
  /// Linux: `free_pgtables`, mm/memory.c.
  mutating func freeTables(
    of space: AddressSpaceIndex, _ start: VirtualAddress, _ end: VirtualAddress,
    floor: VirtualAddress, ceiling: VirtualAddress
  ) {
    // One less than the ceiling, so that none compares as above everything.
    let last = ceiling &- 1
    freeTables(
      below: spaces[space].root, level: geometry.top, of: space, start, end, floor, last)
  }

  private mutating func freeTables(
    below table: FrameNumber, level: Int, of space: AddressSpaceIndex, _ start: UInt64,
    _ end: UInt64, _ floor: UInt64, _ last: UInt64
  ) {
    let span = geometry.span(level - 1)
    var address = start & ~(span - 1)
    while address < end {
      let index = geometry.index(address, level)
      let entry = memory.entry(table: table, index: index)
      if !entry.isNone {
        if level > TableLevel.middle {
          freeTables(
            below: entry.frame, level: level - 1, of: space, max(start, address),
            min(end, address + span), floor, last)
        }
        if address >= floor && address + (span - 1) <= last {
          memory.setEntry(table: table, index: index, to: .none)
          drop(entry.frame, level: level - 1, at: address, of: space)
        }
      }
      address += span
    }
  }

  /// Takes an empty leaf table out of its address space; the tables above it stay.
  ///
  /// Linux: `free_pte`, mm/pt_reclaim.c.
  mutating func freeLeafTable(at address: VirtualAddress, of space: AddressSpaceIndex) {
    let level = TableLevel.middle
    let above = memory.table(at: level, below: spaces[space].root, of: address)
    let index = geometry.index(address, level)
    let table = memory.entry(table: above, index: index).frame
    memory.setEntry(table: above, index: index, to: .none)
    drop(table, level: TableLevel.leaf, at: address, of: space)
  }

  /// A leaf table no longer hangs at an address.
  mutating func forgetTable(at address: VirtualAddress, of space: AddressSpaceIndex) {
    virtual.walkCache.drop(space, address)
    if geometry.isWide { virtual.walkCache.drop(space, address ^ EntryPage.span) }
  }

  private mutating func drop(
    _ table: FrameNumber, level: Int, at address: UInt64, of space: AddressSpaceIndex
  ) {
    if level == TableLevel.leaf { forgetTable(at: address, of: space) }
    tlb.gather.add(address, address + Page.size)
    tlb.gather.freedTables = true
    spaces[space].tableBytes -= Page.size
    gauges.nr_page_table_pages -= 1
    freeTable(table)
  }
}
