// Which release of Linux the machine answers as, and the rules in which releases differ.
//
// Code asks for a rule by its name, never for a version: `rules.contains(.remapMovesSeveral)`.

/// A release of Linux that the model answers as.
///
/// Linux: `UTS_RELEASE`, include/generated/utsrelease.h.
public enum KernelVersion: String, Sendable, Hashable, CaseIterable {
  case linux6_12 = "6.12"
  case linux6_18 = "6.18"

  /// All of them, to be listed in a message: `6.12 and 6.18`.
  public static var list: String { allCases.map(\.rawValue).joined(separator: " and ") }

  /// The second number of the release.
  var minor: Int {
    switch self {
    case .linux6_12: 12
    case .linux6_18: 18
    }
  }

  /// Everything that has come up to this release.
  public var rules: KernelRules {
    var rules = KernelRules()
    for (minor, added) in KernelRules.history where minor <= self.minor { rules.insert(added) }
    return rules
  }
}

/// What some releases do and earlier ones do not.
///
/// Linux: none (model only).
public struct KernelRules: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// mseal exists.
  public static let sealing = KernelRules(rawValue: 1 << 0)
  /// mmap takes MAP_DROPPABLE.
  public static let droppableMemory = KernelRules(rawValue: 1 << 1)
  /// madvise takes MADV_GUARD_INSTALL and MADV_GUARD_REMOVE.
  public static let guardRegions = KernelRules(rawValue: 1 << 2)
  /// MADV_DONTNEED of all that a page table maps frees the table.
  public static let emptyTablesGo = KernelRules(rawValue: 1 << 3)
  /// A region without pages takes in a neighbour that has some (REC-1).
  public static let unfaultedTakesFaulted = KernelRules(rawValue: 1 << 4)
  /// mremap judges its numbers, overlap included, before it looks for a region, and the region
  /// before it unmaps what lies at the target (REC-13).
  public static let remapChecksFirst = KernelRules(rawValue: 1 << 5)
  /// mremap to a fixed place moves every region of its range and the holes between (REC-13).
  public static let remapMovesSeveral = KernelRules(rawValue: 1 << 6)
  /// MREMAP_DONTUNMAP of locked memory counts the copy as locked and the original still (REC-14).
  public static let remapCountsLockTwice = KernelRules(rawValue: 1 << 7)
  /// write begins with the page of the file, before it looks at what there is to copy (REC-17).
  public static let writeBeginsBlindly = KernelRules(rawValue: 1 << 8)
  /// A fault in code reads ahead from its page, not around it, and no further than its region
  /// (CACHE-5).
  public static let codeIsReadAhead = KernelRules(rawValue: 1 << 9)

  /// process_madvise of one's own memory takes every advice.
  public static let ownAdviceIsFree = KernelRules(rawValue: 1 << 10)

  /// Each rule with the second number of the release that brought it.
  static let history: [(minor: Int, rule: KernelRules)] = [
    (10, .sealing), (11, .droppableMemory), (13, .guardRegions), (13, .ownAdviceIsFree),
    (14, .emptyTablesGo), (14, .writeBeginsBlindly),
    (16, .unfaultedTakesFaulted), (17, .remapChecksFirst), (17, .remapMovesSeveral),
    (17, .remapCountsLockTwice), (17, .codeIsReadAhead),
  ]
}
