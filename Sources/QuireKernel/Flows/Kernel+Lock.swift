// mlock and its relatives: memory that stays (MLOCK-1, REC-11).

/// What `mlockall` is to lock.
///
/// Linux: `MCL_CURRENT` and friends, include/uapi/asm-generic/mman.h.
public struct LockAllFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt64
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let current = LockAllFlags(rawValue: 1)
  public static let future = LockAllFlags(rawValue: 2)
  public static let onFault = LockAllFlags(rawValue: 4)
}

extension Kernel {
  /// Linux: `MLOCK_ONFAULT`, include/uapi/asm-generic/mman-common.h.
  public static var lockOnFault: UInt64 { 1 }

  /// Locks every page that has a byte in a range, and faults it in.
  ///
  /// - Parameter flags: 0, or `lockOnFault` to lock pages only as they are touched.
  /// - Throws: EINVAL, EPERM without the right to lock, ENOMEM for a hole, the limit, or a page
  /// that
  ///   cannot be faulted in (then the lock stays), EAGAIN without memory.
  /// Linux: `do_mlock`, mm/mlock.c.
  public mutating func mlock(
    _ address: VirtualAddress, _ length: UInt64, flags: UInt64 = 0, by task: TaskIndex
  ) throws(Errno) {
    charge(costs.systemCall)
    if flags & ~Self.lockOnFault != 0 { throw .EINVAL }
    if !mayLockAtAll(task) { throw .EPERM }
    let (start, size) = outward(address, length)
    let space = tasks[task].space
    if !tasks[task].holds(.ipcLock) {
      let limit = tasks[task].limits.lockedMemory >> Page.shift
      var locked = size >> Page.shift + spaces[space].lockedPages
      if locked > limit { locked -= lockedPages(start, layout.end(start, size), in: space) }
      if locked > limit { throw .ENOMEM }
    }
    let added: VMAFlags = flags == 0 ? .locked : [.locked, .lockOnFault]
    try applyLock(start, size, added, by: task)
    if let failure = populate(start, start + size, by: task, skipping: false) {
      // POSIX wants other numbers than the fault path gives.
      throw failure == .EFAULT ? .ENOMEM : .EAGAIN
    }
  }

  /// Linux: `sys_munlock`, mm/mlock.c.
  public mutating func munlock(_ address: VirtualAddress, _ length: UInt64, by task: TaskIndex)
    throws(Errno)
  {
    charge(costs.systemCall)
    let (start, size) = outward(address, length)
    try applyLock(start, size, [], by: task)
  }

  /// Locks what is mapped, what will be mapped, or both.
  ///
  /// - Throws: EINVAL, EPERM, ENOMEM for the limit.
  /// Linux: `sys_mlockall`, mm/mlock.c.
  public mutating func mlockall(_ flags: LockAllFlags, by task: TaskIndex) throws(Errno) {
    charge(costs.systemCall)
    if flags.isEmpty || flags == .onFault || !flags.isSubset(of: [.current, .future, .onFault]) {
      throw .EINVAL
    }
    if !mayLockAtAll(task) { throw .EPERM }
    let space = tasks[task].space
    let limit = tasks[task].limits.lockedMemory >> Page.shift
    if flags.contains(.current) && !tasks[task].holds(.ipcLock) && spaces[space].totalPages > limit
    {
      throw .ENOMEM
    }
    applyLockAll(flags, by: task)
    if flags.contains(.current) {
      populate(0, layout.taskSize, by: task, skipping: true)
    }
  }

  /// Linux: `sys_munlockall`, mm/mlock.c.
  public mutating func munlockall(by task: TaskIndex) {
    charge(costs.systemCall)
    applyLockAll([], by: task)
  }

  /// Linux: `can_do_mlock`, mm/mlock.c.
  private borrowing func mayLockAtAll(_ task: TaskIndex) -> Bool {
    tasks[task].holds(.ipcLock) || tasks[task].limits.lockedMemory != 0
  }

  /// The pages that have a byte in a range; wraps as the kernel's arithmetic does.
  private func outward(_ address: VirtualAddress, _ length: UInt64) -> (UInt64, UInt64) {
    (Page.alignDown(address), layout.wholePages(length &+ (address & Page.offsetMask)))
  }

  /// Pages of a range that are locked already.
  ///
  /// Linux: `count_mm_mlocked_page_nr`, mm/mlock.c.
  private borrowing func lockedPages(
    _ start: VirtualAddress, _ end: VirtualAddress, in space: AddressSpaceIndex
  ) -> UInt64 {
    let end = end < start ? VirtualAddress.max : end
    var pages: UInt64 = 0
    var region = virtual.regions.firstOverlapping(start, end, in: spaces[space].regions.top)
    while !region.isNone && virtual.regions[region].start < end {
      let area = virtual.regions[region]
      if area.flags.contains(.locked) {
        pages += (min(area.end, end) - max(area.start, start)) >> Page.shift
      }
      region = virtual.regions.next(region)
    }
    return pages
  }

  /// Counts a new region that is locked; memory that may be dropped cannot be, so that it joins no
  /// neighbour like itself, but it is populated all the same.
  ///
  /// Linux: `vma_supports_mlock`, mm/internal.h.
  mutating func countLock(of area: VirtualMemoryArea) {
    guard area.flags.contains(.locked) else { return }
    if area.flags.contains(.droppable) {
      let region = virtual.regions.find(area.start, in: &spaces[area.space].regions)
      virtual.regions[region].flags.subtract(.lockedMask)
    } else {
      spaces[area.space].lockedPages += area.pageCount
    }
  }

  /// Gives a range without holes these lock flags and no others.
  ///
  /// Linux: `apply_vma_lock_flags`, mm/mlock.c.
  private mutating func applyLock(
    _ start: VirtualAddress, _ size: UInt64, _ lock: VMAFlags, by task: TaskIndex
  ) throws(Errno) {
    let end = layout.end(start, size)
    if end < start { throw .EINVAL }
    let space = tasks[task].space
    var cursor = start
    while cursor < end {
      let region = virtual.regions.tree.first(above: cursor, in: spaces[space].regions.top)
      if region.isNone || virtual.regions[region].start > cursor { throw .ENOMEM }
      let stop = min(virtual.regions[region].end, end)
      try fixLock(of: region, cursor, stop, lock, by: task)
      cursor = stop
    }
  }

  /// Linux: `apply_mlockall_flags`, mm/mlock.c.
  private mutating func applyLockAll(_ flags: LockAllFlags, by task: TaskIndex) {
    let space = tasks[task].space
    let lock: VMAFlags = flags.contains(.onFault) ? [.locked, .lockOnFault] : .locked
    spaces[space].defaultFlags.subtract(.lockedMask)
    if flags.contains(.future) {
      spaces[space].defaultFlags.formUnion(lock)
      if !flags.contains(.current) { return }
    }
    var cursor: VirtualAddress = 0
    while true {
      let region = virtual.regions.tree.first(above: cursor, in: spaces[space].regions.top)
      if region.isNone { return }
      let area = virtual.regions[region]
      cursor = area.end
      // What cannot be locked for want of memory is passed over.
      try? fixLock(
        of: region, area.start, area.end, flags.contains(.current) ? lock : [], by: task)
    }
  }

  /// Linux: `mlock_fixup`, mm/mlock.c.
  private mutating func fixLock(
    of region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, _ lock: VMAFlags,
    by task: TaskIndex
  ) throws(Errno) {
    let old = virtual.regions[region].flags
    let flags = old.subtracting(.lockedMask).union(lock)
    if flags == old || !old.isDisjoint(with: .special) || old.contains(.droppable) { return }
    let changed = try modifyFlags(of: region, start, end, to: flags, by: task)
    virtual.regions[changed].flags = flags
    let space = virtual.regions[changed].space
    let pages = (end - start) >> Page.shift
    if old.contains(.locked) == flags.contains(.locked) { return }
    if flags.contains(.locked) {
      spaces[space].lockedPages += pages
    } else {
      spaces[space].lockedPages -= pages
    }
    markPages(start, end, locked: flags.contains(.locked), in: space)
  }

  /// Tells the LRU lists of the pages that are there.
  ///
  /// Linux: `mlock_vma_pages_range`, mm/mlock.c.
  private mutating func markPages(
    _ start: VirtualAddress, _ end: VirtualAddress, locked: Bool, in space: AddressSpaceIndex
  ) {
    var address = start
    while true {
      let table = memory.nextLeafTable(below: spaces[space].root, from: &address, to: end)
      if table.isNone { return }
      let entry = memory.entry(table: table, index: geometry.index(address, TableLevel.leaf))
      if entry.isPresent && !entry.isSpecial {
        if locked { lockPage(entry.frame) } else { unlockPage(entry.frame) }
      }
      address += Page.size
    }
  }
}
