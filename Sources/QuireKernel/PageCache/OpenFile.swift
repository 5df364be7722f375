// Files as processes see them: what kind one is, and what whoever opened it may do.

/// Where a file keeps its data.
///
/// Linux: ext4 and tmpfs, as they stand for all others; fs/ext4 and mm/shmem.c.
public enum FileKind: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// On a disk; the pages in memory are a cache.
  case disk
  /// In memory and in swap alone: tmpfs, and what memfd_create makes.
  case memory
}

/// What a file was opened for.
///
/// Linux: `FMODE_READ` and `FMODE_WRITE`, include/linux/fs.h.
public struct FileAccess: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let read = FileAccess(rawValue: 1 << 0)
  public static let write = FileAccess(rawValue: 1 << 1)
  public static let readWrite: FileAccess = [.read, .write]
}

/// A file and what its holder may do with it.
///
/// It is a name, not a claim: after `unlink` it leads nowhere, as a closed descriptor does.
/// Linux: `struct file`, include/linux/fs.h, in part.
public struct OpenFile: Hashable, Sendable, BitwiseCopyable {
  public var object: MemoryObjectIndex
  /// Of the inode; a later file at the same index has another.
  public var number: UInt64
  public var access: FileAccess

  package init(object: MemoryObjectIndex, number: UInt64, access: FileAccess) {
    self.object = object
    self.number = number
    self.access = access
  }

  /// The same file, opened for something else.
  public func opened(for access: FileAccess) -> OpenFile {
    OpenFile(object: object, number: number, access: access)
  }

  /// What a descriptor of something else than a file comes to: it cannot be mapped.
  public static func unmappable(_ access: FileAccess) -> OpenFile {
    OpenFile(object: .none, number: 0, access: access)
  }

  var isMappable: Bool { number != 0 }
}

/// What a file has at one page of its disk.
///
/// Linux: a block of a file, as `ext4_map_blocks` finds it, fs/ext4/inode.c.
struct FileBlock: BitwiseCopyable {
  var bits: UInt64

  private static let allocatedMark: UInt64 = 1 << 32

  init(bits: UInt64) { self.bits = bits }
  /// A block with this data. While the page is in memory the data is there alone, and the block
  /// holds zeros.
  init(_ data: PageData) { bits = Self.allocatedMark | UInt64(data.bits) }

  /// The file has nothing here: it reads as zeros without the disk.
  var isHole: Bool { bits == 0 }
  var data: PageData { PageData(bits: UInt32(truncatingIfNeeded: bits)) }
}

/// The disk that files are on: one queue, so that a request waits for those before it.
///
/// What is read is there for everybody at once, and only the task that asked waits; what is written
/// is clean at once.
/// Linux: none (model only).
struct FileDisk: BitwiseCopyable {
  private var busyUntil: Nanoseconds = 0

  /// Asks for pages and says when the last is over.
  mutating func transfer(_ pages: UInt64, now: Nanoseconds, _ costs: Costs) -> Nanoseconds {
    busyUntil = max(busyUntil, now) + pages * costs.diskPage
    return busyUntil + costs.diskLatency
  }
}

/// What reading a file has taught about how it is read.
///
/// It belongs to the file here, not to the descriptor: whoever reads the same file shares it.
/// Linux: `struct file_ra_state`, include/linux/fs.h.
struct ReadaheadState: Hashable, BitwiseCopyable {
  /// The window that was read last, in pages, and how many at its end were read ahead of use.
  var start: UInt64 = 0
  var size: UInt64 = 0
  var aheadSize: UInt64 = 0
  /// Faults that found nothing, less those that did.
  var misses: UInt64 = 0
  /// The byte behind the last read; `none` before the first.
  var previous = Self.none

  /// Pages of a window, as advice on the file has it.
  var window = Self.pages
  /// Nothing is read that was not asked for. Linux: `FMODE_RANDOM`, include/linux/fs.h.
  var isRandom = false

  static let none = UInt64.max
  /// Linux: `VM_READAHEAD_PAGES`, include/linux/mm.h.
  static let pages: UInt64 = 32
  /// Linux: `MMAP_LOTSAMISS`, mm/filemap.c.
  static let manyMisses: UInt64 = 100
}
