// What must hold of page tables and the frames they map between two calls (AUDIT-4 to AUDIT-7,
// AUDIT-18).

internal import KernelStorage

extension Kernel {
  // MARK: Entries

  /// Walks all tables of an address space.
  borrowing func checkEntries(
    of space: AddressSpaceIndex, _ account: inout VirtualAudit,
    _ violations: inout [InvariantViolation]
  ) {
    var sums = AddressSpace(root: .none, object: .none, layout)
    checkTable(
      spaces[space].root, geometry.top, at: 0, of: space, &sums, &account, &violations)
    let kept = spaces[space]
    let pairs: [(name: String, kept: UInt64, found: UInt64)] = [
      ("anon-rss", kept.anonPages, sums.anonPages),
      ("shared-rss", kept.sharedPages, sums.sharedPages),
      ("file-rss", kept.filePages, sums.filePages),
      ("swap-entries", kept.swapEntries, sums.swapEntries),
      ("table-bytes", kept.tableBytes, sums.tableBytes),
    ]
    for pair in pairs where pair.kept != pair.found {
      violations.append(
        InvariantViolation(
          "space.\(pair.name)",
          "space \(space.rawValue) counts \(pair.kept), its tables have \(pair.found)"))
    }
  }

  private borrowing func checkTable(
    _ table: FrameNumber, _ level: Int, at base: VirtualAddress, of space: AddressSpaceIndex,
    _ sums: inout AddressSpace, _ account: inout VirtualAudit,
    _ violations: inout [InvariantViolation]
  ) {
    let frame = memory.frames[table]
    if !frame.flags.contains(.table) || frame.referenceCount != 1 || frame.mapCount != 0 {
      violations.append(InvariantViolation("table.frame", "frame \(table.rawValue)"))
    }
    for index in 0..<geometry.entries(level) {
      let entry = memory.entry(table: table, index: index)
      if level == geometry.top && index >= geometry.topUserEntries {
        if entry != virtual.kernelTables.topEntry(index) {
          violations.append(
            InvariantViolation("table.kernel-half", "entry \(index) of space \(space.rawValue)"))
        }
        continue
      }
      if entry.isNone { continue }
      let address = base + UInt64(index) << geometry.shift(level)
      if level == TableLevel.leaf {
        checkEntry(entry, at: address, of: space, &sums, &account, &violations)
      } else {
        sums.tableBytes += Page.size
        account.tablePages += 1
        checkTable(entry.frame, level - 1, at: address, of: space, &sums, &account, &violations)
      }
    }
  }

  private borrowing func checkEntry(
    _ entry: PageTableEntry, at address: VirtualAddress, of space: AddressSpaceIndex,
    _ sums: inout AddressSpace, _ account: inout VirtualAudit,
    _ violations: inout [InvariantViolation]
  ) {
    let name = "\(String(address, radix: 16)) of space \(space.rawValue)"
    let region = virtual.regions.tree.first(above: address, in: spaces[space].regions.top)
    guard !region.isNone, virtual.regions[region].contains(address) else {
      violations.append(InvariantViolation("entry.outside-region", name))
      return
    }
    if entry.isGuard { return }
    if entry.isObjectPage {
      if !virtual.regions[region].flags.contains(.nonlinear) {
        violations.append(InvariantViolation("entry.object-page", name))
      }
      return
    }
    guard entry.isPresent else {
      sums.swapEntries += 1
      return
    }
    let area = virtual.regions[region]
    if !isAllowed(entry, by: area.flags) {
      violations.append(InvariantViolation("entry.rights", name))
    }
    if entry.isSpecial {
      let isRegister = area.flags.contains(.pfnMap)
      if entry.frame != (isRegister ? registerFrame(at: address, in: region) : virtual.zeroFrame) {
        violations.append(InvariantViolation("entry.special", name))
      }
      return
    }
    let frame = memory.frames[entry.frame]
    account.mappings[entry.frame, default: 0] += 1
    account.owners[entry.frame, default: 0] += 1
    if frame.flags.contains(.anonymous) {
      sums.anonPages += 1
      if entry.isWritable && !(frame.flags.contains(.anonExclusive) && frame.mapCount == 1) {
        violations.append(InvariantViolation("entry.writable-shared", name))
      }
    } else {
      sums.addCachedPage(frame.flags)
      if entry.isWritable && area.flags.contains(.tracksWrites) && !frame.flags.contains(.dirty) {
        violations.append(InvariantViolation("entry.untracked-write", name))
      }
    }
    if !isFoundFromFrame(frame, region, address) {
      violations.append(InvariantViolation("frame.reverse-map", name))
    }
  }

  private func isAllowed(_ entry: PageTableEntry, by flags: VMAFlags) -> Bool {
    if entry.isWritable && !flags.contains(.write) { return false }
    if entry.isPresentToHardware && !entry.isNoExecute && !flags.contains(.execute) {
      return false
    }
    if entry.isSpecial && entry.isWritable && !flags.contains(.pfnMap) { return false }
    return entry.isPresentToHardware == flags.isAccessible
  }

  /// Whether a walk from the frame would come to this region and this address.
  private borrowing func isFoundFromFrame(
    _ frame: PageFrame, _ region: VMAIndex, _ address: VirtualAddress
  ) -> Bool {
    let isNonlinear = virtual.regions[region].flags.contains(.nonlinear)
    if !isNonlinear && virtual.regions.pageOffset(address, in: region) != frame.index {
      return false
    }
    if !frame.flags.contains(.anonymous) { return virtual.regions[region].object == frame.object }
    var chain = virtual.regions.links[region.index].firstChain
    while !chain.isNone {
      if virtual.reverseMap.chains[chain.index].anonVMA == frame.anonVMA { return true }
      chain = virtual.reverseMap.chains[chain.index].nextInRegion
    }
    return false
  }

  // MARK: Frames

  /// Map counts and reference counts of all frames of user memory.
  borrowing func checkFrames(
    _ account: VirtualAudit, _ violations: inout [InvariantViolation]
  ) {
    var anonymous = 0
    var mapped = 0
    for number in account.owners.keys.sorted() {
      let frame = memory.frames[number]
      let mappings = account.mappings[number, default: 0]
      if frame.mapCount != mappings {
        violations.append(
          InvariantViolation(
            "frame.map-count",
            "frame \(number.rawValue) counts \(frame.mapCount), \(mappings) entries map it"))
      }
      let owners = account.owners[number, default: 0] + (frame.flags.contains(.swapCache) ? 1 : 0)
      if frame.referenceCount != owners {
        violations.append(
          InvariantViolation(
            "frame.reference-count",
            "frame \(number.rawValue) counts \(frame.referenceCount), has \(owners) owners"))
      }
      if mappings > 0 {
        if frame.flags.contains(.anonymous) { anonymous += 1 } else { mapped += 1 }
      }
    }
    compare("gauge.nr_anon_pages", gauges.nr_anon_pages, anonymous, &violations)
    compare("gauge.nr_mapped", gauges.nr_mapped, mapped, &violations)
  }

  /// Sums over the whole machine, and the frame of zeros.
  borrowing func checkTotals(
    _ account: VirtualAudit, _ violations: inout [InvariantViolation]
  ) {
    compare(
      "gauge.nr_page_table_pages", gauges.nr_page_table_pages, account.tablePages, &violations)
    compare("gauge.nr_shmem", gauges.nr_shmem, account.sharedPages, &violations)
    compare("gauge.nr_dirty", gauges.nr_dirty, account.dirtyPages, &violations)
    compare(
      "gauge.nr_file_pages", gauges.nr_file_pages, account.filePages + gauges.nr_swapcached,
      &violations)
    compare(
      "commit.total", Int(virtual.committedPages), Int(account.accountedPages), &violations)
    let zero = memory.frames[virtual.zeroFrame]
    if zero.referenceCount != 0 || zero.mapCount != 0 || !memory.isZeroFilled(virtual.zeroFrame) {
      violations.append(InvariantViolation("frame.zero", "frame \(virtual.zeroFrame.rawValue)"))
    }
  }

  private func compare(
    _ rule: String, _ kept: Int, _ found: Int, _ violations: inout [InvariantViolation]
  ) {
    if kept == found { return }
    violations.append(InvariantViolation(rule, "\(kept) counted, \(found) found"))
  }

  /// A cached leaf table is the one that a walk finds.
  borrowing func checkWalkCache(_ violations: inout [InvariantViolation]) {
    virtual.walkCache.visit { space, address, row in
      guard spaces.isLive(space) else {
        violations.append(InvariantViolation("walk-cache.space", "space \(space.rawValue)"))
        return
      }
      let table = memory.leafTable(below: spaces[space].root, of: address)
      if table.isNone || table != row.table
        || memory.words(of: table, at: address) != Int(row.page)
      {
        violations.append(
          InvariantViolation("walk-cache.table", "\(String(address, radix: 16))"))
      }
    }
  }
}
