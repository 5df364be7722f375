// munmap: cutting regions at the edges and taking away what lies between.

extension Kernel {
  /// Removes every mapping in `address ..< address + length` (MUNMAP-1, MUNMAP-2).
  ///
  /// A range without mappings is no error.
  /// - Throws: EINVAL for a range that is unaligned, empty or beyond user space; ENOMEM when a
  ///   region would have to be cut and the process has as many as it may.
  /// Linux: `do_vmi_munmap`, mm/vma.c.
  public mutating func munmap(_ address: VirtualAddress, _ length: UInt64, by task: TaskIndex)
    throws(Errno)
  {
    charge(costs.systemCall)
    try munmapChecked(address, length, by: task)
  }

  /// What munmap and mremap have in common.
  mutating func munmapChecked(
    _ address: VirtualAddress, _ length: UInt64, by task: TaskIndex
  ) throws(Errno) {
    guard Page.isAligned(address), address <= layout.taskSize,
      length <= layout.taskSize - address
    else { throw .EINVAL }
    let end = address + Page.alignUp(length)
    guard end > address else { throw .EINVAL }
    try unmapRegions(address, end, in: tasks[task].space, by: task)
    emit(.unmap, tasks[task].pid, address, end - address)
  }

  /// Takes away the regions of a range that was checked.
  ///
  /// Linux: `do_vmi_align_munmap`, mm/vma.c.
  mutating func unmapRegions(
    _ start: VirtualAddress, _ end: VirtualAddress, in space: AddressSpaceIndex,
    by task: TaskIndex
  ) throws(Errno) {
    let first = virtual.regions.firstOverlapping(start, end, in: spaces[space].regions.top)
    if first.isNone { return }
    removeRegions(try isolateRegions(from: first, start, end, in: space, by: task), from: space)
  }

  /// Regions to be taken away: a run of whole ones, and what they add up to.
  ///
  /// Linux: `struct vma_munmap_struct`, mm/vma.h.
  struct RegionRun: BitwiseCopyable {
    var first: VMAIndex
    var last: VMAIndex
    var pages: UInt64 = 0
    /// Pages that are charged to the commit total.
    var accountedPages: UInt64 = 0
  }

  /// Cuts the regions at the edges of a range, so that whole ones fill it.
  ///
  /// - Parameter first: the first region that has a page in the range.
  /// The limit on regions may be passed for a moment by the cut of an edge, as that helps to free
  /// some; a hole in the middle of one region may not pass it.
  /// Linux: `vms_gather_munmap_vmas`, mm/vma.c.
  mutating func isolateRegions(
    from first: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress,
    in space: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) -> RegionRun {
    if virtual.regions[first].start < start {
      let isHole = end < virtual.regions[first].end
      if isHole && spaces[space].regionCount >= tunables.maxMapCount { throw .ENOMEM }
      if virtual.regions[first].flags.contains(.sealed) { throw .EPERM }
      try cut(first, at: start, newBelow: true, by: task)
    }
    var run = RegionRun(first: first, last: first)
    var region = first
    while !region.isNone && virtual.regions[region].start < end {
      if virtual.regions[region].flags.contains(.sealed) { throw .EPERM }
      if virtual.regions[region].end > end {
        try cut(region, at: end, newBelow: false, by: task)
      }
      let area = virtual.regions[region]
      run.pages += area.pageCount
      if area.flags.contains(.account) { run.accountedPages += area.pageCount }
      run.last = region
      region = virtual.regions.next(region)
    }
    return run
  }

  /// The same run, to be taken away once all else is judged; nil where it goes first (MMAP-9).
  mutating func leftToRemove(_ run: RegionRun, from space: AddressSpaceIndex) -> RegionRun? {
    if !architectureRules.contains(.fixedMapUnmapsFirst) { return run }
    removeRegions(run, from: space)
    return nil
  }

  /// Takes a run of regions away: pages, tables, counts and records.
  ///
  /// Linux: `vms_clean_up_area` and `vms_complete_munmap_vmas`, mm/vma.c.
  mutating func removeRegions(_ run: RegionRun, from space: AddressSpaceIndex) {
    spaces[space].recordPeaks()
    let before = virtual.regions.previous(run.first)
    let after = virtual.regions.next(run.last)
    let start = virtual.regions[run.first].start
    let end = virtual.regions[run.last].end
    var region = run.first
    while region != after {
      let area = virtual.regions[region]
      let next = virtual.regions.next(region)
      zap(area.start, area.end, of: area.flags, in: space, .region)
      if area.flags.contains(.locked) { spaces[space].lockedPages -= area.pageCount }
      spaces[space].account(area.flags, removing: area.pageCount)
      removeRegion(region, from: space)
      region = next
    }
    freeTables(
      of: space, start, end, floor: before.isNone ? 0 : virtual.regions[before].end,
      ceiling: after.isNone ? 0 : virtual.regions[after].start)
    finishGather(of: space)
    uncharge(pages: run.accountedPages)
  }
}
