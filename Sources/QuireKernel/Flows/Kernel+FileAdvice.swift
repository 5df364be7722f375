// Advice on files, and what of them is in memory: fadvise, readahead and cachestat.

internal import KernelStorage

/// What `posix_fadvise` can be told.
///
/// Linux: `POSIX_FADV_NORMAL` and friends, include/uapi/linux/fadvise.h.
public enum FileAdvice: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case normal = 0
  /// Read only what is asked for.
  case random = 1
  /// Read twice as far ahead.
  case sequential = 2
  /// Read it now.
  case willNeed = 3
  /// Write it and drop it from memory.
  case dontNeed = 4
  /// It will be read once. The kernel lets accesses through a mapping count for nothing then;
  /// here they count.
  case noReuse = 5
}

/// What of a part of a file is in memory, in pages.
///
/// Linux: `struct cachestat`, include/uapi/linux/mman.h.
public struct CacheStatus: Hashable, Sendable {
  public var cached: UInt64 = 0
  public var dirty: UInt64 = 0
  /// What is written is clean at once.
  public var underWriteback: UInt64 = 0
  /// Pages of memory without a disk that are in swap. Of a disk's the kernel keeps shadows for a
  /// while; here nobody knows that they were there.
  public var evicted: UInt64 = 0
  public var recentlyEvicted: UInt64 = 0

  public init() {}
}

extension Kernel {
  /// Takes advice about a part of a file; a length of 0 reaches to its end.
  ///
  /// How it is read from now on concerns everybody who reads the file.
  /// - Throws: EBADF.
  /// Linux: `generic_fadvise`, mm/fadvise.c.
  public mutating func fadvise(
    _ file: OpenFile, at offset: UInt64, length: UInt64, _ advice: FileAdvice, by task: TaskIndex
  ) throws(Errno) {
    charge(costs.systemCall)
    let object = try object(of: file)
    let record = virtual.objects[object]
    if !record.flags.contains(.onDisk) { return }
    let (sum, isOver) = offset.addingReportingOverflow(length)
    let end = length == 0 || isOver ? UInt64(Int64.max) : sum
    switch advice {
    case .normal:
      virtual.objects[object].readahead.isRandom = false
      virtual.objects[object].readahead.window = ReadaheadState.pages
    case .random: virtual.objects[object].readahead.isRandom = true
    case .sequential:
      virtual.objects[object].readahead.isRandom = false
      virtual.objects[object].readahead.window = 2 * ReadaheadState.pages
    case .noReuse: break
    case .willNeed:
      let last = (end - 1) >> Page.shift
      readAhead(offset >> Page.shift..<max(last + 1, offset >> Page.shift), of: object, by: task)
    case .dontNeed:
      let first = (offset &+ Page.offsetMask) >> Page.shift
      // The last page may be dropped only whole, or at the end of the file.
      let last = end == record.size ? record.pageCount : end >> Page.shift
      writeBack(object, offset >> Page.shift..<max(last, offset >> Page.shift))
      invalidate(object, first..<max(last, first))
    }
  }

  /// Reads a part of a file into memory, without waiting for it.
  ///
  /// - Throws: EBADF, also when it is not open for reading.
  /// Linux: `ksys_readahead`, mm/readahead.c.
  public mutating func readahead(
    _ file: OpenFile, at offset: UInt64, length: UInt64, by task: TaskIndex
  ) throws(Errno) {
    if !file.access.contains(.read) { throw .EBADF }
    try fadvise(file, at: offset, length: length, .willNeed, by: task)
  }

  /// Counts what of a part of a file is in memory; a length of 0 reaches to its end.
  ///
  /// - Parameter flags: none are known.
  /// - Throws: EBADF, EINVAL.
  /// Linux: `sys_cachestat`, mm/filemap.c.
  public mutating func cacheStatus(
    of file: OpenFile, at offset: UInt64 = 0, length: UInt64 = 0, flags: UInt64 = 0
  ) throws(Errno) -> CacheStatus {
    charge(costs.systemCall)
    let object = try object(of: file)
    if flags != 0 { throw .EINVAL }
    let last = length == 0 ? UInt64.max : (offset &+ length &- 1) >> Page.shift
    var status = CacheStatus()
    var page = offset >> Page.shift
    while page <= last, let found = virtual.objects.nextOccupied(from: page, of: object),
      found <= last
    {
      let slot = virtual.objects.slot(found, of: object)
      if slot.isSwap {
        status.evicted += 1
      } else {
        status.cached += 1
        let isDirty = memory.frames[slot.frame].flags.contains(.dirty)
        // Memory without a disk has nothing to write.
        if isDirty && virtual.objects[object].flags.contains(.onDisk) { status.dirty += 1 }
      }
      page = found + 1
    }
    return status
  }
}
