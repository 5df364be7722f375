// Swap-in: a fault finds a swap entry where the page was (FAULT-12).
//
// A fault that has to wait for the disk answers `blocked` and is taken again by the same access;
// the task remembers that it waited, so that the fault is counted once, as a major one.

internal import KernelStorage

extension Kernel {
  /// Brings the page of a swap entry back and maps it.
  ///
  /// - Throws: ENOMEM when no frame is to be had.
  /// Linux: `do_swap_page`, mm/memory.c.
  mutating func swapIn(
    _ fault: Fault, _ swapped: PageTableEntry, table: FrameNumber, index: Int
  ) throws(Errno) -> FaultOutcome {
    finishTransfers()
    let entry = swapped.swap
    var isMajor = tasks[fault.task].retriedFault == fault.address
    var frame = swap[entry].cached
    if frame.isNone {
      counters.pgmajfault += 1
      isMajor = true
      frame = try readAround(fault, entry, table: table, index: index)
    } else {
      noteReadaheadHit(frame, in: fault.region, at: fault.address)
    }
    if memory.frames[frame].flags.contains(.locked) {
      tasks[fault.task].retriedFault = fault.address
      return .blocked(until: swap.cache[frame.index].transferEnd)
    }
    tasks[fault.task].retriedFault = Task.noFault
    let present = mapSwapped(frame, swapped, fault, table: table, index: index)
    if fault.isWrite, !present.isWritable {
      try writeProtected(fault, present, table: table, index: index)
    }
    return isMajor ? .major : .done
  }

  /// Puts the page where its swap entry was, and gives the entry's claim on the slot up.
  private mutating func mapSwapped(
    _ frame: FrameNumber, _ swapped: PageTableEntry, _ fault: Fault, table: FrameNumber,
    index: Int
  ) -> PageTableEntry {
    let flags = virtual.regions[fault.region].flags
    memory.get(frame)
    dropSwapUser(swapped.swap)
    if shouldFreeSwap(of: frame, flags, isWrite: fault.isWrite) { freeSwap(of: frame) }
    let isExclusive = swapped.isSwapExclusive || memory.frames[frame].referenceCount == 1
    var rights: UInt64 = PageTableEntry.accessedBit
    if isExclusive, flags.contains(.write) {
      rights |= PageTableEntry.writeBit
      if fault.isWrite { rights |= PageTableEntry.dirtyBit }
    }
    let present = PageTableEntry(frame: frame, protection: flags.entryProtection | rights)
    addAnonMapping(
      frame, of: fault.region, at: fault.address, isExclusive: isExclusive)
    spaces[fault.space].swapEntries -= 1
    memory.setEntry(table: table, index: index, to: present)
    emit(.swapIn, tasks[fault.task].pid, fault.address, UInt64(frame.rawValue))
    return present
  }

  /// The cached copy is not worth its slot any more.
  ///
  /// Linux: `should_try_to_free_swap`, mm/memory.c.
  private func shouldFreeSwap(
    of frame: FrameNumber, _ flags: VMAFlags, isWrite: Bool
  ) -> Bool {
    let page = memory.frames[frame]
    if swap.isOverHalfFull || flags.contains(.locked) { return true }
    // The cache and this fault are its only owners.
    return isWrite && page.referenceCount == 2
  }

  /// One more entry maps a page that came back; the caller's reference is the entry's now.
  ///
  /// Linux: `folio_add_new_anon_rmap` and `folio_add_anon_rmap_pte`, mm/rmap.c.
  mutating func addAnonMapping(
    _ frame: FrameNumber, of region: VMAIndex, at address: VirtualAddress, isExclusive: Bool
  ) {
    let area = virtual.regions[region]
    if !memory.frames[frame].flags.contains(.anonymous) {
      let own = area.anonVMA
      let anon = isExclusive ? own : virtual.reverseMap.anonVMAs[own.index].root
      memory.frames[frame].flags.formUnion([.anonymous, .swapBacked])
      memory.frames[frame].mapping = anon.rawValue
      memory.frames[frame].index = virtual.regions.pageOffset(address, in: region)
    }
    if isExclusive { memory.frames[frame].flags.insert(.anonExclusive) }
    if memory.frames[frame].mapCount == 0 { gauges.nr_anon_pages += 1 }
    memory.frames[frame].mapCount += 1
    spaces[area.space].anonPages += 1
  }

  // MARK: Shared objects

  /// Brings a page of a shared object back from swap.
  ///
  /// - Throws: ENOMEM when no frame is to be had.
  /// Linux: `shmem_swapin_folio`, mm/shmem.c.
  mutating func swapInShared(
    _ page: UInt64, of object: MemoryObjectIndex, for fault: Fault
  ) throws(Errno) -> FaultOutcome {
    finishTransfers()
    let entry = virtual.objects.slot(page, of: object).swap
    var isMajor = tasks[fault.task].retriedFault == fault.address
    var frame = swap[entry].cached
    if frame.isNone {
      counters.pgmajfault += 1
      isMajor = true
      frame = try readCluster(entry, for: fault.task)
    } else {
      noteClusterHit(frame)
    }
    let isReading = memory.frames[frame].flags.contains(.locked)
    if isReading || swap.cache[frame.index].flags.contains(.writeback) {
      if isMajor { tasks[fault.task].retriedFault = fault.address }
      return .blocked(until: swap.cache[frame.index].transferEnd)
    }
    tasks[fault.task].retriedFault = Task.noFault
    joinObject(frame, page, object, from: entry)
    return isMajor ? .major : .done
  }

  /// The cache's reference of the page becomes the object's, and the slot is free.
  mutating func joinObject(
    _ frame: FrameNumber, _ page: UInt64, _ object: MemoryObjectIndex, from entry: SwapEntry
  ) {
    removeFromSwapCache(frame)
    virtual.objects.setSlot(page, of: object, to: ObjectSlot(frame))
    memory.frames[frame].mapping = object.rawValue
    memory.frames[frame].index = page
    memory.frames[frame].flags.formUnion([.dirty, .swapBacked])
    gauges.nr_shmem += 1
    gauges.nr_file_pages += 1
    dropSwapUser(entry)
  }
}
