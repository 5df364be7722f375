// Files: they are made, opened, cut, punched, written out and removed.

internal import KernelStorage

extension Kernel {
  /// Makes a file of a size: all of it a hole, or on its disk from the start and not in memory.
  ///
  /// It belongs to the task's user.
  /// - Parameter fill: the byte that its disk is full of; nil for a hole.
  /// - Throws: ENOMEM without kernel memory, EFBIG.
  /// Linux: `vfs_create` and `sys_memfd_create`, fs/namei.c and mm/memfd.c.
  public mutating func makeFile(
    _ kind: FileKind, size: UInt64 = 0, fill: UInt8? = nil, mode: FileMode = .usual,
    on mount: MountIndex = .none, by task: TaskIndex
  ) throws(Errno) -> OpenFile {
    charge(costs.systemCall)
    if size > kind.largestSize { throw .EFBIG }
    let flags: MemoryObjectFlags = kind == .disk ? .onDisk : .noReserve
    let object = try makeObject(size: size, [.file, .faultAround, flags], by: task)
    virtual.objects[object].holders = 1
    virtual.objects[object].owner = tasks[task].credentials.user
    virtual.objects[object].mode = mode
    virtual.objects[object].mount = mount
    if !mount.isNone { virtual.objects[mount].files += 1 }
    if let fill, kind == .disk {
      for page in 0..<virtual.objects[object].pageCount {
        virtual.objects.setBlock(page, of: object, to: PageData(fill: fill))
      }
    }
    return OpenFile(
      object: object, number: virtual.objects[object].number, access: .readWrite)
  }

  /// Whether a file is still there.
  public func isOpen(_ file: OpenFile) -> Bool {
    virtual.objects.records.isLive(file.object.index)
      && virtual.objects[file.object].number == file.number
      && virtual.objects[file.object].holders > 0
  }

  /// The object of a file that is still there.
  ///
  /// Linux: `fdget`, include/linux/file.h.
  func object(of file: OpenFile) throws(Errno) -> MemoryObjectIndex {
    if !isOpen(file) { throw .EBADF }
    return file.object
  }

  /// Removes a file; its pages go when nobody maps it any more.
  ///
  /// - Throws: ENOENT when it is gone already.
  /// Linux: `vfs_unlink`, fs/namei.c.
  public mutating func unlink(_ file: OpenFile, by task: TaskIndex) throws(Errno) {
    charge(costs.systemCall)
    if !isOpen(file) { throw .ENOENT }
    virtual.objects[file.object].holders -= 1
    releaseIfUnused(file.object)
  }

  // MARK: Size

  /// Bytes of a file, pages of it in memory, and pages that are not on its disk yet.
  public func fileUsage(
    _ file: OpenFile
  ) throws(Errno) -> (size: UInt64, cachedPages: UInt64, dirtyPages: UInt64) {
    let record = virtual.objects[try object(of: file)]
    return (record.size, record.residentPages, record.dirtyPages)
  }

  /// Gives a file another size (CACHE-8).
  ///
  /// What lies beyond is gone, also from processes that have made copies of it; the rest of the
  /// last page becomes zeros, even when the size stays. Of a file on disk that grows, so does what
  /// was stored behind its old end.
  /// - Throws: EBADF, EINVAL when it may not be written, EFBIG, ENOMEM.
  /// Linux: `do_sys_ftruncate`, fs/open.c; `ext4_setattr` and `shmem_setattr`.
  public mutating func truncate(
    _ file: OpenFile, to size: UInt64, by task: TaskIndex
  ) throws(Errno) {
    charge(costs.systemCall)
    let object = try object(of: file, orForDevice: .EINVAL)
    if !file.access.contains(.write) { throw .EINVAL }
    try refuseWriting(object)
    if size > FileKind.of(virtual.objects[object].flags).largestSize { throw .EFBIG }
    if size > max(virtual.objects[object].size, tasks[task].limits.fileSize) {
      throw refusalOfSize(by: task)
    }
    if size > virtual.objects[object].size {
      try clearGap(before: size, of: object, by: task)
    } else {
      let kept = (size &+ Page.offsetMask) >> Page.shift
      try zero(object, size..<(kept << Page.shift), by: task)
      virtual.objects[object].size = size
      unmapPages(kept..<UInt64.max, of: object, withCopies: true)
      dropPages(kept..<UInt64.max, of: object)
    }
    virtual.objects[object].size = size
  }

  /// A file may not become as large as that: the task gets SIGXFSZ too.
  ///
  /// Linux: `generic_write_check_limits`, fs/read_write.c, and `inode_newsize_ok`, fs/attr.c.
  mutating func refusalOfSize(by task: TaskIndex) -> Errno {
    post(.SIGXFSZ, toThread: task)
    return .EFBIG
  }

  /// Makes a hole; the size stays.
  ///
  /// - Throws: EBADF when it may not be written, EINVAL for no bytes, EFBIG, ENOMEM.
  /// Linux: `vfs_fallocate` with FALLOC_FL_PUNCH_HOLE, fs/open.c.
  public mutating func punchHole(
    _ file: OpenFile, at offset: UInt64, length: UInt64, by task: TaskIndex
  ) throws(Errno) {
    charge(costs.systemCall)
    let object = try object(of: file)
    if offset > UInt64(Int64.max) || length == 0 || length > UInt64(Int64.max) { throw .EINVAL }
    if !file.access.contains(.write) { throw .EBADF }
    try refuseWriting(try self.object(of: file, orForDevice: .ENODEV))
    if offset + length > FileKind.of(virtual.objects[object].flags).largestSize { throw .EFBIG }
    try punch(object, from: offset, length: length, by: task)
  }

  /// Sets a part of a file aside: what is a hole there gets room on the disk, or a page of zeros.
  ///
  /// - Throws: EBADF when it may not be written, EINVAL for no bytes, EFBIG, ENOMEM, ENOSPC; then
  ///   nothing was set aside.
  /// Linux: `ext4_fallocate` and `shmem_fallocate`, fs/ext4/extents.c and mm/shmem.c.
  public mutating func preallocate(
    _ file: OpenFile, at offset: UInt64, length: UInt64, keepsSize: Bool, by task: TaskIndex
  ) throws(Errno) {
    charge(costs.systemCall)
    let object = try object(of: file)
    if offset > UInt64(Int64.max) || length == 0 || length > UInt64(Int64.max) { throw .EINVAL }
    if !file.access.contains(.write) { throw .EBADF }
    try refuseWriting(try self.object(of: file, orForDevice: .ENODEV))
    let end = offset + length
    if end > FileKind.of(virtual.objects[object].flags).largestSize { throw .EFBIG }
    let size = max(virtual.objects[object].size, keepsSize ? 0 : end)
    if size > max(virtual.objects[object].size, tasks[task].limits.fileSize) {
      throw refusalOfSize(by: task)
    }
    // Beyond the end there is nothing that anybody could tell from a hole.
    let first = offset >> Page.shift
    let last = max(first, (min(end, size) + Page.offsetMask) >> Page.shift)
    if virtual.objects[object].flags.contains(.onDisk) {
      for page in first..<last where virtual.objects.block(page, of: object).isHole {
        virtual.objects.setBlock(page, of: object, to: .zero)
      }
    } else {
      try fillHoles(first..<last, of: object, by: task)
    }
    virtual.objects[object].size = size
  }

  /// Gives each hole of a file of memory a page of zeros, or none of them.
  ///
  /// Linux: `shmem_fallocate` and `shmem_undo_range`, mm/shmem.c.
  private mutating func fillHoles(
    _ pages: Range<UInt64>, of object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) {
    let mount = virtual.objects[object].mount
    if !mount.isNone && virtual.objects[mount].isSmaller(than: UInt64(pages.count)) {
      throw .ENOSPC
    }
    var filled: [UInt64] = []
    do throws(Errno) {
      for page in pages {
        let isHole = virtual.objects.slot(page, of: object).isNone
        _ = try cachedPage(page, of: object, by: task)
        if isHole { filled.append(page) }
      }
    } catch {
      for page in filled { dropPages(page..<page + 1, of: object) }
      throw error
    }
  }

  /// Takes whole pages away, from processes too, but not the copies that they have made; what is
  /// cut of the pages at the ends becomes zeros.
  ///
  /// A hole that ends in the first page takes every page from its start on out of the processes:
  /// the kernel computes the last whole page as -1, and takes that for a large number.
  /// Linux: `ext4_punch_hole` and `shmem_fallocate`, fs/ext4/inode.c and mm/shmem.c.
  mutating func punch(
    _ object: MemoryObjectIndex, from offset: UInt64, length: UInt64, by task: TaskIndex
  ) throws(Errno) {
    var end = offset + length
    let record = virtual.objects[object]
    if record.flags.contains(.onDisk) {
      if offset >= record.size { return }
      if end > record.size { end = Page.alignUp(record.size) }
    }
    let first = (offset + Page.offsetMask) >> Page.shift
    let last = end >> Page.shift
    if first > last {
      try zero(object, offset..<end, by: task)
    } else {
      try zero(object, offset..<(first << Page.shift), by: task)
      try zero(object, (last << Page.shift)..<end, by: task)
    }
    let lastUnmapped = last == 0 ? UInt64.max : max(first, last)
    unmapPages(first..<lastUnmapped, of: object, withCopies: false)
    dropPages(first..<max(first, last), of: object)
  }

  /// A file is about to grow to an offset or be written there: what processes have stored behind
  /// its end, in the last page of a file on disk, becomes zeros.
  ///
  /// Linux: `ext4_block_truncate_page` in `ext4_setattr`, `ext4_zero_partial_blocks` in
  /// `ext4_da_do_write_end`, fs/ext4/inode.c.
  mutating func clearGap(
    before offset: UInt64, of object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) {
    let record = virtual.objects[object]
    if offset <= record.size || !record.flags.contains(.onDisk) { return }
    try zero(object, record.size..<min(offset, Page.alignUp(record.size)), by: task)
  }

  /// Zeros a part of one page, unless it is beyond the end.
  ///
  /// A hole of a file on disk stays one, but has a page from then on; only where it has data that
  /// the disk has not seen yet is the page dirty.
  /// Linux: `ext4_block_zero_page_range` and `truncate_inode_partial_folio`, fs/ext4/inode.c and
  /// mm/truncate.c.
  private mutating func zero(
    _ object: MemoryObjectIndex, _ bytes: Range<UInt64>, by task: TaskIndex
  ) throws(Errno) {
    let page = bytes.lowerBound >> Page.shift
    if bytes.isEmpty || page >= virtual.objects[object].pageCount { return }
    let isOnDisk = virtual.objects[object].flags.contains(.onDisk)
    let isHole = virtual.objects.block(page, of: object).isHole
    let slot = virtual.objects.slot(page, of: object)
    let isUnread = isOnDisk && (slot.isNone || slot.isUnread)
    if isHole && (slot.isNone || isUnread) {
      if isOnDisk && slot.isNone { try cacheUnread(page, of: object, by: task) }
      return
    }
    let frame = try cachedPage(page, of: object, by: task)
    let start = Int(bytes.lowerBound & Page.offsetMask)
    for offset in start..<(start + bytes.count) { memory.setByte(frame, offset, to: 0) }
    if isOnDisk && isHole && !memory.frames[frame].flags.contains(.dirty) { return }
    markDirty(frame)
    // The kernel reads the block for itself: the page as a whole still counts as not read.
    if isUnread { setUnread(page, of: object, true) }
  }

  // MARK: Disk and cache

  /// Writes what the disk of a file does not have yet.
  ///
  /// - Returns: when the disk has it.
  /// Linux: `vfs_fsync`, fs/sync.c.
  public mutating func fsync(_ file: OpenFile, by task: TaskIndex) throws(Errno) -> Nanoseconds {
    charge(costs.systemCall)
    return writeBack(try object(of: file, orForDevice: .EINVAL))
  }

  /// Writes all dirty pages of all files.
  ///
  /// - Returns: when the disk has them.
  /// Linux: `ksys_sync`, fs/sync.c.
  public mutating func sync(by task: TaskIndex) -> Nanoseconds {
    charge(costs.systemCall)
    return writeBackAll()
  }
}

extension FileKind {
  static func of(_ flags: MemoryObjectFlags) -> FileKind {
    flags.contains(.onDisk) ? .disk : .memory
  }

  /// The largest size of a file: blocks of 4 KiB are counted in 32 bits.
  ///
  /// Linux: `ext4_max_size` and MAX_LFS_FILESIZE, fs/ext4/super.c and include/linux/fs.h.
  var largestSize: UInt64 {
    self == .disk ? UInt64(UInt32.max) << Page.shift : UInt64(Int64.max) & ~Page.offsetMask
  }
}
