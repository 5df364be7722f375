// /proc/PID/pagemap: one word for each page of an address space.

internal import KernelStorage

/// A word of /proc/PID/pagemap (PROC-2).
///
/// Linux: `pagemap_entry_t`, fs/proc/task_mmu.c.
public struct PageMapEntry: Hashable, Sendable, BitwiseCopyable {
  public var word: UInt64

  public init(word: UInt64) { self.word = word }

  static let softDirty: UInt64 = 1 << 55
  static let exclusive: UInt64 = 1 << 56
  static let file: UInt64 = 1 << 61
  /// Linux: `PM_GUARD_REGION`, fs/proc/task_mmu.c.
  static let guarded: UInt64 = 1 << 58
  static let swapped: UInt64 = 1 << 62
  static let present: UInt64 = 1 << 63
  private static let frameMask: UInt64 = (1 << 55) - 1
  /// Linux: `MAX_SWAPFILES_SHIFT`, include/linux/swap.h.
  static let areaBits: UInt64 = 5

  public var isPresent: Bool { word & Self.present != 0 }
  /// A guard reads as swapped out, with a mark of its own.
  public var isSwapped: Bool { word & (Self.swapped | Self.guarded) == Self.swapped }
  public var isGuarded: Bool { word & Self.guarded != 0 }
  /// A page of a file or of shared memory.
  public var isFile: Bool { word & Self.file != 0 }
  /// Nobody else maps the page.
  public var isExclusive: Bool { word & Self.exclusive != 0 }
  /// It may have been written since soft-dirty tracking began, which is always.
  public var isSoftDirty: Bool { word & Self.softDirty != 0 }
  /// The frame of a present page; 0 for a reader without privilege.
  public var frame: UInt64 { word & Self.frameMask }
  /// Area and slot of a page in swap; 0 for a reader without privilege.
  public var swapArea: UInt64 { frame & (1 << Self.areaBits - 1) }
  public var swapSlot: UInt64 { frame >> Self.areaBits }
}

extension Kernel {
  /// The word of the page at an address.
  ///
  /// - Parameter showsFrames: whether the reader is privileged; others see neither frames nor
  ///   swap slots.
  /// Linux: `pte_to_pagemap_entry` and `pagemap_pte_hole`, fs/proc/task_mmu.c.
  public borrowing func pageMapEntry(
    at address: VirtualAddress, of space: AddressSpaceIndex, showsFrames: Bool
  ) -> PageMapEntry {
    let region = virtual.regions.tree.first(above: address, in: spaces[space].regions.top)
    guard !region.isNone, virtual.regions[region].contains(address) else {
      return PageMapEntry(word: 0)
    }
    let entry = memory.pageEntry(below: spaces[space].root, of: address)
    return PageMapEntry(word: PageMapEntry.softDirty | word(of: entry, showsFrames: showsFrames))
  }

  private borrowing func word(of entry: PageTableEntry, showsFrames: Bool) -> UInt64 {
    if entry.isNone || entry.isObjectPage { return 0 }
    if entry.isGuard { return PageMapEntry.swapped | PageMapEntry.guarded }
    if entry.isSwap {
      let place = entry.swap
      let shown = UInt64(place.area) | UInt64(place.slot) << PageMapEntry.areaBits
      return PageMapEntry.swapped | (showsFrames ? shown : 0)
    }
    let word = PageMapEntry.present | (showsFrames ? UInt64(entry.frame.rawValue) : 0)
    // The frame of zeros belongs to nobody.
    if entry.isSpecial { return word }
    let frame = memory.frames[entry.frame]
    return word | (frame.flags.contains(.anonymous) ? 0 : PageMapEntry.file)
      | (frame.mapCount == 1 ? PageMapEntry.exclusive : 0)
  }

  /// Pages one after the other whose words differ in nothing but a frame or a slot that counts up.
  ///
  /// Linux: none (model only).
  public struct PageMapRun: Hashable, Sendable {
    public var start: VirtualAddress
    public var pages: UInt64
    /// The word of the first page.
    public var first: PageMapEntry
    /// What the word grows by from page to page.
    public var step: UInt64
  }

  /// The words of all regions that overlap a range, as runs; what no region holds reads 0.
  public borrowing func pageMap(
    of space: AddressSpaceIndex, from start: VirtualAddress = 0,
    to end: VirtualAddress = .max, showsFrames: Bool
  ) -> [PageMapRun] {
    var runs: [PageMapRun] = []
    for area in regions(of: space) where area.start < end && area.end > start {
      var address = max(area.start, Page.alignDown(start))
      let stop = min(area.end, end)
      while address < stop {
        let entry = pageMapEntry(at: address, of: space, showsFrames: showsFrames)
        append(entry, at: address, to: &runs)
        address += Page.size
      }
    }
    return runs
  }

  private borrowing func append(
    _ entry: PageMapEntry, at address: VirtualAddress, to runs: inout [PageMapRun]
  ) {
    if let last = runs.last, last.start + last.pages << Page.shift == address {
      let growth = entry.word &- last.first.word
      if last.pages == 1 {
        let step = entry.isSwapped ? 1 << PageMapEntry.areaBits : entry.isPresent ? 1 : UInt64(0)
        if growth == 0 || growth == step && entry.frame != 0 {
          runs[runs.count - 1].pages = 2
          runs[runs.count - 1].step = growth
          return
        }
      } else if growth == last.step &* last.pages {
        runs[runs.count - 1].pages += 1
        return
      }
    }
    runs.append(PageMapRun(start: address, pages: 1, first: entry, step: 0))
  }
}
