// mincore, msync and mseal: what is in memory, what is on disk, and what must not change any more.

internal import KernelStorage

extension Kernel {
  /// Which pages of a range are in memory, one answer for each (MINCORE-1).
  ///
  /// Of another's file that the task may not write it learns nothing: every page is said to be
  /// there.
  /// - Throws: EINVAL for an unaligned start, ENOMEM for a hole or a range beyond user space.
  /// Linux: `sys_mincore`, mm/mincore.c.
  public mutating func mincore(
    _ address: VirtualAddress, _ length: UInt64, by task: TaskIndex
  ) throws(Errno) -> [Bool] {
    charge(costs.systemCall)
    if !Page.isAligned(address) { throw .EINVAL }
    if address > layout.taskSize || length > layout.taskSize - address { throw .ENOMEM }
    let space = tasks[task].space
    let end = address + Page.alignUp(length)
    var residency: [Bool] = []
    var cursor = address
    while cursor < end {
      let region = virtual.regions.find(cursor, in: &spaces[space].regions)
      if region.isNone || virtual.regions[region].start > cursor { throw .ENOMEM }
      let stop = min(virtual.regions[region].end, end)
      let mayKnow = !isFile(region) || mayManageCache(of: virtual.regions[region].object, task)
      while cursor < stop {
        residency.append(!mayKnow || isResident(cursor, in: region))
        cursor += Page.size
      }
    }
    return residency
  }

  /// Whether a region maps a file.
  private borrowing func isFile(_ region: VMAIndex) -> Bool {
    let object = virtual.regions[region].object
    return !object.isNone && virtual.objects[object].flags.contains(.file)
  }

  /// Linux: `mincore_pte_range`, mm/mincore.c.
  private borrowing func isResident(_ address: VirtualAddress, in region: VMAIndex) -> Bool {
    let area = virtual.regions[region]
    let entry = memory.pageEntry(below: spaces[area.space].root, of: address)
    if entry.isPresent { return true }
    if entry.isSwap { return !swap[entry.swap].cached.isNone }
    if area.object.isNone { return false }
    let page =
      entry.isObjectPage ? entry.objectPage : virtual.regions.pageOffset(address, in: region)
    let slot = virtual.objects.slot(page, of: area.object)
    return slot.isSwap ? !swap[slot.swap].cached.isNone : !slot.isNone && !slot.isUnread
  }

  /// Linux: `MS_ASYNC` and friends, include/uapi/asm-generic/mman-common.h.
  public struct SyncFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let asynchronous = SyncFlags(rawValue: 1)
    public static let invalidate = SyncFlags(rawValue: 2)
    public static let synchronous = SyncFlags(rawValue: 4)
  }

  /// Writes what a range has changed in files, and waits for it; memory without a file has nothing
  /// to write.
  ///
  /// - Throws: EINVAL, ENOMEM for a hole, EBUSY for invalidating locked memory.
  /// Linux: `sys_msync`, mm/msync.c.
  public mutating func msync(
    _ address: VirtualAddress, _ length: UInt64, _ flags: SyncFlags, by task: TaskIndex
  ) throws(Errno) {
    charge(costs.systemCall)
    if !flags.isSubset(of: [.asynchronous, .invalidate, .synchronous])
      || flags.isSuperset(of: [.asynchronous, .synchronous]) || !Page.isAligned(address)
    {
      throw .EINVAL
    }
    let end = layout.end(address, layout.wholePages(length))
    if end < address { throw .ENOMEM }
    let space = tasks[task].space
    var cursor = address
    var hasHole = false
    while cursor < end {
      let region = virtual.regions.tree.first(above: cursor, in: spaces[space].regions.top)
      if region.isNone { throw .ENOMEM }
      let area = virtual.regions[region]
      if area.start > cursor {
        if flags == .asynchronous || area.start >= end { throw .ENOMEM }
        hasHole = true
      }
      if flags.contains(.invalidate) && area.flags.contains(.locked) { throw .EBUSY }
      if flags.contains(.synchronous) && area.flags.contains(.shared) {
        // A device has no fsync.
        if area.flags.contains(.pfnMap) { throw .EINVAL }
        now = max(now, writeBack(region, from: max(cursor, area.start), to: min(end, area.end)))
      }
      cursor = area.end
    }
    if hasHole { throw .ENOMEM }
  }

  /// Writes the pages of a file that a part of a region maps.
  private mutating func writeBack(
    _ region: VMAIndex, from start: VirtualAddress, to end: VirtualAddress
  ) -> Nanoseconds {
    let first = virtual.regions.pageOffset(start, in: region)
    if virtual.regions[region].flags.contains(.nonlinear) {
      // Any page may be among them.
      return writeBack(virtual.regions[region].object, 0..<UInt64.max)
    }
    return writeBack(
      virtual.regions[region].object, first..<(first + (end - start) >> Page.shift))
  }

  /// Seals a range without holes: it can be neither unmapped nor moved, nor get other rights.
  ///
  /// - Throws: EINVAL, ENOMEM for a hole or too many regions.
  /// Linux: `do_mseal`, mm/mseal.c.
  public mutating func mseal(
    _ address: VirtualAddress, _ length: UInt64, flags: UInt64 = 0, by task: TaskIndex
  ) throws(Errno) {
    charge(costs.systemCall)
    if !rules.contains(.sealing) { throw .ENOSYS }
    let size = layout.wholePages(length)
    if flags != 0 || !Page.isAligned(address) || length != 0 && size == 0 { throw .EINVAL }
    let end = layout.end(address, size)
    if end < address { throw .EINVAL }
    let space = tasks[task].space
    var cursor = address
    while cursor < end {
      let region = virtual.regions.find(cursor, in: &spaces[space].regions)
      if region.isNone || virtual.regions[region].start > cursor { throw .ENOMEM }
      cursor = virtual.regions[region].end
    }
    cursor = address
    while cursor < end {
      let region = virtual.regions.find(cursor, in: &spaces[space].regions)
      let area = virtual.regions[region]
      let stop = min(area.end, end)
      if !area.flags.contains(.sealed) {
        let flags = area.flags.union(.sealed)
        let changed = try modifyFlags(of: region, cursor, stop, to: flags, by: task)
        virtual.regions[changed].flags = flags
      }
      cursor = stop
    }
  }
}
