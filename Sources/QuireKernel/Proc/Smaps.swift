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

extension RegionUsage {
  /// The lines that follow the header of the region, in kB.
  ///
  /// Linux: `show_smap` and `__show_smap`, fs/proc/task_mmu.c.
  public var text: String {
    let lines: [(name: String, bytes: UInt64)] = [
      ("Size", area.end - area.start), ("KernelPageSize", Page.size), ("MMUPageSize", Page.size),
      ("Rss", resident), ("Pss", pss), ("Pss_Dirty", pssDirty), ("Shared_Clean", sharedClean),
      ("Shared_Dirty", sharedDirty), ("Private_Clean", privateClean),
      ("Private_Dirty", privateDirty), ("Anonymous", anonymous), ("Swap", swap),
      ("SwapPss", swapPss), ("Locked", locked),
    ]
    return lines.map { line in
      let label = line.name + ":"
      let number = String(line.bytes >> 10)
      let gap = String(repeating: " ", count: max(1, 24 - label.utf8.count - number.utf8.count))
      return label + gap + number + " kB\n"
    }.joined()
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

  /// The text of /proc/PID/smaps; empty for a task without memory of its own.
  public borrowing func smapsText(of task: TaskIndex) -> String {
    let space = tasks[task].space
    if space.isNone { return "" }
    var text = ""
    var region = spaces[space].regions.first
    while !region.isNone {
      text += mapsLine(of: region) + "\n" + usage(of: region).text
      region = virtual.regions.next(region)
    }
    return text
  }

  /// Pages of a region's object that are in swap, whether or not this process ever used them.
  ///
  /// Linux: `shmem_swap_usage`, mm/shmem.c.
  private borrowing func swappedPages(of usage: RegionUsage) -> UInt64 {
    let object = usage.area.object
    if object.isNone || virtual.objects[object].swappedPages == 0 { return 0 }
    var count: UInt64 = 0
    var page = usage.pageOffset
    let end = page + usage.area.pageCount
    while let found = virtual.objects.nextOccupied(from: page, of: object), found < end {
      if virtual.objects.slot(found, of: object).isSwap { count += 1 }
      page = found + 1
    }
    return count
  }

  borrowing func usage(of region: VMAIndex) -> RegionUsage {
    let area = virtual.regions[region]
    var usage = RegionUsage(
      area: area, pageOffset: virtual.regions.links[region.index].pageOffset)
    usage.swap = swappedPages(of: usage) << Page.shift
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
