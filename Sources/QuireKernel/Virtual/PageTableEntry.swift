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
  /// The processor does not keep what it reads there (PCD): registers of devices.
  public static let noCacheBit: UInt64 = 1 << 4
  public static let accessedBit: UInt64 = 1 << 5
  public static let dirtyBit: UInt64 = 1 << 6
  /// Above the leaves: a page, and no table.
  public static let largeBit: UInt64 = 1 << 7
  /// A change of the address space leaves the translation in the TLB: the kernel's own pages.
  public static let globalBit: UInt64 = 1 << 8
  /// A page that is there but that the processor must not see (PROT_NONE); `presentBit` is clear,
  /// so the bit does not mean `globalBit`.
  ///
  /// Linux: `_PAGE_PROTNONE`, arch/x86/include/asm/pgtable_types.h.
  public static let protectNoneBit: UInt64 = 1 << 8
  /// Software bit: no reference or map count belongs to this mapping (the zero page).
  public static let specialBit: UInt64 = 1 << 9
  public static let noExecuteBit: UInt64 = 1 << 63
  static let frameMask: UInt64 = 0x000f_ffff_ffff_f000
  /// An entry that points to a table of the next level.
  ///
  /// Linux: `_PAGE_TABLE`, arch/x86/include/asm/pgtable_types.h.
  static let tableProtection = presentBit | writeBit | userBit | accessedBit | dirtyBit

  @inlinable public var isNone: Bool { bits == 0 }
  /// A page is there, whether or not the processor may see it.
  ///
  /// Linux: `pte_present`, arch/x86/include/asm/pgtable.h.
  @inlinable public var isPresent: Bool { bits & (Self.presentBit | Self.protectNoneBit) != 0 }
  /// The processor sees the page.
  @inlinable public var isPresentToHardware: Bool { bits & Self.presentBit != 0 }
  @inlinable public var isWritable: Bool { bits & Self.writeBit != 0 }
  @inlinable public var isAccessed: Bool { bits & Self.accessedBit != 0 }
  @inlinable public var isDirty: Bool { bits & Self.dirtyBit != 0 }
  @inlinable public var isSpecial: Bool { bits & Self.specialBit != 0 }
  @inlinable public var isNoExecute: Bool { bits & Self.noExecuteBit != 0 }
  @inlinable public var isSwap: Bool {
    bits & (Self.presentBit | Self.protectNoneBit | Self.swapMark) == Self.swapMark
  }
  /// An access here is refused, whatever the region allows.
  ///
  /// Linux: `is_guard_swp_entry`, include/linux/swapops.h.
  @inlinable public var isGuard: Bool { bits == Self.guardMark }

  /// The frame of a present entry.
  public var frame: FrameNumber { FrameNumber(UInt32((bits & Self.frameMask) >> Page.shift)) }

  public init(frame: FrameNumber, protection: UInt64) {
    bits = UInt64(frame.rawValue) << Page.shift | protection
  }

  /// The same page with the rights of `protection`; accessed and dirty stay.
  ///
  /// Linux: `pte_modify`, arch/x86/include/asm/pgtable.h.
  func modified(_ protection: UInt64) -> PageTableEntry {
    let kept =
      Self.frameMask | Self.accessedBit | Self.dirtyBit | Self.specialBit | Self.noCacheBit
    return PageTableEntry(bits: bits & kept | protection)
  }

  /// The bits that an access needs to find set.
  @inline(__always)
  static func required(for kind: AccessKind) -> UInt64 {
    kind == .write ? presentBit | userBit | writeBit : presentBit | userBit
  }

  /// The bits that an access sets.
  @inline(__always)
  static func marks(for kind: AccessKind) -> UInt64 {
    kind == .write ? accessedBit | dirtyBit : accessedBit
  }

  // A page of an object that belongs here and is not mapped now: of the low bits only bit 6 is set,
  // and the upper half is the number of the page. A table of entries of 4 bytes spreads 29 bits of
  // the number over what bits 0, 6 and 7 leave.
  // Linux: `pgoff_to_pte` of 2.6.11, include/asm-i386/pgtable-3level.h and pgtable-2level.h.
  public static let objectPageMark: UInt64 = 1 << 6

  /// An entry of a nonlinear mapping that names the page which an access brings (REMAP-1).
  public init(objectPage page: UInt64) { bits = page << 32 | Self.objectPageMark }

  @inlinable public var isObjectPage: Bool {
    bits & (Self.presentBit | Self.protectNoneBit | Self.swapMark | Self.objectPageMark)
      == Self.objectPageMark
  }
  /// The page that an entry names which is not present.
  public var objectPage: UInt64 { bits >> 32 }

  // A swap entry: bits 0 and 8 clear, the soft-dirty mark in bit 1 (nothing clears it here, so that
  // it tells swap entries from others), the exclusive mark in bit 3, the slot in bits 9-58 with
  // every bit inverted (no processor then takes it for a frame of RAM), the area in bits 59-63.
  // Linux: `__swp_entry`, arch/x86/include/asm/pgtable_64.h.
  public static let swapMark: UInt64 = 1 << 1
  static let swapExclusiveBit: UInt64 = 1 << 3
  /// An entry that says only that nothing may be mapped there: neither present nor swap.
  ///
  /// Linux: `PTE_MARKER_GUARD`, include/linux/swapops.h.
  public static let guardMark: UInt64 = 1 << 2
  static let `guard` = PageTableEntry(bits: guardMark)

  public init(swap entry: SwapEntry, exclusive: Bool) {
    bits =
      Self.swapMark | (exclusive ? Self.swapExclusiveBit : 0)
      | (~UInt64(entry.slot) << 14) >> 5 | UInt64(entry.area) << 59
  }

  /// The swap slot of a swap entry.
  public var swap: SwapEntry {
    SwapEntry(area: UInt8(bits >> 59), slot: UInt32(truncatingIfNeeded: ~bits >> 9))
  }
  public var isSwapExclusive: Bool { bits & Self.swapExclusiveBit != 0 }
}

extension VMAFlags {
  /// The bits of a fresh entry of such a region (VMA-4).
  ///
  /// Private regions never grant writing by themselves: only a page that is known to be exclusive
  /// gets the write bit. Shared memory grants it at once, but for a file on disk (REC-6).
  /// Linux: `protection_map` and `vm_get_page_prot`, arch/x86/mm/pgprot.c.
  @inline(__always)
  var entryProtection: UInt64 {
    if !isAccessible { return PageTableEntry.protectNoneBit | PageTableEntry.accessedBit }
    let noExecute = contains(.execute) ? 0 : PageTableEntry.noExecuteBit
    let isWritable = intersection([.shared, .write, .tracksWrites]) == [.shared, .write]
    let writable = isWritable ? PageTableEntry.writeBit : 0
    return PageTableEntry.presentBit | PageTableEntry.userBit | PageTableEntry.accessedBit
      | noExecute | writable
  }
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
