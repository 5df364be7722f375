// Migratetypes: what can be done with the pages of a block, so that like lies with like.

/// Mobility of the pages in a pageblock (BUDDY-9).
///
/// The kernel numbers `unmovable` first; here `movable` is zero, so that the untouched part of a
/// table reads as the type that every block has at boot.
/// Linux: `enum migratetype`, include/linux/mmzone.h.
public enum MigrateType: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case movable
  case unmovable
  case reclaimable
  case highAtomic
  case isolate

  @usableFromInline var index: Int { Int(rawValue) }

  /// The name in /proc/pagetypeinfo.
  public var name: String {
    switch self {
    case .movable: "Movable"
    case .unmovable: "Unmovable"
    case .reclaimable: "Reclaimable"
    case .highAtomic: "HighAtomic"
    case .isolate: "Isolate"
    }
  }

  /// Whether blocks of this type may merge with, and be taken by, the other ordinary types.
  ///
  /// Linux: `migratetype_is_mergeable`, mm/internal.h.
  var isOrdinary: Bool { rawValue <= MigrateType.reclaimable.rawValue }

  /// Where a request looks when its own lists are empty (BUDDY-10).
  ///
  /// Linux: `fallbacks`, mm/page_alloc.c.
  var fallbacks: (MigrateType, MigrateType) {
    switch self {
    case .movable: (.reclaimable, .unmovable)
    case .reclaimable: (.unmovable, .movable)
    case .unmovable, .highAtomic, .isolate: (.reclaimable, .movable)
    }
  }
}
