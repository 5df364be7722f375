// /proc/PID/numa_maps: the pages of each region by kind and node.

internal import KernelStorage

/// The pages that the entries of one region map.
///
/// Linux: `struct numa_maps`, fs/proc/task_mmu.c.
private struct NodeUsage {
  var pages = 0
  var anonymous = 0
  var active = 0
  var dirty = 0
  var swapCache = 0
  var writeback = 0
  var highestMapCount: UInt32 = 0

  /// Linux: `gather_stats`, fs/proc/task_mmu.c.
  mutating func add(_ frame: PageFrame, isDirty: Bool, isWritten: Bool) {
    pages += 1
    if isDirty || frame.flags.contains(.dirty) { dirty += 1 }
    if frame.flags.contains(.swapCache) { swapCache += 1 }
    if !frame.flags.isDisjoint(with: [.active, .unevictable]) { active += 1 }
    if isWritten { writeback += 1 }
    if frame.flags.contains(.anonymous) { anonymous += 1 }
    highestMapCount = max(highestMapCount, frame.mapCount)
  }

  /// What follows the policy and the name; nothing for a region without pages. The machine has one
  /// node.
  ///
  /// Linux: `show_numa_map`, fs/proc/task_mmu.c.
  var text: String {
    if pages == 0 { return "" }
    var text = ""
    if anonymous > 0 { text += " anon=\(anonymous)" }
    if dirty > 0 { text += " dirty=\(dirty)" }
    if pages != anonymous && pages != dirty { text += " mapped=\(pages)" }
    if highestMapCount > 1 { text += " mapmax=\(highestMapCount)" }
    if swapCache > 0 { text += " swapcache=\(swapCache)" }
    if active < pages { text += " active=\(active)" }
    if writeback > 0 { text += " writeback=\(writeback)" }
    return text + " N0=\(pages) kernelpagesize_kB=\(Page.size >> 10)"
  }
}

extension Kernel {
  /// The text of /proc/PID/numa_maps; empty for a task without memory of its own.
  ///
  /// Nobody sets a memory policy here: every region has the default one.
  /// Linux: `show_numa_map`, fs/proc/task_mmu.c.
  public borrowing func numaMapsText(of task: TaskIndex) -> String {
    let space = tasks[task].space
    if space.isNone { return "" }
    var text = ""
    var region = spaces[space].regions.first
    while !region.isNone {
      let area = virtual.regions[region]
      let digits = String(area.start, radix: 16)
      text += String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits + " default"
      text += name(of: area).numaText + nodeUsage(of: area).text + "\n"
      region = virtual.regions.next(region)
    }
    return text
  }

  private borrowing func nodeUsage(of area: VirtualMemoryArea) -> NodeUsage {
    var usage = NodeUsage()
    let root = spaces[area.space].root
    var address = area.start
    while true {
      let table = memory.nextLeafTable(below: root, from: &address, to: area.end)
      if table.isNone { return usage }
      let entry = memory.entry(table: table, index: geometry.index(address, TableLevel.leaf))
      if entry.isPresent && !entry.isSpecial {
        usage.add(
          memory.frames[entry.frame], isDirty: entry.isDirty,
          isWritten: isUnderWriteback(entry.frame))
      }
      address += Page.size
    }
  }

  /// Whether a page is on its way to a disk.
  ///
  /// Linux: `folio_test_writeback`, include/linux/page-flags.h.
  borrowing func isUnderWriteback(_ frame: FrameNumber) -> Bool {
    memory.frames[frame].flags.contains(.swapCache)
      && swap.cache[frame.index].flags.contains(.writeback)
  }
}

extension RegionName {
  /// With a space before it, and its own spaces written in octal.
  fileprivate var numaText: String {
    switch self {
    case .anonymous: return ""
    case .heap: return " heap"
    case .stack: return " stack"
    default:
      return text.reduce(into: " file=") { $0 += $1 == " " ? "\\040" : String($1) }
    }
  }
}
