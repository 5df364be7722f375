// The flags of a region and what follows from them.

/// What a region is and allows (VMA-2); the numbers are the kernel's.
///
/// Linux: `VM_READ` and friends, include/linux/mm.h.
public struct VMAFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let read = VMAFlags(rawValue: 0x0001)
  public static let write = VMAFlags(rawValue: 0x0002)
  public static let execute = VMAFlags(rawValue: 0x0004)
  public static let shared = VMAFlags(rawValue: 0x0008)
  public static let mayRead = VMAFlags(rawValue: 0x0010)
  public static let mayWrite = VMAFlags(rawValue: 0x0020)
  public static let mayExecute = VMAFlags(rawValue: 0x0040)
  /// Mapped with MAP_SHARED, even when `shared` was dropped for a read-only file.
  public static let mayShare = VMAFlags(rawValue: 0x0080)
  public static let growsDown = VMAFlags(rawValue: 0x0100)
  /// A shared mapping of a file on disk: the first write to a page must fault, so that the page is
  /// known to be dirty. A bit of our own.
  ///
  /// Linux: `vma_wants_writenotify`, mm/mmap.c.
  public static let tracksWrites = VMAFlags(rawValue: 0x1000)
  public static let pfnMap = VMAFlags(rawValue: 0x0400)
  public static let locked = VMAFlags(rawValue: 0x2000)
  public static let io = VMAFlags(rawValue: 0x4000)
  public static let sequentialRead = VMAFlags(rawValue: 0x8000)
  public static let randomRead = VMAFlags(rawValue: 0x1_0000)
  public static let dontCopy = VMAFlags(rawValue: 0x2_0000)
  public static let dontExpand = VMAFlags(rawValue: 0x4_0000)
  public static let lockOnFault = VMAFlags(rawValue: 0x8_0000)
  /// Its pages are charged to the commit total.
  public static let account = VMAFlags(rawValue: 0x10_0000)
  public static let noReserve = VMAFlags(rawValue: 0x20_0000)
  public static let wipeOnFork = VMAFlags(rawValue: 0x200_0000)
  public static let dontDump = VMAFlags(rawValue: 0x400_0000)
  public static let mixedMap = VMAFlags(rawValue: 0x1000_0000)
  /// Huge pages are left out of the machine; the wish for them, or against, is remembered.
  public static let hugePage = VMAFlags(rawValue: 0x2000_0000)
  public static let noHugePage = VMAFlags(rawValue: 0x4000_0000)
  /// Equal pages might be merged, which this machine never does. A bit of our own.
  public static let mergeable = VMAFlags(rawValue: 0x800)
  /// Mapped with MAP_SYNC, which only persistent memory heeds.
  public static let sync = VMAFlags(rawValue: 0x80_0000)
  /// Single entries may map any page of the object (`VM_NONLINEAR`). A bit of our own: the kernel's
  /// belongs to MAP_SYNC today.
  public static let nonlinear = VMAFlags(rawValue: 0x100_0000)
  /// Sealed: it stays as it is until the process ends. A bit of our own, like the next.
  public static let sealed = VMAFlags(rawValue: 0x40_0000)
  /// A bit of our own: the kernel keeps it above bit 31.
  public static let droppable = VMAFlags(rawValue: 0x8000_0000)

  /// Linux: `VM_ACCESS_FLAGS`, include/linux/mm.h.
  public static let access: VMAFlags = [.read, .write, .execute]
  static let mayAccess: VMAFlags = [.mayRead, .mayWrite, .mayExecute]
  static let lockedMask: VMAFlags = [.locked, .lockOnFault]
  /// Regions with these never merge. Linux: `VM_SPECIAL`, include/linux/mm.h.
  static let special: VMAFlags = [.io, .dontExpand, .pfnMap, .mixedMap]
  /// Linux: `VM_DATA_DEFAULT_FLAGS`, arch/x86/include/asm/page_types.h.
  static let dataDefault: VMAFlags = [.read, .write, .mayRead, .mayWrite, .mayExecute]

  public init(_ protection: Protection) {
    self.init(rawValue: UInt32(truncatingIfNeeded: protection.rawValue) & Self.access.rawValue)
  }

  /// The rights, as mmap takes them.
  var protection: Protection { Protection(rawValue: UInt64(intersection(.access).rawValue)) }
  @inlinable var isAccessible: Bool { rawValue & 0x7 != 0 }
  /// A private mapping that may be written: its pages are copied before a write.
  ///
  /// Linux: `is_cow_mapping`, include/linux/mm.h.
  var isCopyOnWrite: Bool { intersection([.shared, .mayWrite]) == .mayWrite }
  /// Linux: `accountable_mapping`, mm/vma.h.
  var isAccountable: Bool { intersection([.noReserve, .shared, .write]) == .write }
  /// Linux: `is_data_mapping`, mm/internal.h.
  var isData: Bool { intersection([.write, .shared, .growsDown]) == .write }
  /// Linux: `is_exec_mapping`, mm/internal.h.
  var isExec: Bool { intersection([.execute, .write, .growsDown]) == .execute }
}
