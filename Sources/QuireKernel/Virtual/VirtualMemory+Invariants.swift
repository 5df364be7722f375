// What must hold of regions, their index, reverse maps and objects between two calls (AUDIT-8,
// AUDIT-13).

internal import KernelStorage

extension Kernel {
  borrowing func checkVirtualMemory(_ violations: inout [InvariantViolation]) {
    var account = VirtualAudit()
    for index in 1..<max(1, spaces.records.limit) where spaces.records.isLive(index) {
      let space = AddressSpaceIndex(index)
      checkRegionList(of: space, &account, &violations)
      checkEntries(of: space, &account, &violations)
    }
    checkAnonVMAs(&violations)
    checkObjects(&account, &violations)
    checkSegments(&violations)
    checkAttachments(&violations)
    checkFrames(account, &violations)
    checkTotals(account, &violations)
    checkWalkCache(&violations)
    checkTranslations(&violations)
    let spares =
      virtual.reverseMap.spareChains.count + virtual.reverseMap.spareAnonVMAs.count
      + virtual.objects.pages.spareNodes.count + virtual.reverseMap.freedChains.count
      + virtual.reverseMap.freedAnonVMAs.count + virtual.objects.pages.freedNodes.count
    if spares != 0 {
      violations.append(
        InvariantViolation("virtual.spares", "\(spares) objects are in nobody's hands"))
    }
  }

  // MARK: Regions

  private borrowing func checkRegionList(
    of space: AddressSpaceIndex, _ account: inout VirtualAudit,
    _ violations: inout [InvariantViolation]
  ) {
    var sums = AddressSpace(root: .none, object: .none, layout)
    var count: UInt32 = 0
    var before = VMAIndex.none
    var end: VirtualAddress = 0
    var region = spaces[space].regions.first
    while !region.isNone && count <= spaces[space].regions.count {
      let area = virtual.regions[region]
      let name = "\(String(area.start, radix: 16)) of space \(space.rawValue)"
      let isSound =
        area.start < area.end && area.start >= end && area.end <= layout.taskSize
        && Page.isAligned(area.start) && Page.isAligned(area.end) && area.space == space
      if !isSound { violations.append(InvariantViolation("region.order", name)) }
      if virtual.regions.previous(region) != before {
        violations.append(InvariantViolation("region.links", name))
      }
      if virtual.regions.tree.first(above: area.start, in: spaces[space].regions.top) != region {
        violations.append(InvariantViolation("region.index", name))
      }
      sums.account(area.flags, adding: area.pageCount)
      if area.flags.contains(.locked) { sums.lockedPages += area.pageCount }
      if area.flags.contains(.account) { account.accountedPages += area.pageCount }
      (before, end) = (region, area.end)
      count += 1
      region = virtual.regions.next(region)
    }
    if count != spaces[space].regions.count || spaces[space].regions.last != before {
      violations.append(InvariantViolation("region.count", "space \(space.rawValue)"))
    }
    compareSums(sums, of: space, &violations)
    virtual.regions.tree.check(spaces[space].regions, gaps: virtual.regions, &violations)
  }

  private borrowing func compareSums(
    _ sums: AddressSpace, of space: AddressSpaceIndex, _ violations: inout [InvariantViolation]
  ) {
    let kept = spaces[space]
    let pairs: [(name: String, kept: UInt64, found: UInt64)] = [
      ("total", kept.totalPages, sums.totalPages), ("data", kept.dataPages, sums.dataPages),
      ("stack", kept.stackPages, sums.stackPages), ("exec", kept.execPages, sums.execPages),
      ("locked", kept.lockedPages, sums.lockedPages + kept.staleLockedPages),
    ]
    for pair in pairs where pair.kept != pair.found {
      violations.append(
        InvariantViolation(
          "space.\(pair.name)-pages",
          "space \(space.rawValue) counts \(pair.kept), its regions have \(pair.found)"))
    }
  }

  // MARK: Reverse maps

  private borrowing func checkAnonVMAs(_ violations: inout [InvariantViolation]) {
    var active: [UInt32: UInt32] = [:]
    var children: [UInt32: UInt32] = [:]
    for index in 1..<max(1, virtual.regions.areas.limit)
    where virtual.regions.areas.isLive(index) {
      checkChains(of: VMAIndex(index), &violations)
      let own = virtual.regions.areas[index].anonVMA
      if !own.isNone { active[own.rawValue, default: 0] += 1 }
    }
    let anonVMAs = virtual.reverseMap.anonVMAs.limit
    for index in 1..<max(1, anonVMAs) where virtual.reverseMap.anonVMAs.isLive(index) {
      children[virtual.reverseMap.anonVMAs[index].parent.rawValue, default: 0] += 1
    }
    for index in 1..<max(1, anonVMAs) where virtual.reverseMap.anonVMAs.isLive(index) {
      let record = virtual.reverseMap.anonVMAs[index]
      if record.firstChain.isNone {
        violations.append(InvariantViolation("anon.unused", "anon_vma \(index)"))
      }
      if record.activeRegions != active[UInt32(index), default: 0] {
        violations.append(InvariantViolation("anon.active-regions", "anon_vma \(index)"))
      }
      if record.childCount != children[UInt32(index), default: 0] {
        violations.append(InvariantViolation("anon.children", "anon_vma \(index)"))
      }
    }
  }

  /// Every chain of a region is live, leads back to it, and hangs in the list of its `AnonVMA`.
  private borrowing func checkChains(
    of region: VMAIndex, _ violations: inout [InvariantViolation]
  ) {
    let links = virtual.regions.links[region.index]
    let own = virtual.regions[region].anonVMA
    var chain = links.firstChain
    var before = AnonChainIndex.none
    var holdsOwn = own.isNone
    while !chain.isNone {
      let record = virtual.reverseMap.chains[chain.index]
      let follower = record.nextInAnon
      let isLinked =
        record.region == region && record.previousInRegion == before
        && (follower.isNone
          ? virtual.reverseMap.anonVMAs[record.anonVMA.index].lastChain == chain
          : virtual.reverseMap.chains[follower.index].previousInAnon == chain)
      if !isLinked {
        violations.append(InvariantViolation("anon.chain-links", "region \(region.rawValue)"))
        return
      }
      if record.anonVMA == own { holdsOwn = true }
      before = chain
      chain = record.nextInRegion
    }
    if links.lastChain != before || !holdsOwn {
      violations.append(InvariantViolation("anon.chain-links", "region \(region.rawValue)"))
    }
  }

  // MARK: Objects

  private borrowing func checkObjects(
    _ account: inout VirtualAudit, _ violations: inout [InvariantViolation]
  ) {
    let records = virtual.objects.records.limit
    var executions = [UInt32](repeating: 0, count: max(1, records))
    for index in 1..<max(1, spaces.records.limit) where spaces.records.isLive(index) {
      executions[spaces[AddressSpaceIndex(index)].program.object.index] += 1
    }
    for index in 1..<max(1, records) where virtual.objects.records.isLive(index) {
      let object = MemoryObjectIndex(index)
      account.accountedPages += virtual.objects[object].chargedPages
      checkSlots(of: object, &account, &violations)
      if virtual.objects[object].executions != executions[index] {
        violations.append(InvariantViolation("object.executions", "object \(index)"))
      }
      if virtual.objects[object].isUnused {
        violations.append(InvariantViolation("object.unused", "object \(index)"))
      }
      for isNonlinear in [false, true] {
        checkRegions(of: object, isNonlinear: isNonlinear, &violations)
      }
    }
  }

  /// The regions of one list map the object, and belong on this list.
  private borrowing func checkRegions(
    of object: MemoryObjectIndex, isNonlinear: Bool, _ violations: inout [InvariantViolation]
  ) {
    let record = virtual.objects[object]
    var region = isNonlinear ? record.nonlinear.first : record.linear.first
    var before = VMAIndex.none
    while !region.isNone {
      let area = virtual.regions[region]
      if area.object != object || area.flags.contains(.nonlinear) != isNonlinear
        || virtual.regions.links[region.index].previousInObject != before
      {
        violations.append(InvariantViolation("object.regions", "object \(object.rawValue)"))
        return
      }
      before = region
      region = virtual.regions.links[region.index].nextInObject
    }
    if before != (isNonlinear ? record.nonlinear.last : record.linear.last) {
      violations.append(InvariantViolation("object.regions", "object \(object.rawValue)"))
    }
  }

  private borrowing func checkSlots(
    of object: MemoryObjectIndex, _ account: inout VirtualAudit,
    _ violations: inout [InvariantViolation]
  ) {
    let record = virtual.objects[object]
    var (resident, swapped, dirty): (UInt64, UInt64, UInt64) = (0, 0, 0)
    var page: UInt64 = 0
    while let found = virtual.objects.nextOccupied(from: page, of: object) {
      let slot = virtual.objects.slot(found, of: object)
      if slot.isSwap {
        swapped += 1
      } else {
        resident += 1
        account.owners[slot.frame, default: 0] += 1
        let frame = memory.frames[slot.frame]
        if frame.object != object || frame.index != found
          || frame.flags.contains(.swapBacked) == record.flags.contains(.onDisk)
        {
          violations.append(
            InvariantViolation("object.slot", "page \(found) of object \(object.rawValue)"))
        }
        if frame.flags.contains(.dirty) { dirty += 1 }
      }
      if found >= record.pageCount {
        violations.append(InvariantViolation("object.size", "object \(object.rawValue)"))
      }
      page = found + 1
    }
    account.filePages += Int(resident)
    if record.flags.contains(.onDisk) {
      account.dirtyPages += Int(dirty)
    } else {
      account.sharedPages += Int(resident)
      dirty = 0
    }
    if resident != record.residentPages || swapped != record.swappedPages
      || dirty != record.dirtyPages
    {
      violations.append(InvariantViolation("object.page-count", "object \(object.rawValue)"))
    }
    checkBlocks(of: object, &violations)
  }

  /// What a file has on disk is inside of it, and nowhere else while it is in memory.
  private borrowing func checkBlocks(
    of object: MemoryObjectIndex, _ violations: inout [InvariantViolation]
  ) {
    let record = virtual.objects[object]
    var page: UInt64 = 0
    while let found = virtual.objects.nextBlock(from: page, of: object) {
      let slot = virtual.objects.slot(found, of: object)
      let isCached = !slot.isNone && !slot.isUnread
      let isSound =
        record.flags.contains(.onDisk) && found < record.pageCount
        && !(isCached && virtual.objects.block(found, of: object).data != .zero)
      if !isSound {
        violations.append(
          InvariantViolation("object.block", "page \(found) of object \(object.rawValue)"))
      }
      page = found + 1
    }
  }
}

/// What an audit of virtual memory adds up as it goes.
///
/// Linux: none (model only).
struct VirtualAudit {
  /// Entries that map each frame of user memory, and owners that were found for it.
  var mappings: [FrameNumber: UInt32] = [:]
  var owners: [FrameNumber: UInt32] = [:]
  /// Pages that the commit total should hold.
  var accountedPages: UInt64 = 0
  var tablePages = 0
  /// Pages of objects, those of memory among them, and those of files that are dirty.
  var filePages = 0
  var sharedPages = 0
  var dirtyPages = 0
}
