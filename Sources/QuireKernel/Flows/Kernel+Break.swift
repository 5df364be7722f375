// brk: the end of the heap (BRK-1 … BRK-7).

extension Kernel {
  /// Moves the break and answers where it is afterwards: the old place when it could not be moved.
  ///
  /// Linux: `sys_brk`, mm/mmap.c.
  public mutating func brk(_ address: VirtualAddress, by task: TaskIndex) -> VirtualAddress {
    charge(costs.systemCall)
    let space = tasks[task].space
    let old = spaces[space].currentBreak
    guard moveBreak(to: address, in: space, by: task) else { return old }
    spaces[space].currentBreak = address
    emit(.brk, tasks[task].pid, address)
    if spaces[space].defaultFlags.contains(.locked) && address > old {
      populate(Page.alignUp(old), Page.alignUp(address), by: task, skipping: true)
    }
    return address
  }

  /// Moves the break by `amount` and returns the old break, as the C library does.
  ///
  /// - Throws: ENOMEM when it stays where it is.
  /// Linux: none (the C library's `sbrk`).
  public mutating func sbrk(_ amount: Int64, by task: TaskIndex) throws(Errno) -> VirtualAddress {
    let old = spaces[tasks[task].space].currentBreak
    if amount == 0 {
      charge(costs.systemCall)
      return old
    }
    let wanted = old &+ UInt64(bitPattern: amount)
    if amount > 0 ? wanted < old : wanted > old { throw .ENOMEM }
    if brk(wanted, by: task) != wanted { throw .ENOMEM }
    return old
  }

  /// Puts the heap of an address space without one elsewhere.
  ///
  /// Linux: `mm_struct.start_brk`, set by fs/binfmt_elf.c.
  package mutating func setBreakStart(_ address: VirtualAddress, of space: AddressSpaceIndex) {
    precondition(
      spaces[space].currentBreak == spaces[space].startBreak, "setBreakStart: the heap is in use")
    spaces[space].startBreak = address
    spaces[space].currentBreak = address
  }

  /// Changes the mappings for a new break; false when it may not move there.
  private mutating func moveBreak(
    to address: VirtualAddress, in space: AddressSpaceIndex, by task: TaskIndex
  ) -> Bool {
    if !isWithinLimits(address, in: space, by: task) { return false }
    let old = Page.alignUp(spaces[space].currentBreak)
    let new = Page.alignUp(address)
    if new == old { return true }
    if address <= spaces[space].currentBreak {
      return shrinkHeap(from: old, to: new, in: space, by: task)
    }
    return growHeap(from: old, to: new, in: space, by: task)
  }

  /// Linux: the checks of `sys_brk` before anything is done, mm/mmap.c; those of 2.6.11 by rule.
  private borrowing func isWithinLimits(
    _ address: VirtualAddress, in space: AddressSpaceIndex, by task: TaskIndex
  ) -> Bool {
    let start = spaces[space].startBreak
    let marks = spaces[space].program.marks
    let hasMarks = marks.end != 0
    let floor =
      hasMarks && architectureRules.contains(.breakReachesCode) ? marks.endCode : start
    if address < floor { return false }
    let limit = tasks[task].limits.data
    if architectureRules.contains(.breakJudgesGrowth) {
      if Page.alignUp(address) <= Page.alignUp(spaces[space].currentBreak) { return true }
      let data = hasMarks ? marks.startData : start
      return address <= data || address - data <= limit
    }
    let (size, isOver) = (address - start).addingReportingOverflow(marks.endData &- marks.startData)
    return !isOver && size <= limit
  }

  private mutating func shrinkHeap(
    from old: VirtualAddress, to new: VirtualAddress, in space: AddressSpaceIndex,
    by task: TaskIndex
  ) -> Bool {
    let region = virtual.regions.firstOverlapping(new, old, in: spaces[space].regions.top)
    if region.isNone { return false }
    do { try unmapRegions(new, old, in: space, by: task) } catch { return false }
    return true
  }

  private mutating func growHeap(
    from old: VirtualAddress, to new: VirtualAddress, in space: AddressSpaceIndex,
    by task: TaskIndex
  ) -> Bool {
    // Rounding up an address near the end of the 64-bit space wraps.
    if new < old || new > layout.taskSize { return false }
    let pages = (new - old) >> Page.shift
    let flags = VMAFlags.dataDefault.union(.account).union(spaces[space].defaultFlags)
    if !mayLock(space, flags, pages, task) { return false }
    if !isHeapClear(old, new, in: space) { return false }
    if !mayExpand(space, flags, by: pages, task) { return false }
    if spaces[space].regionCount > tunables.maxMapCount { return false }
    do { try charge(pages: pages, in: space, by: task) } catch { return false }
    do { try linkHeap(old, new, flags, in: space, by: task) } catch {
      uncharge(pages: pages)
      return false
    }
    spaces[space].account(flags, adding: pages)
    if flags.contains(.locked) { spaces[space].lockedPages += pages }
    return true
  }

  /// Whether nothing lies in the way of the heap, a page of distance and guard gaps included.
  private borrowing func isHeapClear(
    _ old: VirtualAddress, _ new: VirtualAddress, in space: AddressSpaceIndex
  ) -> Bool {
    let distance = new + Page.size
    let next = virtual.regions.firstOverlapping(
      old, distance + layout.stackGuardGap, in: spaces[space].regions.top)
    return next.isNone || distance <= virtual.regions.guardedStart(next)
  }

  /// Extends the region that ends where the heap ends, or makes one.
  ///
  /// Linux: `do_brk_flags`, mm/mmap.c.
  private mutating func linkHeap(
    _ start: VirtualAddress, _ end: VirtualAddress, _ flags: VMAFlags,
    in space: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) {
    let next = virtual.regions.tree.first(above: start, in: spaces[space].regions.top)
    var previous = virtual.regions.previous(before: next, in: spaces[space].regions)
    // What lies before the heap never becomes a part of it.
    if !previous.isNone && virtual.regions[previous].end <= spaces[space].startBreak {
      previous = .none
    }
    let request = MergeRequest(
      space: space, start: start, end: end, flags: flags, pageOffset: start >> Page.shift,
      previous: previous, next: .none)
    if try !mergeNew(request, by: task).isNone { return }
    let area = VirtualMemoryArea(
      start: start, end: end, flags: flags, object: .none, anonVMA: .none, space: space)
    _ = virtual.regions.insert(
      area, links: VMALinks(pageOffset: start >> Page.shift),
      object: try allocateObject(.vmAreaStruct, for: task), before: next,
      into: &spaces[space].regions)
  }
}
