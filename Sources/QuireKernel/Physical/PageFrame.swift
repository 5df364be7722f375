// The page descriptor: what the kernel knows about one frame, apart from its data.

/// Status bits of a page frame (PAGE-5).
///
/// Linux: `enum pageflags`, include/linux/page-flags.h.
public struct PageFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let locked = PageFlags(rawValue: 1 << 0)
  public static let referenced = PageFlags(rawValue: 1 << 1)
  public static let dirty = PageFlags(rawValue: 1 << 2)
  /// On exactly one LRU list.
  public static let lru = PageFlags(rawValue: 1 << 3)
  /// On an active list (only with `lru`).
  public static let active = PageFlags(rawValue: 1 << 4)
  public static let slab = PageFlags(rawValue: 1 << 5)
  /// Never given to the allocator: kernel image, page descriptors, the zero page.
  public static let reserved = PageFlags(rawValue: 1 << 6)
  public static let swapCache = PageFlags(rawValue: 1 << 7)
  /// Its data can go to swap: anonymous and shared memory, until MADV_FREE.
  public static let swapBacked = PageFlags(rawValue: 1 << 8)
  public static let unevictable = PageFlags(rawValue: 1 << 9)
  public static let workingset = PageFlags(rawValue: 1 << 10)
  /// Anonymous and mapped by one PTE that may be made writable without a copy.
  public static let anonExclusive = PageFlags(rawValue: 1 << 11)
  /// First frame of a free buddy block; `order` says how large.
  public static let buddy = PageFlags(rawValue: 1 << 12)
  /// First frame of a block of more than one page handed out whole.
  public static let head = PageFlags(rawValue: 1 << 13)
  /// Holds a page table.
  public static let table = PageFlags(rawValue: 1 << 14)
  /// `mapping` names an anonymous reverse map (otherwise a page-cache object).
  public static let anonymous = PageFlags(rawValue: 1 << 15)
}

/// What a frame was handed out for, beyond what its flags say.
///
/// Linux: the page types of `page_type`, include/linux/page-flags.h, in part.
public enum FrameUse: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// Whatever its owner makes of it.
  case any
  /// A `kmalloc` object above the largest cache (SLAB-22).
  case largeObject
  /// Part of a kernel stack (TASK-2).
  case kernelStack
  /// Handed to a script by `alloc_pages` and its kin.
  case script
  /// The top-level page table of an address space.
  case topTable
}

/// One page descriptor: 32 bytes, one for each frame of the machine.
///
/// Linux: `struct page`, include/linux/mm_types.h.
public struct PageFrame: Sendable, BitwiseCopyable {
  public var flags: PageFlags
  /// Order of the block that starts here, while free (`buddy`) or handed out whole (`head`).
  public var order: UInt8
  /// What the frame was handed out for, where no flag says it.
  public var use: FrameUse
  /// Owners: 0 while free, else 1 for each owner of PAGE-2.
  public var referenceCount: UInt32
  /// Number of PTEs that map the frame (PAGE-3; the kernel stores one less).
  public var mapCount: UInt32
  /// Owner of the data: an `AnonVMAIndex` (with `anonymous`), an object of the page cache, or 0.
  public var mapping: UInt32
  /// Place in the owner: virtual page number for anonymous pages, page offset for others.
  public var index: UInt64
  /// Neighbours in the one list the frame is on: a buddy free list, an LRU list, a slab list.
  public var next: FrameNumber
  public var previous: FrameNumber

  /// Flags that a page must have lost before it is freed (PAGE-6).
  ///
  /// Linux: `PAGE_FLAGS_CHECK_AT_FREE`, include/linux/page-flags.h.
  static let busyFlags: PageFlags = [
    .locked, .lru, .active, .slab, .reserved, .swapCache, .unevictable, .buddy,
  ]

  /// Whether nobody has a claim on the page any more.
  ///
  /// Linux: `page_expected_state`, mm/page_alloc.c.
  var isReadyToFree: Bool {
    referenceCount == 0 && mapCount == 0 && flags.isDisjoint(with: Self.busyFlags)
      && (mapping == 0 || flags.contains(.anonymous))
  }
}
