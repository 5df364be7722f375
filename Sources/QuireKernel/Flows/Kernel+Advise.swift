// madvise: what a process says about memory it has (MADV-1 … MADV-5, REC-10).

/// Advice about a range, by the kernel's numbers.
///
/// Linux: `MADV_NORMAL` and friends, include/uapi/asm-generic/mman-common.h.
public enum Advice: UInt64, CaseIterable, Sendable, BitwiseCopyable {
  case normal = 0
  case random = 1
  case sequential = 2
  case willNeed = 3
  case dontNeed = 4
  case free = 8
  case remove = 9
  case dontFork = 10
  case doFork = 11
  case mergeable = 12
  case unmergeable = 13
  case hugePage = 14
  case noHugePage = 15
  case dontDump = 16
  case doDump = 17
  case wipeOnFork = 18
  case keepOnFork = 19
  case cold = 20
  case pageOut = 21
  case populateRead = 22
  case populateWrite = 23
  case dontNeedLocked = 24
  case collapse = 25
  case guardInstall = 102
  case guardRemove = 103
}

extension Kernel {
  /// Takes advice; what is unmapped in the range is passed over, and reported at the end.
  ///
  /// - Throws: EINVAL for advice that is unknown or does not suit the memory, ENOMEM for holes,
  ///   EAGAIN without kernel memory, EACCES, EPERM for sealed memory, EFAULT.
  /// Linux: `do_madvise`, mm/madvise.c.
  public mutating func madvise(
    _ address: VirtualAddress, _ length: UInt64, _ advice: UInt64, by task: TaskIndex
  ) throws(Errno) {
    charge(costs.systemCall)
    try madvise(address, length, advice, in: task, by: task)
  }

  /// Takes advice about the memory of a process.
  mutating func madvise(
    _ address: VirtualAddress, _ length: UInt64, _ advice: UInt64, in target: TaskIndex,
    by task: TaskIndex
  ) throws(Errno) {
    guard let advice = Advice(rawValue: advice), isKnown(advice), Page.isAligned(address) else {
      throw .EINVAL
    }
    let size = layout.wholePages(length)
    if length != 0 && size == 0 { throw .EINVAL }
    let end = layout.end(address, size)
    if end < address { throw .EINVAL }
    if end == address { return }
    switch advice {
    case .populateRead, .populateWrite:
      try populate(address, end, isWrite: advice == .populateWrite, by: task)
    default: try advise(address, end, advice, in: tasks[target].space, by: task)
    }
  }

  /// Linux: `madvise_behavior_valid`, mm/madvise.c.
  private func isKnown(_ advice: Advice) -> Bool {
    advice != .guardInstall && advice != .guardRemove || rules.contains(.guardRegions)
  }

  /// Linux: `madvise_walk_vmas`, mm/madvise.c.
  private mutating func advise(
    _ start: VirtualAddress, _ end: VirtualAddress, _ advice: Advice,
    in space: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) {
    var cursor = start
    var hasHole = false
    while cursor < end {
      let region = virtual.regions.tree.first(above: cursor, in: spaces[space].regions.top)
      if region.isNone { throw .ENOMEM }
      let area = virtual.regions[region]
      if area.start > cursor {
        hasHole = true
        cursor = area.start
        if cursor >= end { break }
      }
      let stop = min(area.end, end)
      try advise(region, cursor, stop, advice, by: task)
      cursor = stop
    }
    if hasHole { throw .ENOMEM }
  }

  /// Linux: `madvise_vma_behavior`, mm/madvise.c.
  private mutating func advise(
    _ region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, _ advice: Advice,
    by task: TaskIndex
  ) throws(Errno) {
    let area = virtual.regions[region]
    if area.flags.contains(.sealed) && advice.discards && area.isReadOnlyAnonymous { throw .EPERM }
    switch advice {
    case .dontNeed, .dontNeedLocked, .free:
      try discard(region, start, end, advice)
    case .remove: try removePages(region, start, end, by: task)
    case .willNeed: readAhead(region, start, end, for: task)
    case .cold, .pageOut:
      if !area.flags.isDisjoint(with: [.locked, .pfnMap]) { throw .EINVAL }
      if advice == .pageOut {
        pageOut(start, end, of: area, by: task)
      } else {
        coolDown(start, end, in: area.space)
      }
    case .guardInstall: try installGuards(region, start, end, by: task)
    case .guardRemove: try removeGuards(area, start, end)
    default:
      let flags = try area.flags.advised(advice, isAnonymous: area.object.isNone)
      if flags == area.flags { return }
      let changed: VMAIndex
      do { changed = try modifyFlags(of: region, start, end, to: flags, by: task) } catch {
        throw error == .ENOMEM ? .EAGAIN : error
      }
      virtual.regions[changed].flags = flags
    }
  }

  // MARK: Pages that may go

  /// Linux: `madvise_dontneed_free`, mm/madvise.c.
  private mutating func discard(
    _ region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, _ advice: Advice
  ) throws(Errno) {
    let area = virtual.regions[region]
    if area.flags.contains(.pfnMap) { throw .EINVAL }
    if area.flags.contains(.locked) && advice != .dontNeedLocked { throw .EINVAL }
    if area.flags.contains(.nonlinear) && advice != .free {
      zapArranged(region, start, end, 0..<UInt64.max)
      return
    }
    if advice != .free {
      zap(start, end, of: area.flags, in: area.space, .unneeded)
      return
    }
    if !area.object.isNone { throw .EINVAL }
    forEachEntry(start, end, in: area.space) { kernel, table, index, entry in
      kernel.lazyFree(entry, table: table, index: index, in: area.space)
    }
    // What is written from now on must be marked anew.
    flush(FlushRange(start: start, end: end), of: area.space)
  }

  /// Linux: `madvise_free_pte_range`, mm/madvise.c.
  private mutating func lazyFree(
    _ entry: PageTableEntry, table: FrameNumber, index: Int, in space: AddressSpaceIndex
  ) {
    if entry.isGuard { return }
    if entry.isSwap {
      memory.setEntry(table: table, index: index, to: .none)
      spaces[space].swapEntries -= 1
      swapFree(entry.swap)
      return
    }
    if entry.isSpecial { return }
    let frame = entry.frame
    let page = memory.frames[frame]
    if !page.flags.isDisjoint(with: [.swapCache, .dirty]) {
      if page.mapCount != 1 { return }
      if page.flags.contains(.swapCache) && !freeSwap(of: frame) { return }
      memory.frames[frame].flags.remove(.dirty)
    }
    let marks = PageTableEntry.accessedBit | PageTableEntry.dirtyBit
    memory.setEntry(table: table, index: index, to: PageTableEntry(bits: entry.bits & ~marks))
    markLazyFree(frame)
  }

  /// Pages of a shared object go, for every process that maps them.
  ///
  /// Linux: `madvise_remove` and `shmem_fallocate`, mm/madvise.c and mm/shmem.c.
  private mutating func removePages(
    _ region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, by task: TaskIndex
  ) throws(Errno) {
    let area = virtual.regions[region]
    if !area.flags.isDisjoint(with: [.locked, .nonlinear]) || area.object.isNone { throw .EINVAL }
    if !area.flags.isSuperset(of: [.shared, .mayWrite]) { throw .EACCES }
    if area.flags.contains(.pfnMap) { throw .ENODEV }
    let first = virtual.regions.pageOffset(start, in: region)
    try punch(
      area.object, from: first << Page.shift, length: end - start,
      by: task)
  }

  /// The pages of a range are no longer active.
  ///
  /// Linux: `madvise_cold_or_pageout_pte_range`, mm/madvise.c.
  private mutating func coolDown(
    _ start: VirtualAddress, _ end: VirtualAddress, in space: AddressSpaceIndex
  ) {
    forEachEntry(start, end, in: space) { kernel, table, index, entry in
      if !entry.isPresent || entry.isSpecial { return }
      if kernel.memory.frames[entry.frame].mapCount != 1 { return }
      kernel.memory.setEntry(
        table: table, index: index,
        to: PageTableEntry(bits: entry.bits & ~PageTableEntry.accessedBit))
      kernel.deactivatePage(entry.frame)
    }
  }

  /// Starts to read what is in swap or in a file (MADV-3).
  ///
  /// Linux: `madvise_willneed`, mm/madvise.c.
  private mutating func readAhead(
    _ region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, for task: TaskIndex
  ) {
    let area = virtual.regions[region]
    if area.flags.contains(.pfnMap) { return }
    if !area.object.isNone {
      let first = virtual.regions.pageOffset(start, in: region)
      readAhead(first..<(first + (end - start) >> Page.shift), of: area.object, by: task)
      return
    }
    forEachEntry(start, end, in: area.space) { kernel, _, _, entry in
      if entry.isSwap { kernel.readAhead(entry.swap, for: task) }
    }
  }

  /// Visits the entries of a range that are not none.
  mutating func forEachEntry(
    _ start: VirtualAddress, _ end: VirtualAddress, in space: AddressSpaceIndex,
    _ body: (inout Kernel, FrameNumber, Int, PageTableEntry) -> Void
  ) {
    let root = spaces[space].root
    var address = start
    while true {
      let table = memory.nextLeafTable(below: root, from: &address, to: end)
      if table.isNone { return }
      let index = geometry.index(address, TableLevel.leaf)
      let entry = memory.entry(table: table, index: index)
      if !entry.isNone { body(&self, table, index, entry) }
      address += Page.size
    }
  }

  // MARK: Pages that shall come

  /// Faults a range in for reading or for writing; every page must be mapped with that right.
  ///
  /// Linux: `madvise_populate`, mm/madvise.c.
  private mutating func populate(
    _ start: VirtualAddress, _ end: VirtualAddress, isWrite: Bool, by task: TaskIndex
  ) throws(Errno) {
    let space = tasks[task].space
    var address = start
    while address < end {
      let region = virtual.regions.find(address, in: &spaces[space].regions)
      if region.isNone || virtual.regions[region].start > address { throw .ENOMEM }
      let area = virtual.regions[region]
      if !area.flags.isDisjoint(with: [.io, .pfnMap]) { throw .EINVAL }
      if !area.flags.contains(isWrite ? .write : .read) { throw .EINVAL }
      let fault = Fault(
        address: address, isWrite: isWrite, region: region, space: space, task: task)
      if let failure = faultIn(fault) { throw failure }
      address += Page.size
    }
  }
}

extension Advice {
  /// Data of the process may be lost by it.
  ///
  /// Linux: `is_madv_discard`, mm/mseal.c.
  fileprivate var discards: Bool {
    switch self {
    case .free, .dontNeed, .dontNeedLocked, .remove, .dontFork, .wipeOnFork, .guardInstall: true
    default: false
    }
  }
}

extension VirtualMemoryArea {
  /// Linux: `is_ro_anon`, mm/mseal.c.
  fileprivate var isReadOnlyAnonymous: Bool { object.isNone && !flags.contains(.write) }
}

extension VMAFlags {
  /// The flags of a region that takes advice which is remembered.
  ///
  /// Linux: `madvise_vma_behavior`, mm/madvise.c.
  fileprivate func advised(_ advice: Advice, isAnonymous: Bool) throws(Errno) -> VMAFlags {
    switch advice {
    case .normal: return subtracting([.sequentialRead, .randomRead])
    case .sequential: return subtracting(.randomRead).union(.sequentialRead)
    case .random: return subtracting(.sequentialRead).union(.randomRead)
    case .dontFork: return union(.dontCopy)
    case .doFork:
      if contains(.io) { throw .EINVAL }
      return subtracting(.dontCopy)
    case .wipeOnFork:
      if !isAnonymous || contains(.shared) { throw .EINVAL }
      return union(.wipeOnFork)
    case .keepOnFork:
      if contains(.droppable) { throw .EINVAL }
      return subtracting(.wipeOnFork)
    case .dontDump: return union(.dontDump)
    case .doDump:
      if !isDisjoint(with: .special) || contains(.droppable) { throw .EINVAL }
      return subtracting(.dontDump)
    case .hugePage: return subtracting(.noHugePage).union(.hugePage)
    case .noHugePage: return subtracting(.hugePage).union(.noHugePage)
    case .mergeable:
      let unfit = VMAFlags.special.union([.shared, .mayShare, .droppable])
      return isDisjoint(with: unfit) ? union(.mergeable) : self
    case .unmergeable: return subtracting(.mergeable)
    // No process of this machine may have huge pages, so that none can be put together.
    default: throw .EINVAL
    }
  }
}
