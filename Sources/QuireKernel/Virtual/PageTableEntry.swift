// One entry of a page table, at any level, as the hardware and the kernel read its bits.

/// A page-table entry of x86_64 (PT-2): present, swap, or none (all bits zero).
///
/// Linux: `pte_t`, arch/x86/include/asm/pgtable_types.h.
public struct PageTableEntry: Hashable, Sendable, BitwiseCopyable {
  public var bits: UInt64

  @inlinable public init(bits: UInt64) { self.bits = bits }
  @inlinable public static var none: PageTableEntry { PageTableEntry(bits: 0) }

  public static let presentBit: UInt64 = 1 << 0
  public static let writeBit: UInt64 = 1 << 1
  public static let userBit: UInt64 = 1 << 2
  public static let accessedBit: UInt64 = 1 << 5
  public static let dirtyBit: UInt64 = 1 << 6
  /// Software bit: no reference or map count belongs to this mapping (the zero page).
  public static let specialBit: UInt64 = 1 << 9
  public static let noExecuteBit: UInt64 = 1 << 63
  static let frameMask: UInt64 = 0x000f_ffff_ffff_f000

  @inlinable public var isNone: Bool { bits == 0 }
  @inlinable public var isPresent: Bool { bits & Self.presentBit != 0 }
  @inlinable public var isWritable: Bool { bits & Self.writeBit != 0 }
  @inlinable public var isAccessed: Bool { bits & Self.accessedBit != 0 }
  @inlinable public var isDirty: Bool { bits & Self.dirtyBit != 0 }
  @inlinable public var isSpecial: Bool { bits & Self.specialBit != 0 }
  @inlinable public var isNoExecute: Bool { bits & Self.noExecuteBit != 0 }
  @inlinable public var isSwap: Bool { bits != 0 && bits & Self.presentBit == 0 }

  /// The frame of a present entry.
  public var frame: FrameNumber { FrameNumber(UInt32((bits & Self.frameMask) >> Page.shift)) }

  public init(frame: FrameNumber, protection: UInt64) {
    bits = UInt64(frame.rawValue) << Page.shift | protection
  }

  // A swap entry: bit 0 clear, bit 1 set so that it is never all zero, the exclusive mark in
  // bit 3, the area in bits 8-12, the slot from bit 16.
  static let swapMark: UInt64 = 1 << 1
  static let swapExclusiveBit: UInt64 = 1 << 3

  public init(swap entry: SwapEntry, exclusive: Bool) {
    bits =
      Self.swapMark | (exclusive ? Self.swapExclusiveBit : 0)
      | UInt64(entry.area) << 8 | UInt64(entry.slot) << 16
  }

  /// The swap slot of a swap entry.
  public var swap: SwapEntry {
    SwapEntry(area: UInt8((bits >> 8) & 0x1f), slot: UInt32(truncatingIfNeeded: bits >> 16))
  }
  public var isSwapExclusive: Bool { bits & Self.swapExclusiveBit != 0 }
}

/// A place in swap: the number of an area and a slot in it; slot 0 holds the header and never data.
///
/// Linux: `swp_entry_t`, include/linux/mm_types.h.
public struct SwapEntry: Hashable, Sendable, BitwiseCopyable {
  public var area: UInt8
  public var slot: UInt32

  public init(area: UInt8, slot: UInt32) {
    self.area = area
    self.slot = slot
  }
  /// No place.
  public static let none = SwapEntry(area: 0, slot: 0)
  public var isNone: Bool { slot == 0 }
}
