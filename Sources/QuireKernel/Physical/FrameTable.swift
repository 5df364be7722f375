// The frame table: one descriptor per frame and one migratetype per pageblock.
//
// Both tables are as long as the machine is large and cost the host nothing where nobody wrote:
// a frame that was never touched reads as an all-zero descriptor, a block as movable.

import KernelStorage

/// The page descriptors of the machine, indexed by frame number.
///
/// Linux: `mem_map`, `vmemmap`, include/asm-generic/memory_model.h.
public struct FrameTable: ~Copyable {
  private let inPlace: InPlace
  var rows: Table<PageFrame>
  /// Type of each pageblock (BUDDY-9).
  var blockTypes: Table<MigrateType>

  /// Descriptors for frames `0 ..< count`, or nil when the host has no address space for them.
  init?(count: Int) {
    let blocks = (count + Pageblock.pages - 1) / Pageblock.pages
    guard let rows = Table<PageFrame>(count: count),
      let blockTypes = Table<MigrateType>(count: blocks)
    else { return nil }
    inPlace = InPlace()
    self.rows = rows
    self.blockTypes = blockTypes
  }

  /// One more than the largest frame number.
  public var count: Int { rows.count }

  public subscript(frame: FrameNumber) -> PageFrame {
    get { rows[frame.index] }
    _modify { yield &rows[frame.index] }
  }

  /// Linux: `get_pageblock_migratetype`, include/linux/pageblock-flags.h.
  package func blockType(of frame: FrameNumber) -> MigrateType {
    blockTypes[frame.index >> Pageblock.order]
  }

  /// Linux: `set_pageblock_migratetype`, mm/page_alloc.c.
  mutating func setBlockType(of frame: FrameNumber, to type: MigrateType) {
    blockTypes[frame.index >> Pageblock.order] = type
  }

  /// The block that `frame` lies inside of, not at the start of, whose first frame has `mark`.
  ///
  /// Only the first frame of a block is written when the block is handed out or freed, so the
  /// heads that could cover `frame` are tried one after another.
  func blockHead(covering frame: FrameNumber, marked mark: PageFlags) -> FrameNumber? {
    for order in 1...BuddyOrder.maximum {
      let head = FrameNumber(frame.index & ~(1 << order - 1))
      if head == frame { continue }
      if self[head].flags.contains(mark), Int(self[head].order) >= order { return head }
    }
    return nil
  }
}

/// The unit by which memory is grouped by mobility (BUDDY-9).
///
/// Linux: `pageblock_order`, include/linux/pageblock-flags.h.
package enum Pageblock {
  package static let order = 9
  package static let pages = 1 << order
}

/// Orders of blocks: a block of order n is 2^n frames, aligned to its size (BUDDY-1).
///
/// Linux: `MAX_PAGE_ORDER`, include/linux/mmzone.h.
public enum BuddyOrder {
  public static let maximum = 10
  public static let count = maximum + 1
  /// Largest block that the allocator tries hard to find.
  ///
  /// Linux: `PAGE_ALLOC_COSTLY_ORDER`, include/linux/mmzone.h.
  public static let costly = 3
}
