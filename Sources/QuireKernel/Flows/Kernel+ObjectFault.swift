// The first access of a process to a page of an object: shared memory or a file (FAULT-8, FAULT-9,
// FAULT-13, REC-4 to REC-7).

extension Kernel {
  /// Pages that a read fault looks at around its own (`fault_around_bytes`, 64 KiB).
  ///
  /// Linux: `fault_around_pages`, mm/memory.c.
  private static var faultAroundPages: Int { 16 }

  /// - Throws: ENOMEM without a frame; ENOSPC or EFAULT, which are SIGBUS to the user.
  /// Linux: `do_fault`, mm/memory.c.
  mutating func objectPage(
    _ fault: Fault, _ area: VirtualMemoryArea
  ) throws(Errno) -> FaultOutcome {
    // Nobody fills in what a mapping of a device has not had from the start.
    if area.flags.contains(.pfnMap) { throw .EFAULT }
    let page = virtual.regions.pageOffset(fault.address, in: fault.region)
    if try mapAround(fault, area, page) { return end(of: fault) }
    let isCopy = fault.isWrite && !area.flags.contains(.shared)
    // The kernel prepares for the copy before it knows whether there is anything to be copied.
    if isCopy { try prepareAnonVMA(of: fault.region, by: fault.task) }
    if page >= virtual.objects[area.object].pageCount { throw .EFAULT }
    switch try bringIn(page, fault, area) {
    case .blocked(let until): return .blocked(until: until)
    // What was read is mapped as a window, as if it had been there (REC-7).
    case .major: if try mapAround(fault, area, page) { return .major }
    default: break
    }
    let frame = virtual.objects.slot(page, of: area.object).frame
    // Reclaim was faster: the access will fault anew.
    if frame.isNone { return .done }
    let outcome = end(of: fault)
    let wasHeld = hold(frame)
    defer { letGo(frame, wasHeld: wasHeld) }
    if isCopy { try mapCopy(of: frame, fault, area) } else { try mapPage(frame, fault, area) }
    return outcome
  }

  /// A fault on an entry that names its page: that page comes back, and the fault counts as a major
  /// one wherever the page was (REMAP-1).
  ///
  /// - Throws: ENOMEM without a frame; EFAULT past the end of the object, which is SIGBUS.
  /// Linux: `do_file_page` of 2.6.11, mm/memory.c.
  mutating func arrangedPage(_ fault: Fault, _ page: UInt64) throws(Errno) -> FaultOutcome {
    let area = virtual.regions[fault.region]
    if page >= virtual.objects[area.object].pageCount { throw .EFAULT }
    if case .blocked(let until) = try bringIn(page, fault, area) { return .blocked(until: until) }
    let frame = virtual.objects.slot(page, of: area.object).frame
    // Reclaim was faster: the access will fault anew.
    if frame.isNone { return .done }
    _ = end(of: fault)
    let wasHeld = hold(frame)
    defer { letGo(frame, wasHeld: wasHeld) }
    try mapPage(frame, fault, area)
    return .major
  }

  /// The outcome of a fault that has its page: a major one if it has waited for a disk.
  private mutating func end(of fault: Fault) -> FaultOutcome {
    let isMajor = tasks[fault.task].retriedFault == fault.address
    if isMajor { tasks[fault.task].retriedFault = Task.noFault }
    return isMajor ? .major : .done
  }

  /// Has a page of an object in memory.
  ///
  /// `major` means that a file was read and that nobody has to wait for it; the fault is then
  /// marked as one that has waited.
  /// Linux: `filemap_fault` and `shmem_fault`, mm/filemap.c and mm/shmem.c.
  private mutating func bringIn(
    _ page: UInt64, _ fault: Fault, _ area: VirtualMemoryArea
  ) throws(Errno) -> FaultOutcome {
    let slot = virtual.objects.slot(page, of: area.object)
    if slot.isSwap {
      let outcome = try swapInShared(page, of: area.object, for: fault)
      if outcome == .major { tasks[fault.task].retriedFault = fault.address }
      if case .blocked = outcome { return outcome }
      return .done
    }
    guard virtual.objects[area.object].flags.contains(.onDisk) else {
      _ = try sharedPage(page, of: area.object, in: fault.space, by: fault.task)
      return .done
    }
    if !slot.isNone {
      if slot.isUnread { finishReading(page, of: area.object) }
      if tasks[fault.task].retriedFault != fault.address {
        noteHit(page, of: area.object, area.flags, by: fault.task)
      }
      return .done
    }
    counters.pgmajfault += 1
    let end = page + (area.end - fault.address) >> Page.shift
    var until = readAround(page, to: end, of: area.object, area.flags, by: fault.task)
    if virtual.objects.slot(page, of: area.object).isNone {
      until = try readAlone(page, of: area.object, by: fault.task)
    }
    tasks[fault.task].retriedFault = fault.address
    return until > now ? .blocked(until: until) : .major
  }

  // MARK: Mapping

  /// Keeps reclaim away from a page; says whether somebody did already.
  func isHeld(_ frame: FrameNumber) -> Bool { memory.frames[frame].flags.contains(.locked) }

  mutating func hold(_ frame: FrameNumber) -> Bool {
    let wasHeld = isHeld(frame)
    memory.frames[frame].flags.insert(.locked)
    return wasHeld
  }

  mutating func letGo(_ frame: FrameNumber, wasHeld: Bool) {
    if !wasHeld { memory.frames[frame].flags.remove(.locked) }
  }

  /// Linux: `do_read_fault` and `do_shared_fault`, mm/memory.c.
  private mutating func mapPage(
    _ frame: FrameNumber, _ fault: Fault, _ area: VirtualMemoryArea
  ) throws(Errno) {
    let table = try makeLeafTable(for: fault.address, in: fault.space, by: fault.task)
    let marks = fault.isWrite ? PageTableEntry.dirtyBit | PageTableEntry.writeBit : 0
    map(
      frame, protection: area.flags.entryProtection | marks, in: fault.space, table: table,
      index: geometry.index(fault.address, TableLevel.leaf))
    if fault.isWrite { markStored(frame) }
    if area.flags.contains(.locked) { lockPage(frame) }
  }

  /// A write to a private mapping: the process gets a copy, and never maps the page itself.
  ///
  /// Linux: `do_cow_fault`, mm/memory.c.
  private mutating func mapCopy(
    of frame: FrameNumber, _ fault: Fault, _ area: VirtualMemoryArea
  ) throws(Errno) {
    let copy = try newAnonymousPage(fault)
    let table: FrameNumber
    do { table = try makeLeafTable(for: fault.address, in: fault.space, by: fault.task) } catch {
      removeAnonMapping(copy)
      release(copy)
      throw error
    }
    memory.copyData(from: frame, to: copy)
    charge(costs.pageCopy)
    spaces[fault.space].anonPages += 1
    install(
      copy, area.flags, table: table, index: geometry.index(fault.address, TableLevel.leaf))
    tasks[fault.task].cowFaults += 1
    emit(.copyOnWrite, tasks[fault.task].pid, fault.address, UInt64(copy.rawValue))
  }

  /// One more PTE maps a page of an object.
  ///
  /// Linux: `set_pte_range`, mm/memory.c.
  mutating func map(
    _ frame: FrameNumber, protection: UInt64, in space: AddressSpaceIndex, table: FrameNumber,
    index: Int
  ) {
    memory.frames[frame].referenceCount += 1
    memory.frames[frame].mapCount += 1
    if memory.frames[frame].mapCount == 1 { gauges.nr_mapped += 1 }
    spaces[space].addCachedPage(memory.frames[frame].flags)
    memory.setEntry(
      table: table, index: index, to: PageTableEntry(frame: frame, protection: protection))
  }

  // MARK: Fault-around

  /// Maps the pages near a read that are in memory, and says whether the one that was asked for is
  /// among them.
  ///
  /// Without any such page no table is made (REC-4); nor for the last page of a file on disk when
  /// it is the first of them, for the kernel then takes it for one that reaches beyond the end.
  /// Linux: `do_fault_around` and `filemap_map_pages`, mm/memory.c and mm/filemap.c.
  private mutating func mapAround(_ fault: Fault, _ area: VirtualMemoryArea, _ page: UInt64)
    throws(Errno) -> Bool
  {
    if fault.isWrite || !virtual.objects[area.object].flags.contains(.faultAround)
      || architectureRules.contains(.faultsMapOnePage)
    {
      return false
    }
    var table = memory.leafTable(below: spaces[fault.space].root, of: fault.address)
    let index = geometry.index(fault.address, TableLevel.leaf)
    let limit = virtual.objects[area.object].pageCount
    let isOnDisk = virtual.objects[area.object].flags.contains(.onDisk)
    var hits: UInt64 = 0
    for slot in window(around: index, fault, area) {
      let number = page &+ UInt64(bitPattern: Int64(slot - index))
      if number >= limit { break }
      let cached = virtual.objects.slot(number, of: area.object)
      let frame = cached.frame
      if frame.isNone || cached.isPassedOver || isHeld(frame) { continue }
      if table.isNone {
        if number + 1 == limit && isOnDisk { return false }
        table = try tableHolding(frame, for: fault)
      }
      hits += 1
      if !memory.entry(table: table, index: slot).isNone { continue }
      map(
        frame, protection: area.flags.entryProtection, in: fault.space, table: table, index: slot)
      if area.flags.contains(.locked) { lockPage(frame) }
    }
    if hits == 0 { return false }
    noteHits(hits, of: area.object)
    return !memory.entry(table: table, index: index).isNone
  }

  /// The entries of the table of a fault that are looked at: a window on a boundary of its size,
  /// cut to the region.
  private func window(
    around index: Int, _ fault: Fault, _ area: VirtualMemoryArea
  ) -> Range<Int> {
    let before = Int((fault.address - area.start) >> Page.shift)
    let after = Int((area.end - fault.address) >> Page.shift)
    let first = max(
      index / Self.faultAroundPages * Self.faultAroundPages, index - min(index, before))
    return first..<min(first + Self.faultAroundPages, geometry.leafEntries, index + after)
  }

  /// The leaf table for a fault; `frame` is not reclaimed to make room for it.
  private mutating func tableHolding(
    _ frame: FrameNumber, for fault: Fault
  ) throws(Errno) -> FrameNumber {
    let wasHeld = hold(frame)
    defer { letGo(frame, wasHeld: wasHeld) }
    return try makeLeafTable(for: fault.address, in: fault.space, by: fault.task)
  }
}
