// Faulting pages in ahead of use: MAP_POPULATE, locked memory (MMAP-11).

extension Kernel {
  /// Faults in every page of a range as its regions allow.
  ///
  /// Private writable memory is written, so that no copy is left to make; all else is read.
  /// With `skipping`, a region that cannot be touched is passed over; else the walk ends there.
  /// - Returns: false when the walk ended early.
  /// Linux: `__mm_populate`, mm/gup.c.
  @discardableResult
  mutating func populate(
    _ start: VirtualAddress, _ end: VirtualAddress, by task: TaskIndex, skipping: Bool
  ) -> Bool {
    let space = tasks[task].space
    var address = start
    while address < end {
      let region = virtual.regions.find(address, in: &spaces[space].regions)
      if region.isNone || virtual.regions[region].start >= end { return true }
      let area = virtual.regions[region]
      let stop = min(area.end, end)
      address = max(address, area.start)
      if !populateRegion(region, address, stop, by: task) && !skipping { return false }
      address = stop
    }
    return true
  }

  /// Linux: `populate_vma_page_range`, mm/gup.c.
  mutating func populateRegion(
    _ region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, by task: TaskIndex
  ) -> Bool {
    let area = virtual.regions[region]
    if area.flags.contains(.lockOnFault) { return true }
    guard area.flags.isAccessible else { return false }
    let isWrite = area.flags.intersection([.write, .shared]) == .write
    var fault = Fault(
      address: start, isWrite: isWrite, region: region, space: area.space, task: task)
    while fault.address < end {
      if !faultIn(fault) { return false }
      fault.address += Page.size
    }
    return true
  }

  /// Has one page present, and writable for a write; false when it cannot be.
  ///
  /// A page that is there already is marked as the kernel marks what it looks up.
  /// Linux: `__get_user_pages` with FOLL_TOUCH, mm/gup.c.
  private mutating func faultIn(_ fault: Fault) -> Bool {
    var entry = memory.pageEntry(below: spaces[fault.space].root, of: fault.address)
    if !entry.isPresent || fault.isWrite && !entry.isWritable {
      let outcome = handle(fault)
      guard outcome == .done || outcome == .major else { return false }
      entry = memory.pageEntry(below: spaces[fault.space].root, of: fault.address)
    }
    if entry.isSpecial { return true }
    if fault.isWrite && !entry.isDirty { memory.frames[entry.frame].flags.insert(.dirty) }
    return true
  }
}
