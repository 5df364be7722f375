// Faulting pages in ahead of use: MAP_POPULATE, locked memory, MADV_POPULATE (MMAP-11, MLOCK-1).

extension Kernel {
  /// Faults in every page of a range as its regions allow.
  ///
  /// Private writable memory is written, so that no copy is left to make; all else is read.
  /// With `skipping`, a region that cannot be touched is passed over; else the walk ends there.
  /// - Returns: why it ended early, or nil.
  /// Linux: `__mm_populate`, mm/gup.c.
  @discardableResult
  mutating func populate(
    _ start: VirtualAddress, _ end: VirtualAddress, by task: TaskIndex, skipping: Bool
  ) -> Errno? {
    let space = tasks[task].space
    var address = start
    while address < end {
      let region = virtual.regions.find(address, in: &spaces[space].regions)
      if region.isNone || virtual.regions[region].start >= end { return nil }
      let area = virtual.regions[region]
      let stop = min(area.end, end)
      address = max(address, area.start)
      if area.flags.isDisjoint(with: [.io, .pfnMap]) {
        let failure = populateRegion(region, address, stop, by: task, startsOver: true)
        if failure != nil && !skipping { return failure }
      }
      address = stop
    }
    return nil
  }

  /// - Parameter startsOver: the caller lets go of the address space to wait for a disk, and then
  ///   takes a new fault: none of them is a major one.
  /// - Returns: EFAULT when there is no right or no page, ENOMEM, or nil.
  /// Linux: `populate_vma_page_range`, mm/gup.c.
  mutating func populateRegion(
    _ region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, by task: TaskIndex,
    startsOver: Bool
  ) -> Errno? {
    let area = virtual.regions[region]
    if area.flags.contains(.lockOnFault) { return nil }
    guard area.flags.isAccessible else { return .EFAULT }
    let isWrite = area.flags.intersection([.write, .shared]) == .write
    var fault = Fault(
      address: start, isWrite: isWrite, region: region, space: area.space, task: task,
      startsOver: startsOver)
    while fault.address < end {
      if let failure = faultIn(fault) { return failure }
      fault.address += Page.size
    }
    return nil
  }

  /// Has one page present, and writable for a write.
  ///
  /// A page that is there already is marked as the kernel marks what it looks up. The call as a
  /// whole waits for the disk where a user's access would be taken again.
  /// - Returns: why it cannot be, or nil.
  /// Linux: `__get_user_pages` with FOLL_TOUCH, mm/gup.c.
  mutating func faultIn(_ fault: Fault) -> Errno? {
    if !architectureRules.contains(.accountsOfAccessesAlone) { return faultInCounting(fault) }
    let (minor, major) = (tasks[fault.task].minorFaults, tasks[fault.task].majorFaults)
    defer {
      tasks[fault.task].minorFaults = minor
      tasks[fault.task].majorFaults = major
    }
    return faultInCounting(fault)
  }

  private mutating func faultInCounting(_ fault: Fault) -> Errno? {
    var entry = memory.pageEntry(below: spaces[fault.space].root, of: fault.address)
    while !entry.isPresent || fault.isWrite && !entry.isWritable {
      switch handle(fault) {
      case .done, .major: break
      case .blocked(let until): now = max(now, until)
      case .outOfMemory: return .ENOMEM
      case .busError, .guarded: return .EFAULT
      }
      entry = memory.pageEntry(below: spaces[fault.space].root, of: fault.address)
    }
    if entry.isSpecial { return nil }
    if fault.isWrite && !entry.isDirty { markDirty(entry.frame) }
    markAccessed(entry.frame)
    return nil
  }
}
