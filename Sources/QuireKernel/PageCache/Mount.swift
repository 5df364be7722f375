// Mounted file systems in memory: how much their files may hold.

internal import KernelStorage

/// Index of a mount; 0 is none, and stands for the kernel's own, which has no limit.
///
/// Linux: none (model only).
public struct MountIndex: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  package init(_ index: Int) { rawValue = UInt32(index) }
  public static var none: MountIndex { MountIndex(0) }
  public var index: Int { Int(rawValue) }
  public var isNone: Bool { rawValue == 0 }
}

/// A mounted tmpfs.
///
/// Linux: `struct shmem_sb_info`, include/linux/shmem_fs.h.
public struct Mount: BitwiseCopyable, Sendable {
  /// Pages that its files may have in memory and in swap; 0 for as many as there are.
  public let capacity: UInt64
  public internal(set) var used: UInt64 = 0
  public internal(set) var files: UInt64 = 0
  /// The kernel memory of the super block, of the root's inode and of its entry.
  var objects: [3 of SlabObject]

  /// Whether it could not hold so many pages, were it empty.
  func isSmaller(than pages: UInt64) -> Bool { capacity != 0 && pages > capacity }

  /// Bytes of the super block. Linux: `struct super_block`, include/linux/fs.h.
  static var recordSize: Int { 1408 }
}
