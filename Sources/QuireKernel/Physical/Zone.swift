// A zone: a range of frames that some devices or instructions can reach, with its free blocks.
//
// A zone owns its counts, watermarks and the heads of its free lists. It does not own the page
// descriptors that the lists are threaded through: those come as an argument.

import KernelStorage

/// The zones of both machines, from the hardest to reach memory for to the easiest.
///
/// Linux: `enum zone_type`, include/linux/mmzone.h.
public enum ZoneKind: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case dma
  case dma32
  case normal
  case highMem
  case movable

  @inlinable public var index: Int { Int(rawValue) }
  public static let count = 5

  /// The name in /proc/zoneinfo.
  public var name: String {
    switch self {
    case .dma: "DMA"
    case .dma32: "DMA32"
    case .normal: "Normal"
    case .highMem: "HighMem"
    case .movable: "Movable"
    }
  }
}

/// The marks that free memory is compared with, in pages (ZONE-6).
///
/// Linux: `enum zone_watermarks`, include/linux/mmzone.h.
public struct Watermarks: Hashable, Sendable, BitwiseCopyable {
  public var min = 0
  public var low = 0
  public var high = 0
  public var promo = 0

  public init() {}
}

/// One zone of the node (ZONE-2), an all-zero value being a zone without memory.
///
/// Linux: `struct zone`, include/linux/mmzone.h.
public struct Zone: ~Copyable {
  private let inPlace = InPlace()
  public internal(set) var kind: ZoneKind
  public internal(set) var start: FrameNumber = .none
  /// Frames from `start` to the end of the zone, holes included.
  public internal(set) var spanned = 0
  /// `spanned` without holes.
  public internal(set) var present = 0
  /// `present` without what was reserved at boot.
  public internal(set) var managed = 0
  /// First of the frames that the allocator got at boot; they are one stretch.
  var managedStart: FrameNumber = .none
  /// Frames in free blocks (`nr_free_pages`).
  public internal(set) var free = 0
  public internal(set) var watermarks = Watermarks()
  /// Added to each mark after a fallback that fragments (ZONE-7).
  public internal(set) var boost = 0
  /// Frames in blocks of type `highAtomic`.
  public internal(set) var reservedHighAtomic = 0
  /// Frames kept from requests whose highest allowed zone is the index (ZONE-8).
  public internal(set) var lowmemReserve: [5 of Int] = .init(repeating: 0)
  /// Free blocks by migratetype and order; see `listIndex`.
  var lists: [55 of FreeList] = .init(repeating: FreeList())
  /// One bit per order for each migratetype: whether its list has a block.
  var occupied: [5 of UInt16] = .init(repeating: 0)
  /// Free blocks of the largest order that nobody has touched since boot. They are the tail of
  /// the movable list of that order, and their descriptors are still all zero.
  var untouchedStart: FrameNumber = .none
  var untouchedEnd: FrameNumber = .none

  init(_ kind: ZoneKind) {
    self.kind = kind
  }

  /// First frame behind the zone.
  @inlinable public var end: FrameNumber { start + spanned }
  public var isPopulated: Bool { present > 0 }
  var untouchedIsEmpty: Bool { untouchedStart == untouchedEnd }

  @inlinable public func contains(_ frame: FrameNumber) -> Bool {
    frame >= start && frame.index < start.index + spanned
  }

  /// A mark with its boost.
  ///
  /// Linux: `wmark_pages`, include/linux/mmzone.h.
  public func boosted(_ mark: Int) -> Int { mark + boost }

  /// Number of free blocks of an order, over all types (`nr_free`).
  public func freeBlocks(order: Int) -> Int {
    var count = 0
    for type in MigrateType.allCases { count += freeBlocks(order: order, type: type) }
    return count
  }

  public func freeBlocks(order: Int, type: MigrateType) -> Int {
    Int(lists[Self.listIndex(order, type)].count)
  }

  @inline(__always)
  static func listIndex(_ order: Int, _ type: MigrateType) -> Int {
    type.index * BuddyOrder.count + order
  }
}

/// The ends of one list of free blocks, threaded through the descriptors of their first frames.
///
/// Linux: `struct free_area`, include/linux/mmzone.h.
struct FreeList: Sendable, BitwiseCopyable {
  var head: FrameNumber = .none
  var tail: FrameNumber = .none
  /// Number of blocks, those of the untouched range included.
  var count: UInt32 = 0
}
