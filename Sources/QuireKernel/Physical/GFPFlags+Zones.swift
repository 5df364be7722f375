// What allocation flags say about where a page may lie and with whom.

extension GFPFlags {
  /// Whether the zone bits name one zone (ZONE-4).
  ///
  /// Linux: `GFP_ZONE_BAD`, include/linux/gfp.h.
  public var hasValidZone: Bool {
    let exclusive: [GFPFlags] = [.dma, .highmem, .dma32]
    return exclusive.count(where: contains) <= 1 && !isSuperset(of: [.movable, .reclaimable])
  }

  /// The highest zone that may serve the request; where there is no high memory, pages that asked
  /// for it come from Normal.
  ///
  /// Linux: `gfp_zone`, include/linux/gfp.h.
  var highestZone: ZoneKind {
    if contains(.dma) { return .dma }
    if contains(.dma32) { return .dma32 }
    if contains(.highmem) { return contains(.movable) ? .movable : .highMem }
    return .normal
  }

  /// The mobility of what is allocated (GFP-3).
  ///
  /// Linux: `gfp_migratetype`, include/linux/gfp.h.
  func migrateType(grouping: Bool) -> MigrateType {
    guard grouping else { return .unmovable }
    if contains(.movable) { return .movable }
    return contains(.reclaimable) ? .reclaimable : .unmovable
  }
}

/// How far an attempt may go (ALLOC-2, ALLOC-4).
///
/// Linux: `ALLOC_MIN_RESERVE` and friends, mm/internal.h.
struct AllocationFlags: OptionSet, Sendable {
  var rawValue: UInt8

  /// Half of the min mark.
  static let minReserve = AllocationFlags(rawValue: 1 << 0)
  /// A quarter less than that.
  static let nonBlocking = AllocationFlags(rawValue: 1 << 1)
  /// Blocks kept for atomic requests of more than one page.
  static let highAtomic = AllocationFlags(rawValue: 1 << 2)
  /// Half of what is left, for a task that is being killed.
  static let outOfMemory = AllocationFlags(rawValue: 1 << 3)
  /// All there is.
  static let noWatermarks = AllocationFlags(rawValue: 1 << 4)
  static let avoidFragmentation = AllocationFlags(rawValue: 1 << 5)
}

/// Which mark an attempt must leave standing.
///
/// Linux: `ALLOC_WMARK_MASK`, mm/internal.h.
enum WatermarkLevel {
  case min, low, high
}
