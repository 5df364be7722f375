// swapoff: every page of an area comes back to memory, then the area is gone (SWAP-13 to SWAP-15).

internal import KernelStorage

extension Kernel {
  /// Begins to empty an area; `perform` goes on with it.
  ///
  /// - Throws: EPERM without privilege, EINVAL when there is no such area or it is being emptied,
  ///   ENOMEM when what is promised would not fit without it.
  /// Linux: `sys_swapoff`, mm/swapfile.c.
  public mutating func beginSwapOff(
    of area: Int, by task: TaskIndex
  ) throws(Errno) -> SwapOffOperation {
    if !tasks[task].holds(.admin) { throw .EPERM }
    if !swap.isActive(area) || !swap.areas[area].isWritable { throw .EINVAL }
    let pages = UInt64(swap.areas[area].pages)
    if !tasks[task].space.isNone {
      try charge(pages: pages, in: tasks[task].space, by: task)
      uncharge(pages: pages)
    }
    swap.disable(area)
    swap.areas[area].emptiedBy = task
    tasks[task].flags.insert(.swapoffCaller)
    return SwapOffOperation(area: area)
  }

  /// Goes on with a swapoff until the area is gone, the slice is over, a disk has to work, or the
  /// operation fails.
  ///
  /// It fails with ENOMEM without a frame and with EINTR when a signal is to be delivered; when
  /// the caller is the OOM killer's victim it is `killed`. In each case the area takes pages again.
  /// Linux: `try_to_unuse`, mm/swapfile.c.
  public mutating func perform(
    _ operation: inout SwapOffOperation, by task: TaskIndex
  ) -> Progress {
    let area = operation.area
    let (inUse, rounds) = (swap.areas[area].inUse, operation.rounds)
    finishTransfers()
    while swap.areas[area].inUse > 0 {
      // One round may be half over; after two whole ones nothing is left, for nobody else runs.
      precondition(
        operation.rounds - rounds < 3 || swap.areas[area].inUse < inUse,
        "swapoff: \(inUse) slots of area \(area) have no owner")
      if !deliverableSignals(of: task).isEmpty { return abandon(area, task, .EINTR) }
      do throws(Errno) {
        if let end = try step(&operation, task) { return .blocked(until: end) }
      } catch {
        return abandon(area, task, error)
      }
      if now >= sliceEnd { return .again }
    }
    swap.deactivate(area)
    tasks[task].flags.remove(.swapoffCaller)
    emit(.swapOff, tasks[task].pid, UInt64(area))
    return .done
  }

  private mutating func abandon(_ area: Int, _ task: TaskIndex, _ error: Errno) -> Progress {
    restore(area)
    return tasks[task].isDying ? .killed : .failed(error)
  }

  /// The area takes pages again; one with an automatic priority comes last now.
  private mutating func restore(_ area: Int) {
    if swap.areas[area].priority < 0 {
      swap.areas[area].priority = swap.nextAutomaticPriority
    }
    tasks[swap.areas[area].emptiedBy].flags.remove(.swapoffCaller)
    swap.areas[area].emptiedBy = .none
    swap.enable(area)
  }

  /// A task that was emptying areas dies or turns to something else: they stay.
  package mutating func abandonSwapOffs(of task: TaskIndex) {
    guard tasks[task].flags.contains(.swapoffCaller) else { return }
    for area in 0..<swap.areas.limit where swap.isActive(area) {
      if swap.areas[area].emptiedBy == task { restore(area) }
    }
  }

  /// Looks at one place; says until when a disk has to work for it, if it has to.
  private mutating func step(
    _ operation: inout SwapOffOperation, _ task: TaskIndex
  ) throws(Errno) -> Nanoseconds? {
    switch operation.phase {
    case .objects: return try stepObject(&operation, task)
    case .spaces: return try stepSpace(&operation, task)
    case .leftovers: return stepSlot(&operation)
    }
  }

  // MARK: Shared objects

  /// Linux: `shmem_unuse`, mm/shmem.c.
  private mutating func stepObject(
    _ operation: inout SwapOffOperation, _ task: TaskIndex
  ) throws(Errno) -> Nanoseconds? {
    if operation.item >= virtual.objects.records.limit {
      operation.enter(.spaces)
      return nil
    }
    let object = MemoryObjectIndex(operation.item)
    guard virtual.objects.records.isLive(operation.item),
      virtual.objects[object].swappedPages > 0,
      let page = virtual.objects.nextOccupied(from: operation.position, of: object)
    else {
      operation.nextItem()
      return nil
    }
    let slot = virtual.objects.slot(page, of: object)
    if slot.isSwap, Int(slot.swap.area) == operation.area {
      let cached = swap[slot.swap].cached
      let frame = cached.isNone ? try readCluster(slot.swap, for: task) : cached
      if let end = transferEnd(of: frame) { return end }
      joinObject(frame, page, object, from: slot.swap)
      charge(costs.entryCopy)
    }
    operation.position = page + 1
    return nil
  }

  // MARK: Address spaces

  /// Linux: `unuse_mm`, mm/swapfile.c.
  private mutating func stepSpace(
    _ operation: inout SwapOffOperation, _ task: TaskIndex
  ) throws(Errno) -> Nanoseconds? {
    if operation.item >= spaces.records.limit {
      operation.enter(.leftovers)
      return nil
    }
    let space = AddressSpaceIndex(operation.item)
    guard spaces.isLive(space), spaces[space].swapEntries > 0 else {
      operation.nextItem()
      return nil
    }
    var address = operation.position
    let table = memory.nextLeafTable(
      below: spaces[space].root, from: &address, to: layout.taskSize)
    if table.isNone {
      operation.nextItem()
      return nil
    }
    let end = try unuse(table, from: &address, in: space, operation.area, task)
    operation.position = address
    return end
  }

  /// Brings pages of one table back until the disk has to work, the slice is over, or the table's
  /// end.
  ///
  /// Linux: `unuse_pte_range`, mm/swapfile.c.
  private mutating func unuse(
    _ table: FrameNumber, from address: inout VirtualAddress, in space: AddressSpaceIndex,
    _ area: Int, _ task: TaskIndex
  ) throws(Errno) -> Nanoseconds? {
    let end = (address | (geometry.span(TableLevel.leaf) - 1)) + 1
    while address < end {
      let index = geometry.index(address, TableLevel.leaf)
      let entry = memory.entry(table: table, index: index)
      if entry.isSwap, Int(entry.swap.area) == area {
        let region = virtual.regions.find(address, in: &spaces[space].regions)
        let fault = Fault(
          address: address, isWrite: false, region: region, space: space, task: task)
        let frame = swap[entry.swap].cached
        if frame.isNone {
          // Making room may have changed anything, even ended the process: look anew.
          _ = try readAround(fault, entry.swap, table: table, index: index)
          return nil
        }
        if let wait = transferEnd(of: frame) { return wait }
        unuse(entry, frame, fault, table: table, index: index)
        charge(costs.entryCopy)
      }
      address += Page.size
      if now >= sliceEnd { return nil }
    }
    return nil
  }

  /// Maps a page where its swap entry was: not accessed lately and not writable yet, so that
  /// the next write finds out whether it may be.
  ///
  /// Linux: `unuse_pte`, mm/swapfile.c.
  private mutating func unuse(
    _ swapped: PageTableEntry, _ frame: FrameNumber, _ fault: Fault, table: FrameNumber,
    index: Int
  ) {
    let rights = virtual.regions[fault.region].flags.entryProtection
    memory.get(frame)
    addAnonMapping(
      frame, of: fault.region, at: fault.address, isExclusive: swapped.isSwapExclusive)
    spaces[fault.space].swapEntries -= 1
    memory.setEntry(
      table: table, index: index,
      to: PageTableEntry(
        frame: frame, protection: rights & ~PageTableEntry.accessedBit))
    dropSwapUser(swapped.swap)
    freeSwap(of: frame)
  }

  /// Until when a disk works on a cached page; nil when it does not.
  func transferEnd(of frame: FrameNumber) -> Nanoseconds? {
    let isMoving =
      memory.frames[frame].flags.contains(.locked)
      || swap.cache[frame.index].flags.contains(.writeback)
    return isMoving ? swap.cache[frame.index].transferEnd : nil
  }

  // MARK: What is left

  /// Slots that no entry names any more, but that a cached page keeps.
  private mutating func stepSlot(_ operation: inout SwapOffOperation) -> Nanoseconds? {
    while true {
      let slot = swap.areas[operation.area].slotToVisit(from: Int(operation.position))
      if slot >= swap.areas[operation.area].limit { break }
      let frame = swap.areas[operation.area].slots[slot].cached
      if !frame.isNone {
        if let end = transferEnd(of: frame) { return end }
        freeSwap(of: frame)
      }
      operation.position = UInt64(slot + 1)
    }
    operation.rounds += 1
    operation.enter(.objects)
    return nil
  }
}
