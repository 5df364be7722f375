// mprotect: region by region, with effect up to the first that refuses.

extension Kernel {
  /// Changes the rights of a range (MPROT-1 … MPROT-3).
  ///
  /// - Throws: EINVAL, ENOMEM for a hole or a refused limit, EACCES. What lies before the place of
  ///   the error keeps its new rights.
  /// Linux: `do_mprotect_pkey`, mm/mprotect.c.
  public mutating func mprotect(
    _ address: VirtualAddress, _ length: UInt64, _ protection: Protection, by task: TaskIndex
  ) throws(Errno) {
    charge(costs.systemCall)
    let growth = protection.intersection([.growsDown, .growsUp])
    let rights = protection.subtracting([.growsDown, .growsUp])
    if growth == [.growsDown, .growsUp] || !Page.isAligned(address) { throw .EINVAL }
    if length == 0 { return }
    let end = layout.end(address, layout.wholePages(length))
    if end <= address { throw .ENOMEM }
    if !rights.isSubset(of: [.read, .write, .execute, .semaphore]) { throw .EINVAL }
    let space = tasks[task].space
    let first = virtual.regions.firstOverlapping(address, end, in: spaces[space].regions.top)
    if first.isNone { throw .ENOMEM }
    let start = try protectionStart(first, address, growth)
    try protectRegions(from: first, start, end, VMAFlags(rights), by: task)
    emit(.protect, tasks[task].pid, start, end - start)
  }

  /// Where the change begins: at the address, or with `growsDown` where the region does.
  private borrowing func protectionStart(
    _ first: VMAIndex, _ address: VirtualAddress, _ growth: Protection
  ) throws(Errno) -> VirtualAddress {
    let area = virtual.regions[first]
    if growth.contains(.growsDown) {
      if !area.flags.contains(.growsDown) { throw .EINVAL }
      return area.start
    }
    if area.start > address { throw .ENOMEM }
    if growth.contains(.growsUp) { throw .EINVAL }
    return address
  }

  private mutating func protectRegions(
    from first: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, _ rights: VMAFlags,
    by task: TaskIndex
  ) throws(Errno) {
    let space = tasks[task].space
    defer { finishGather(of: space) }
    var region = first
    var cursor = start
    while cursor < end {
      if region.isNone || virtual.regions[region].start > cursor { throw .ENOMEM }
      let flags = virtual.regions[region].flags
      let newFlags = flags.subtracting(.access).union(rights)
      let allowed = VMAFlags(rawValue: newFlags.rawValue >> 4).intersection(.access)
      if !rights.isSubset(of: allowed) { throw .EACCES }
      let stop = min(virtual.regions[region].end, end)
      if newFlags != flags || flags.contains(.sealed) {
        try protect(region, cursor, stop, newFlags, by: task)
      }
      cursor = stop
      region = virtual.regions.tree.first(above: cursor, in: spaces[space].regions.top)
    }
  }

  /// Gives a part of one region new rights.
  ///
  /// Linux: `mprotect_fixup`, mm/mprotect.c.
  private mutating func protect(
    _ region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, _ wanted: VMAFlags,
    by task: TaskIndex
  ) throws(Errno) {
    let space = tasks[task].space
    let old = virtual.regions[region].flags
    if old.contains(.sealed) { throw .EPERM }
    let pages = (end - start) >> Page.shift
    var flags = wanted
    let charged = try chargeForWriting(&flags, region, pages, in: space, by: task)
    let changed: VMAIndex
    do { changed = try modifyFlags(of: region, start, end, to: flags, by: task) } catch {
      uncharge(pages: charged)
      throw error
    }
    virtual.regions[changed].flags = flags
    changeProtection(start, end, flags, in: space)
    if old.contains(.account) && !flags.contains(.account) { uncharge(pages: pages) }
    if old.intersection([.write, .shared, .locked]) == .locked && flags.contains(.write) {
      _ = populateRegion(changed, start, end, by: task, startsOver: false)
    }
    spaces[space].account(old, removing: pages)
    spaces[space].account(flags, adding: pages)
  }

  /// Private memory that becomes writable is charged; what was never touched is released when it
  /// becomes read-only (MPROT-2). Returns the pages charged.
  private mutating func chargeForWriting(
    _ flags: inout VMAFlags, _ region: VMAIndex, _ pages: UInt64, in space: AddressSpaceIndex,
    by task: TaskIndex
  ) throws(Errno) -> UInt64 {
    let area = virtual.regions[region]
    if flags.contains(.write) {
      if !mayExpand(space, flags, by: pages, task) && mayExpand(space, area.flags, by: pages, task)
      {
        throw .ENOMEM
      }
      if area.flags.isDisjoint(with: [.account, .write, .shared, .noReserve]) {
        try charge(pages: pages, in: space, by: task)
        flags.insert(.account)
        return pages
      }
    } else if area.flags.contains(.account) && area.object.isNone && area.anonVMA.isNone {
      flags.remove(.account)
    }
    return 0
  }

  /// Gives the present entries of a range the rights of its region (MPROT-3, REC-8).
  ///
  /// A private page becomes writable at once only if it is known to be exclusive, one of a file on
  /// disk only if it is dirty already.
  /// Linux: `change_pte_range`, mm/mprotect.c.
  private mutating func changeProtection(
    _ start: VirtualAddress, _ end: VirtualAddress, _ flags: VMAFlags, in space: AddressSpaceIndex
  ) {
    let protection = flags.entryProtection
    let mayUpgrade = flags.intersection([.shared, .write]) == .write
    let mayStayWritable = flags.isSuperset(of: [.write, .tracksWrites])
    let root = spaces[space].root
    var address = start
    while true {
      let table = memory.nextLeafTable(below: root, from: &address, to: end)
      if table.isNone { return }
      let index = geometry.index(address, TableLevel.leaf)
      var entry = memory.entry(table: table, index: index)
      if entry.isPresent {
        let old = entry
        entry = entry.modified(protection)
        if mayUpgrade && !entry.isSpecial
          && memory.frames[entry.frame].flags.isSuperset(of: [.anonymous, .anonExclusive])
        {
          entry.bits |= PageTableEntry.writeBit
        } else if mayStayWritable && entry.isDirty {
          entry.bits |= PageTableEntry.writeBit
        }
        memory.setEntry(table: table, index: index, to: entry)
        // Any other rights, wider ones too, make the kernel flush.
        if old.isPresentToHardware && entry != old {
          tlb.gather.add(address, address + Page.size)
        }
      }
      address += Page.size
    }
  }
}
