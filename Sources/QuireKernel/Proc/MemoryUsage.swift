// What a stretch of memory really holds: the sums that smaps and smaps_rollup show.

/// The sums of /proc/PID/smaps over one region or many; sizes in bytes.
///
/// The proportional ones are in units of 1/4096 byte, as the kernel sums them: rounding happens
/// once, when they are shown.
/// Linux: `struct mem_size_stats`, fs/proc/task_mmu.c.
public struct MemoryUsage: Hashable, Sendable, BitwiseCopyable {
  public var resident: UInt64 = 0
  public var pssFixedPoint: UInt64 = 0
  public var pssDirtyFixedPoint: UInt64 = 0
  public var pssAnonFixedPoint: UInt64 = 0
  public var pssFileFixedPoint: UInt64 = 0
  public var pssSharedFixedPoint: UInt64 = 0
  /// Of locked regions.
  public var pssLockedFixedPoint: UInt64 = 0
  public var sharedClean: UInt64 = 0
  public var sharedDirty: UInt64 = 0
  public var privateClean: UInt64 = 0
  public var privateDirty: UInt64 = 0
  /// Pages that were used since their accessed bits were last cleared.
  public var referenced: UInt64 = 0
  public var anonymous: UInt64 = 0
  /// Pages that MADV_FREE gave up and nobody has written since.
  public var lazyFree: UInt64 = 0
  public var swap: UInt64 = 0
  public var swapPssFixedPoint: UInt64 = 0

  public init() {}

  public var pss: UInt64 { pssFixedPoint >> 12 }
  public var pssDirty: UInt64 { pssDirtyFixedPoint >> 12 }
  public var pssAnon: UInt64 { pssAnonFixedPoint >> 12 }
  public var pssFile: UInt64 { pssFileFixedPoint >> 12 }
  public var pssShared: UInt64 { pssSharedFixedPoint >> 12 }
  public var swapPss: UInt64 { swapPssFixedPoint >> 12 }
  /// Pss of locked regions.
  public var locked: UInt64 { pssLockedFixedPoint >> 12 }

  /// One entry maps a page.
  ///
  /// Linux: `smaps_account` and `smaps_page_accumulate`, fs/proc/task_mmu.c.
  mutating func add(_ frame: PageFrame, _ entry: PageTableEntry, isLocked: Bool) {
    let size = Page.size
    let isDirty = entry.isDirty || frame.flags.contains(.dirty)
    let isSwapBacked = frame.flags.contains(.swapBacked)
    let share = (size << 12) / UInt64(max(frame.mapCount, 1))
    resident += size
    pssFixedPoint += share
    if frame.flags.contains(.anonymous) {
      anonymous += size
      pssAnonFixedPoint += share
      if !isSwapBacked && !isDirty { lazyFree += size }
    } else if isSwapBacked {
      pssSharedFixedPoint += share
    } else {
      pssFileFixedPoint += share
    }
    if entry.isAccessed || frame.flags.contains(.referenced) { referenced += size }
    if isLocked { pssLockedFixedPoint += share }
    if isDirty { pssDirtyFixedPoint += share }
    switch (frame.mapCount >= 2, isDirty) {
    case (true, true): sharedDirty += size
    case (true, false): sharedClean += size
    case (false, true): privateDirty += size
    case (false, false): privateClean += size
    }
  }

  /// One entry names a swap slot, which `users` name in all.
  mutating func addSwap(users: Int) {
    swap += Page.size
    swapPssFixedPoint += (Page.size << 12) / UInt64(max(users, 1))
  }

  public static func += (sum: inout MemoryUsage, other: MemoryUsage) {
    sum.resident += other.resident
    sum.pssFixedPoint += other.pssFixedPoint
    sum.pssDirtyFixedPoint += other.pssDirtyFixedPoint
    sum.pssAnonFixedPoint += other.pssAnonFixedPoint
    sum.pssFileFixedPoint += other.pssFileFixedPoint
    sum.pssSharedFixedPoint += other.pssSharedFixedPoint
    sum.pssLockedFixedPoint += other.pssLockedFixedPoint
    sum.sharedClean += other.sharedClean
    sum.sharedDirty += other.sharedDirty
    sum.privateClean += other.privateClean
    sum.privateDirty += other.privateDirty
    sum.referenced += other.referenced
    sum.anonymous += other.anonymous
    sum.lazyFree += other.lazyFree
    sum.swap += other.swap
    sum.swapPssFixedPoint += other.swapPssFixedPoint
  }

  /// The lines that smaps and its rollup have in common, in kB; the split of Pss is the rollup's
  /// alone. The machine has no huge pages and merges no pages: those lines are 0.
  ///
  /// Linux: `__show_smap`, fs/proc/task_mmu.c.
  func lines(isRollup: Bool) -> [ProcLine] {
    var lines: [(name: String, bytes: UInt64)] = [
      ("Rss", resident), ("Pss", pss), ("Pss_Dirty", pssDirty),
    ]
    if isRollup {
      lines += [("Pss_Anon", pssAnon), ("Pss_File", pssFile), ("Pss_Shmem", pssShared)]
    }
    lines += [
      ("Shared_Clean", sharedClean), ("Shared_Dirty", sharedDirty),
      ("Private_Clean", privateClean), ("Private_Dirty", privateDirty),
      ("Referenced", referenced), ("Anonymous", anonymous), ("KSM", 0), ("LazyFree", lazyFree),
      ("AnonHugePages", 0), ("ShmemPmdMapped", 0), ("FilePmdMapped", 0), ("Shared_Hugetlb", 0),
      ("Private_Hugetlb", 0), ("Swap", swap), ("SwapPss", swapPss), ("Locked", locked),
    ]
    return lines.map { ProcLine($0.name, $0.bytes >> 10) }
  }
}
