// /proc/PID/smaps and smaps_rollup: what each region really holds, and all of them together.

internal import KernelStorage

/// One region of /proc/PID/smaps with what it holds.
///
/// Linux: `show_smap`, fs/proc/task_mmu.c.
@dynamicMemberLookup
public struct RegionUsage: Hashable, Sendable, BitwiseCopyable {
  public var area: VirtualMemoryArea
  /// Page number of the first page in its object.
  public var pageOffset: UInt64
  public var sums = MemoryUsage()

  init(area: VirtualMemoryArea, pageOffset: UInt64) {
    self.area = area
    self.pageOffset = pageOffset
  }

  public subscript(dynamicMember path: KeyPath<MemoryUsage, UInt64>) -> UInt64 {
    sums[keyPath: path]
  }

  /// The lines that follow the header of the region.
  ///
  /// There is no line `ProtectionKey`: the processor has no protection keys.
  /// Linux: `show_smap`, fs/proc/task_mmu.c.
  public var text: String {
    let sizes = [
      ProcLine("Size", (area.end - area.start) >> 10), ProcLine("KernelPageSize", Page.size >> 10),
      ProcLine("MMUPageSize", Page.size >> 10),
    ]
    let lines = sizes + sums.lines(isRollup: false)
    return lines.reduce(into: "") { $0 += SmapsColumn.line($1) }
      + SmapsColumn.field("THPeligible", "0") + "\nVmFlags: "
      + area.flags.words.reduce(into: "") { $0 += $1 + " " } + "\n"
  }
}

/// The columns of smaps: a name, and a number of at least eight digits and spaces.
enum SmapsColumn {
  static func field(_ name: String, _ number: String) -> String {
    ProcColumn.left(name + ":", 16) + ProcColumn.right(number, 8)
  }

  static func line(_ line: ProcLine) -> String { field(line.name, String(line.value)) + " kB\n" }
}

extension VMAFlags {
  /// The words of the line VmFlags, in its order, which is that of the kernel's bits.
  ///
  /// Nothing clears the mark of soft-dirty tracking here, so every region has it ("sd").
  /// Linux: `show_smap_vma_flags`, fs/proc/task_mmu.c.
  public var words: [String] {
    Self.letters.compactMap { $0.flag.isEmpty || contains($0.flag) ? $0.letters : nil }
  }

  private static let letters: [(flag: VMAFlags, letters: String)] = [
    (.read, "rd"), (.write, "wr"), (.execute, "ex"), (.shared, "sh"), (.mayRead, "mr"),
    (.mayWrite, "mw"), (.mayExecute, "me"), (.mayShare, "ms"), (.growsDown, "gd"),
    (.pfnMap, "pf"), (.locked, "lo"), (.io, "io"), (.sequentialRead, "sr"), (.randomRead, "rr"),
    (.dontCopy, "dc"), (.dontExpand, "de"), (.lockOnFault, "lf"), (.account, "ac"),
    (.noReserve, "nr"), (.nonlinear, "nl"), (.wipeOnFork, "wf"), (.dontDump, "dd"), ([], "sd"),
    (.mixedMap, "mm"),
    (.droppable, "dp"), (.sealed, "sl"),
  ]
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

  /// The sums of all regions of an address space.
  public borrowing func smapsRollup(of space: AddressSpaceIndex) -> MemoryUsage {
    smaps(of: space).reduce(into: MemoryUsage()) { $0 += $1.sums }
  }

  /// The text of /proc/PID/smaps_rollup.
  ///
  /// - Throws: ESRCH for a task without memory of its own.
  /// Linux: `show_smaps_rollup`, fs/proc/task_mmu.c.
  public borrowing func smapsRollupText(of task: TaskIndex) throws(Errno) -> String {
    let space = tasks[task].space
    if space.isNone { throw .ESRCH }
    let areas = regions(of: space)
    let header = mapsHeader(
      areas.first?.start ?? 0, areas.last?.end ?? 0, [], offset: 0, device: "00:00", inode: 0)
    return ProcColumn.left(header, nameColumn) + "[rollup]\n"
      + smapsRollup(of: space).lines(isRollup: true).reduce(into: "") {
        $0 += SmapsColumn.line($1)
      }
  }

  borrowing func usage(of region: VMAIndex) -> RegionUsage {
    let area = virtual.regions[region]
    var usage = RegionUsage(
      area: area, pageOffset: virtual.regions.pageOffset(area.start, in: region))
    let isLocked = area.flags.contains(.locked)
    let root = spaces[area.space].root
    var address = area.start
    while true {
      let table = memory.nextLeafTable(below: root, from: &address, to: area.end)
      if table.isNone { break }
      let entry = memory.entry(table: table, index: geometry.index(address, TableLevel.leaf))
      if entry.isPresent && !entry.isSpecial {
        usage.sums.add(memory.frames[entry.frame], entry, isLocked: isLocked)
      } else if entry.isSwap {
        usage.sums.addSwap(users: Int(swap[entry.swap].users))
      }
      address += Page.size
    }
    usage.sums.swap += Page.size * swappedObjectPages(of: area, from: usage.pageOffset)
    return usage
  }

  /// Pages of the object of a region that are in swap; its entries say nothing of them.
  ///
  /// A private writable region may have pages of its own instead, so only those count there whose
  /// entries are empty. They have no part in SwapPss: nobody knows who else will want them.
  /// Linux: `shmem_swap_usage` and `smaps_pte_hole`, mm/shmem.c and fs/proc/task_mmu.c.
  private borrowing func swappedObjectPages(
    of area: VirtualMemoryArea, from offset: UInt64
  ) -> UInt64 {
    if area.object.isNone || virtual.objects[area.object].swappedPages == 0 { return 0 }
    let mayDiffer = area.flags.intersection([.shared, .write]) == .write
    let root = spaces[area.space].root
    var count: UInt64 = 0
    var from = offset
    while let page = virtual.objects.nextOccupied(from: from, of: area.object) {
      if page >= offset + area.pageCount { break }
      from = page + 1
      if !virtual.objects.slot(page, of: area.object).isSwap { continue }
      let address = area.start + (page - offset) << Page.shift
      if !mayDiffer || memory.pageEntry(below: root, of: address).isNone { count += 1 }
    }
    return count
  }
}
