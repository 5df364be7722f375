// read and write: data moves between a file and a process, page by page (CACHE-4, CACHE-7, REC-17).
//
// The kernel touches the process's memory itself, and so takes the process's faults. A transfer is
// a record with a cursor: it stops between two pages when the slice is over or a disk must work.

internal import KernelStorage

/// One read or write of a file on its way.
///
/// Linux: `struct kiocb` and `struct iov_iter`, include/linux/fs.h and include/linux/uio.h.
public struct FileTransfer: Hashable, Sendable, BitwiseCopyable {
  public let file: OpenFile
  /// From the process to the file.
  public let isWrite: Bool
  /// The next byte of the file, and of the process.
  public internal(set) var offset: UInt64
  public fileprivate(set) var address: VirtualAddress
  /// Bytes that are left.
  public internal(set) var left: UInt64
  /// Bytes that were moved: what the call returns.
  public fileprivate(set) var moved: UInt64 = 0
  fileprivate var hasBegun = false

  public init(
    _ file: OpenFile, at offset: UInt64, _ address: VirtualAddress, _ length: UInt64,
    isWrite: Bool
  ) {
    self.file = file
    self.offset = offset
    self.address = address
    left = length
    self.isWrite = isWrite
  }

  /// Bytes that one call moves.
  ///
  /// Linux: MAX_RW_COUNT, include/linux/fs.h.
  fileprivate static let most: UInt64 = UInt64(Int32.max) & ~Page.offsetMask

  /// Bytes to the end of the page of the file.
  fileprivate var step: UInt64 { min(left, Page.size - offset & Page.offsetMask) }

  mutating func advance(_ bytes: UInt64) {
    offset += bytes
    address &+= bytes
    left -= bytes
    moved += bytes
  }
}

extension Kernel {
  /// Goes on with a read or write; `moved` holds what it returns when it is done.
  ///
  /// It is done early at the end of the file, and where memory cannot be touched: only when nothing
  /// was moved before is that EFAULT.
  /// Linux: `ksys_pread64` and `ksys_pwrite64`, fs/read_write.c.
  public mutating func perform(_ transfer: inout FileTransfer, by task: TaskIndex) -> Progress {
    move(&transfer, by: task)
  }

  mutating func move(_ transfer: inout FileTransfer, by task: TaskIndex) -> Progress {
    do throws(Errno) {
      let object = try begin(&transfer, by: task)
      while transfer.left > 0 {
        if now >= sliceEnd { return .again }
        if !transfer.isWrite && transfer.offset >= virtual.objects[object].size { break }
        let progress =
          transfer.isWrite
          ? try writeStep(&transfer, object, by: task) : try readStep(&transfer, object, by: task)
        if progress != .done { return progress }
      }
    } catch {
      if transfer.moved == 0 { return .failed(error) }
    }
    return .done
  }

  /// The checks before the first byte.
  ///
  /// Linux: `vfs_read`, `rw_verify_area` and `generic_write_checks`, fs/read_write.c.
  private mutating func begin(
    _ transfer: inout FileTransfer, by task: TaskIndex
  ) throws(Errno) -> MemoryObjectIndex {
    let object = try object(of: transfer.file)
    if transfer.hasBegun { return object }
    transfer.hasBegun = true
    charge(costs.systemCall)
    if transfer.offset > UInt64(Int64.max) { throw .EINVAL }
    if !transfer.file.access.contains(transfer.isWrite ? .write : .read) { throw .EBADF }
    _ = try self.object(of: transfer.file, orForDevice: .EINVAL)
    if !isUserRange(transfer.address, transfer.left) { throw .EFAULT }
    if transfer.left > UInt64(Int64.max) - transfer.offset { throw .EINVAL }
    transfer.left = min(transfer.left, FileTransfer.most)
    if transfer.isWrite { try refuseWriting(object) }
    if transfer.isWrite && transfer.left > 0 {
      let allowed = tasks[task].limits.fileSize
      if transfer.offset >= allowed { throw refusalOfSize(by: task) }
      let limit = min(FileKind.of(virtual.objects[object].flags).largestSize, allowed)
      if transfer.offset >= limit { throw .EFBIG }
      transfer.left = min(transfer.left, limit - transfer.offset)
    }
    return object
  }

  // MARK: Reading

  /// Copies what one page of the file has, to at most two pages of the process.
  ///
  /// Linux: `filemap_read` and `shmem_file_read_iter`, mm/filemap.c and mm/shmem.c.
  private mutating func readStep(
    _ transfer: inout FileTransfer, _ object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) -> Progress {
    let page = transfer.offset >> Page.shift
    let until = try prepareRead(transfer, page, object, by: task)
    if until > now { return .blocked(until: until) }
    let source = virtual.objects.slot(page, of: object).frame
    let isHole = source.isNone
    let wasHeld = isHole || hold(source)
    defer { if !isHole { letGo(source, wasHeld: wasHeld) } }
    var count = min(transfer.step, virtual.objects[object].size - transfer.offset)
    count = min(count, Page.size - transfer.address & Page.offsetMask)
    var target = FrameNumber.none
    let progress = userFrame(
      at: transfer.address, .write, &target, by: task, takesFaults: true)
    if progress != .done { return try copyProgress(progress) }
    copyBytes(
      Int(count), from: isHole ? virtual.zeroFrame : source,
      Int(transfer.offset & Page.offsetMask), to: target, Int(transfer.address & Page.offsetMask))
    if !isHole && transfer.offset != virtual.objects[object].readahead.previous {
      markAccessed(source)
    }
    transfer.advance(count)
    virtual.objects[object].readahead.previous = transfer.offset
    return .done
  }

  /// Has the page of the file in memory, with what is read along with it; a hole of memory without
  /// a disk stays one.
  ///
  /// Linux: `filemap_get_pages`, mm/filemap.c.
  private mutating func prepareRead(
    _ transfer: FileTransfer, _ page: UInt64, _ object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) -> Nanoseconds {
    let slot = virtual.objects.slot(page, of: object)
    if slot.isSwap { return try readShared(page, of: object, by: task) }
    guard virtual.objects[object].flags.contains(.onDisk) else { return now }
    let wanted =
      (transfer.offset + transfer.left + Page.offsetMask) >> Page.shift - page
    if !slot.isNone {
      if slot.isUnread { finishReading(page, of: object) }
      passMark(page, wanted, of: object, by: task)
      return now
    }
    let until = readMissing(page, wanted, of: object, by: task)
    if !virtual.objects.slot(page, of: object).isNone { return until }
    return max(until, try readAlone(page, of: object, by: task))
  }

  // MARK: Writing

  /// Copies from at most one page of the process to one page of the file.
  ///
  /// Linux: `generic_perform_write`, mm/filemap.c.
  private mutating func writeStep(
    _ transfer: inout FileTransfer, _ object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) -> Progress {
    let count = min(transfer.step, Page.size - transfer.address & Page.offsetMask)
    var source = FrameNumber.none
    if rules.contains(.writeBeginsBlindly),
      userFrame(at: transfer.address, .read, &source, by: task, takesFaults: false) != .done
    {
      try beginWrite(transfer, object, by: task)
    }
    let progress = userFrame(
      at: transfer.address, .read, &source, by: task, takesFaults: true)
    if progress != .done { return try copyProgress(progress) }
    // The page of zeros and registers are never reclaimed, and nobody may mark them.
    let isFixed = source == virtual.zeroFrame || !memory.isRAM(source)
    let wasHeld = isFixed || hold(source)
    defer { if !isFixed { letGo(source, wasHeld: wasHeld) } }
    try clearGap(before: transfer.offset, of: object, by: task)
    let target = try writablePage(
      transfer.offset >> Page.shift, isWhole: count == Page.size, of: object, by: task)
    copyBytes(
      Int(count), from: source, Int(transfer.address & Page.offsetMask), to: target,
      Int(transfer.offset & Page.offsetMask))
    markDirty(target)
    markAccessed(target)
    transfer.advance(count)
    virtual.objects[object].size = max(virtual.objects[object].size, transfer.offset)
    balanceDirtyPages()
    return .done
  }

  /// What a write does to its file before it finds that what it should copy is not there.
  ///
  /// The file reaches to where the write begins. Its page is dirty where it is memory, where it was
  /// a hole, and where the write begins inside of it: the kernel takes the block that holds the
  /// first of no bytes for a written one.
  /// Linux: `generic_perform_write`, mm/filemap.c, with a copy of nothing; `block_write_end`,
  /// fs/buffer.c.
  private mutating func beginWrite(
    _ transfer: FileTransfer, _ object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) {
    let page = transfer.offset >> Page.shift
    try clearGap(before: transfer.offset, of: object, by: task)
    virtual.objects[object].size = max(virtual.objects[object].size, transfer.offset)
    // Behind the end nobody will find the page.
    if page >= virtual.objects[object].pageCount { return }
    let isOnDisk = virtual.objects[object].flags.contains(.onDisk)
    let wasHole = isOnDisk && virtual.objects.block(page, of: object).isHole
    let isMissing = virtual.objects.slot(page, of: object).isNone
    if isOnDisk && isMissing && !wasHole && transfer.step == Page.size {
      return try cacheUnread(page, of: object, by: task)
    }
    let frame = try writablePage(page, isWhole: false, of: object, by: task)
    if !isOnDisk || wasHole || !Page.isAligned(transfer.offset) { markDirty(frame) }
  }

  /// The page of an object that is to be written; what will be overwritten whole is not read.
  ///
  /// Linux: `ext4_da_write_begin` and `shmem_write_begin`, fs/ext4/inode.c and mm/shmem.c.
  private mutating func writablePage(
    _ page: UInt64, isWhole: Bool, of object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) -> FrameNumber {
    let isMissing = virtual.objects.slot(page, of: object).isNone
    if isWhole && isMissing && virtual.objects[object].flags.contains(.onDisk) {
      let frame = try addPage(page, to: object, by: task)
      let block = virtual.objects.block(page, of: object)
      if !block.isHole {
        memory.store.release(block.data)
        virtual.objects.setBlock(page, of: object, to: .zero)
      }
      return frame
    }
    return try cachedPage(page, of: object, by: task)
  }

  /// The flusher begins when too much is dirty (WB-4).
  ///
  /// Linux: `balance_dirty_pages`, mm/page-writeback.c.
  private mutating func balanceDirtyPages() {
    if gauges.nr_dirty > dirtyThreshold(percent: 10) { _ = writeBackAll() }
  }

  // MARK: The process's memory

  /// What became of a copy whose access was not simply done: no right is EFAULT, all else waits.
  func copyProgress(_ progress: Progress) throws(Errno) -> Progress {
    if case .signal = progress { throw .EFAULT }
    return progress
  }

  mutating func copyBytes(
    _ count: Int, from source: FrameNumber, _ sourceOffset: Int, to target: FrameNumber,
    _ targetOffset: Int
  ) {
    charge(costs.pageCopy * UInt64(count) / Page.size)
    if source == target && sourceOffset == targetOffset { return }
    if count == Int(Page.size) {
      memory.copyData(from: source, to: target)
      return
    }
    // A mapped file may be its own source: what is overwritten first must not be read later.
    let isAbove = source == target && sourceOffset < targetOffset
    for step in 0..<count {
      let place = isAbove ? count - 1 - step : step
      let byte = memory.byte(source, sourceOffset + place)
      memory.setByte(target, targetOffset + place, to: byte)
    }
  }
}

extension Kernel {
  /// One byte of a file, as somebody outside of the process reads it; nil beyond the end.
  package mutating func fileByte(
    _ file: OpenFile, at offset: UInt64, by task: TaskIndex
  ) throws(Errno) -> UInt8? {
    let object = try object(of: file)
    if offset >= virtual.objects[object].size { return nil }
    let own = virtual.objects[object].readahead
    virtual.objects[object].readahead = ReadaheadState()
    defer { virtual.objects[object].readahead = own }
    let transfer = FileTransfer(file, at: offset, 0, 1, isWrite: false)
    now = max(now, try prepareRead(transfer, offset >> Page.shift, object, by: task))
    let frame = virtual.objects.slot(offset >> Page.shift, of: object).frame
    return frame.isNone ? 0 : memory.byte(frame, Int(offset & Page.offsetMask))
  }

  /// Stores one byte in a file from outside of the process.
  package mutating func setFileByte(
    _ file: OpenFile, at offset: UInt64, to byte: UInt8, by task: TaskIndex
  ) throws(Errno) {
    let object = try object(of: file)
    try clearGap(before: offset, of: object, by: task)
    let frame = try writablePage(offset >> Page.shift, isWhole: false, of: object, by: task)
    memory.setByte(frame, Int(offset & Page.offsetMask), to: byte)
    markDirty(frame)
    virtual.objects[object].size = max(virtual.objects[object].size, offset + 1)
  }

  /// Fills whole pages of a file, each with a byte of its own, as a writer outside would.
  package mutating func fillFile(
    _ file: OpenFile, pages: UInt64, by task: TaskIndex, _ byte: (UInt64) -> UInt8
  ) throws(Errno) {
    let object = try object(of: file)
    for page in 0..<pages {
      let frame = try writablePage(page, isWhole: true, of: object, by: task)
      memory.fill(frame, with: byte(page))
      markDirty(frame)
      markAccessed(frame)
    }
    virtual.objects[object].size = max(virtual.objects[object].size, pages << Page.shift)
  }
}
