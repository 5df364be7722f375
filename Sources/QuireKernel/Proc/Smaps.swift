// /proc/PID/smaps: what each region really holds.

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
}

extension Kernel {
  /// The regions of a task in address order with their use.
  ///
  /// Linux: `show_smap`, fs/proc/task_mmu.c.
  public borrowing func smaps(of space: AddressSpaceIndex) -> [RegionUsage] { [] }
}
