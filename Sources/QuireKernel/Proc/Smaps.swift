// /proc/PID/smaps: what each region really holds.

internal import KernelStorage

/// One region of /proc/PID/smaps; sizes in bytes.
///
/// Linux: `struct mem_size_stats`, fs/proc/task_mmu.c.
public struct RegionUsage: Hashable, Sendable, BitwiseCopyable {
  public var area: VirtualMemoryArea
  /// Page number of the first page in its object.
  public var pageOffset: UInt64
  public var resident: UInt64 = 0
  /// In units of 1/4096 byte, as the kernel sums it; `pss` is the whole bytes.
  public var pssFixedPoint: UInt64 = 0
  public var pssDirtyFixedPoint: UInt64 = 0
  public var sharedClean: UInt64 = 0
  public var sharedDirty: UInt64 = 0
  public var privateClean: UInt64 = 0
  public var privateDirty: UInt64 = 0
  public var anonymous: UInt64 = 0
  public var swap: UInt64 = 0
  public var swapPssFixedPoint: UInt64 = 0

  public var pss: UInt64 { pssFixedPoint >> 12 }
  public var pssDirty: UInt64 { pssDirtyFixedPoint >> 12 }
  public var swapPss: UInt64 { swapPssFixedPoint >> 12 }
  /// Pss of a locked region, else 0.
  public var locked: UInt64 { area.flags.contains(.locked) ? pss : 0 }

  init(area: VirtualMemoryArea, pageOffset: UInt64) {
    self.area = area
    self.pageOffset = pageOffset
  }

  /// Linux: `smaps_account`, fs/proc/task_mmu.c.
  mutating func add(_ frame: PageFrame, dirty: Bool) {
    resident += Page.size
    if frame.flags.contains(.anonymous) { anonymous += Page.size }
    let share = (Page.size << 12) / UInt64(max(frame.mapCount, 1))
    pssFixedPoint += share
    if dirty { pssDirtyFixedPoint += share }
    switch (frame.mapCount >= 2, dirty) {
    case (true, true): sharedDirty += Page.size
    case (true, false): sharedClean += Page.size
    case (false, true): privateDirty += Page.size
    case (false, false): privateClean += Page.size
    }
  }
}

extension Kernel {
  /// The regions of an address space in address order with their use.
  ///
  /// Linux: `show_smap`, fs/proc/task_mmu.c.
  public borrowing func smaps(of space: AddressSpaceIndex) -> [RegionUsage] {
    var usages: [RegionUsage] = []
    var region = spaces[space].regions.first
    while !region.isNone {
      usages.append(usage(of: region))
      region = virtual.regions.next(region)
    }
    return usages
  }

  private borrowing func usage(of region: VMAIndex) -> RegionUsage {
    let area = virtual.regions[region]
    var usage = RegionUsage(
      area: area, pageOffset: virtual.regions.links[region.index].pageOffset)
    let root = spaces[area.space].root
    var address = area.start
    while true {
      let table = memory.nextLeafTable(below: root, from: &address, to: area.end)
      if table.isNone { return usage }
      let entry = memory.entry(table: table, index: TableLevel.index(address, TableLevel.leaf))
      if entry.isPresent && !entry.isSpecial {
        let frame = memory.frames[entry.frame]
        usage.add(frame, dirty: entry.isDirty || frame.flags.contains(.dirty))
      } else if entry.isSwap {
        usage.swap += Page.size
        usage.swapPssFixedPoint += (Page.size << 12) / UInt64(max(swap[entry.swap].users, 1))
      }
      address += Page.size
    }
  }
}
