// Mappings whose pages lie in an order of their own: remap_file_pages sets single entries, and the
// region stays one (REMAP-1, RMAP-1).
//
// An entry of such a region maps any page of the object. When its page goes, the entry keeps the
// number, so that the next access brings the same page back. From a page to its entries there is no
// arithmetic: all entries of all such regions of the object are looked at.

internal import KernelStorage

extension Kernel {
  /// Has the entries of a range map other pages of the object, or name them.
  ///
  /// - Throws: EINVAL when the range is not in one region, the pages are not in the object or
  ///   cannot be named, or the region is of a segment or a device; ENOMEM half-way.
  /// Linux: `sys_remap_file_pages` of 2.6.11, mm/fremap.c.
  mutating func arrange(
    _ request: PageRemapRequest, _ start: VirtualAddress, _ end: VirtualAddress,
    in region: VMAIndex, by task: TaskIndex
  ) throws(Errno) {
    let pages = request.page..<(request.page + (end - start) >> Page.shift)
    if pages.upperBound >= geometry.nameablePages || virtual.regions[region].end < end
      || !virtual.regions.attachments[region.index].isNone
      || virtual.regions[region].flags.contains(.pfnMap)
    {
      throw .EINVAL
    }
    if virtual.regions[region].flags.contains(.sealed) { throw .EPERM }
    if virtual.regions.pageOffset(start, in: region) != pages.lowerBound { leaveOrder(region) }
    let object = virtual.regions[region].object
    if pages.upperBound > virtual.objects[object].pageCount { throw .EINVAL }
    let waits = !request.flags.contains(.nonBlock)
    if waits && virtual.objects[object].flags.contains(.onDisk) {
      readAhead(pages, of: object, by: task)
    }
    emit(.map, tasks[task].pid, start, end - start)
    for page in pages {
      let address = start + (page - pages.lowerBound) << Page.shift
      try setPage(page, at: address, in: region, waits: waits, by: task)
    }
  }

  /// A region is linear no more: its pages find it by a search from now on.
  ///
  /// Linux: `vma_nonlinear_insert` of 2.6.11, include/linux/mm.h.
  private mutating func leaveOrder(_ region: VMAIndex) {
    if virtual.regions[region].flags.contains(.nonlinear) { return }
    let object = virtual.regions[region].object
    virtual.objects.unlink(region, from: object, in: &virtual.regions)
    virtual.regions[region].flags.insert(.nonlinear)
    virtual.objects.link(region, to: object, in: &virtual.regions)
  }

  /// Gives one entry a page, which is only named when it is not in memory and nobody `waits`.
  ///
  /// Linux: `filemap_populate`, `install_page` and `install_file_pte` of 2.6.11, mm/filemap.c and
  /// mm/fremap.c.
  private mutating func setPage(
    _ page: UInt64, at address: VirtualAddress, in region: VMAIndex, waits: Bool,
    by task: TaskIndex
  ) throws(Errno) {
    let area = virtual.regions[region]
    let slot = virtual.objects.slot(page, of: area.object)
    let frame =
      waits
      ? try cachedPage(page, of: area.object, by: task) : slot.isUnread ? .none : slot.frame
    let wasHeld = frame.isNone || hold(frame)
    defer { if !frame.isNone { letGo(frame, wasHeld: wasHeld) } }
    let table = try makeLeafTable(for: address, in: area.space, by: task)
    let index = geometry.index(address, TableLevel.leaf)
    zap(address, address + Page.size, of: area.flags, in: area.space)
    if frame.isNone {
      // Where pages are in order, a fault finds the page by its address.
      if area.flags.contains(.nonlinear) {
        memory.setEntry(table: table, index: index, to: PageTableEntry(objectPage: page))
      }
      return
    }
    markAccessed(frame)
    map(
      frame, protection: area.flags.entryProtection, in: area.space, table: table, index: index)
    if area.flags.contains(.locked) { lockPage(frame) }
  }

  // MARK: Pages that go

  /// What an entry becomes when the object takes its page away: empty where a fault would find the
  /// page again, else the page's name.
  func remnant(
    of frame: FrameNumber, in region: VMAIndex, at address: VirtualAddress
  ) -> PageTableEntry {
    if !virtual.regions[region].flags.contains(.nonlinear) { return .none }
    let page = memory.frames[frame].index
    return virtual.regions.pageOffset(address, in: region) == page
      ? .none : PageTableEntry(objectPage: page)
  }

  /// Takes pages of the object out of a range of a nonlinear region, whose entries remember them.
  ///
  /// Linux: `zap_pte_range` with `nonlinear_vma` of 2.6.11, mm/memory.c.
  mutating func zapArranged(
    _ region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, _ pages: Range<UInt64>
  ) {
    let area = virtual.regions[region]
    let root = spaces[area.space].root
    spaces[area.space].recordPeaks()
    var address = start
    while true {
      let table = memory.nextLeafTable(below: root, from: &address, to: end)
      if table.isNone { break }
      let index = geometry.index(address, TableLevel.leaf)
      let entry = memory.entry(table: table, index: index)
      if entry.isPresent, pages.contains(memory.frames[entry.frame].index) {
        let rest = remnant(of: entry.frame, in: region, at: address)
        memory.setEntry(table: table, index: index, to: rest)
        tlb.gather.add(address, address + Page.size)
        unmap(entry, of: area.flags, in: area.space)
      }
      address += Page.size
    }
    finishGather(of: area.space)
  }
}
