// What a process asks of mmap, in the kernel's own words.

/// Access rights of a mapping.
///
/// Linux: `PROT_READ` and friends, include/uapi/asm-generic/mman-common.h.
public struct Protection: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt64
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let read = Protection(rawValue: 1 << 0)
  public static let write = Protection(rawValue: 1 << 1)
  public static let execute = Protection(rawValue: 1 << 2)
  /// Accepted and without effect.
  public static let semaphore = Protection(rawValue: 1 << 3)
  /// mprotect: begin at the start of the growsdown region.
  public static let growsDown = Protection(rawValue: 1 << 24)
  /// mprotect: end at the end of a region that grows up; no region of this machine does.
  public static let growsUp = Protection(rawValue: 1 << 25)
}

/// The flags of mmap, by their x86 numbers.
///
/// Linux: `MAP_SHARED` and friends, include/uapi/linux/mman.h and asm-generic/mman.h.
public struct MapFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt64
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The bits that say which kind of mapping is wanted: `shared`, `private`, or both (validated).
  public static let typeMask: UInt64 = 0x0f
  public static let shared = MapFlags(rawValue: 0x01)
  public static let `private` = MapFlags(rawValue: 0x02)
  public static let sharedValidate = MapFlags(rawValue: 0x03)
  public static let droppable = MapFlags(rawValue: 0x08)
  public static let fixed = MapFlags(rawValue: 0x10)
  public static let anonymous = MapFlags(rawValue: 0x20)
  public static let low32Bit = MapFlags(rawValue: 0x40)
  public static let above4G = MapFlags(rawValue: 0x80)
  public static let growsDown = MapFlags(rawValue: 0x0100)
  public static let denyWrite = MapFlags(rawValue: 0x0800)
  public static let executable = MapFlags(rawValue: 0x1000)
  public static let locked = MapFlags(rawValue: 0x2000)
  public static let noReserve = MapFlags(rawValue: 0x4000)
  public static let populate = MapFlags(rawValue: 0x8000)
  public static let nonBlock = MapFlags(rawValue: 0x1_0000)
  public static let stack = MapFlags(rawValue: 0x2_0000)
  public static let hugeTLB = MapFlags(rawValue: 0x4_0000)
  /// Where the power of two of a huge page's size begins; 0 asks for 2 MiB.
  ///
  /// Linux: `MAP_HUGE_SHIFT`, include/uapi/asm-generic/hugetlb_encode.h.
  static let hugeShift: UInt64 = 26
  public static let sync = MapFlags(rawValue: 0x8_0000)
  public static let fixedNoReplace = MapFlags(rawValue: 0x10_0000)

  /// What every kernel since 2.6 knows; the others need `sharedValidate` to be taken seriously.
  ///
  /// Linux: `LEGACY_MAP_MASK`, include/linux/mman.h.
  static let legacy: MapFlags = [
    .sharedValidate, .fixed, .anonymous, .low32Bit, .above4G, .growsDown, .denyWrite, .executable,
    .locked, .noReserve, .populate, .nonBlock, .stack, .hugeTLB, MapFlags(rawValue: 0x7c00_0000),
  ]
}

/// The arguments of one mmap.
///
/// Linux: none (model only).
public struct MapRequest: Hashable, Sendable, BitwiseCopyable {
  /// Hint, or place with `fixed`; 0 lets the kernel choose.
  public var address: VirtualAddress = 0
  /// Bytes; rounded up to whole pages.
  public var length: UInt64
  public var protection: Protection
  public var flags: MapFlags
  /// The file to map, nil for a descriptor that is not open; ignored with `anonymous`.
  public var file: OpenFile?
  /// Bytes into the file.
  public var offset: UInt64 = 0

  public init(
    at address: VirtualAddress = 0, length: UInt64, _ protection: Protection, _ flags: MapFlags,
    file: OpenFile? = nil, offset: UInt64 = 0
  ) {
    self.address = address
    self.length = length
    self.protection = protection
    self.flags = flags
    self.file = file
    self.offset = offset
  }
}

/// What a mapping shows; nothing in particular for anonymous memory.
///
/// Linux: the `struct file` of `do_mmap`, mm/mmap.c.
struct MapSource: BitwiseCopyable {
  var object = MemoryObjectIndex.none
  /// The attach of System V shared memory that it is for.
  var attachment = AttachmentIndex.none
  /// What a file was opened for; nil for memory that is no file.
  var access: FileAccess?
  /// Whether a shared mapping may ever be written.
  var isWritable = true
  /// It goes with the regions that the new one replaces: a removed segment's last attach.
  var isLost = false
}
