// The page cache: pages of files that are dirty, are written, and may go (CACHE-3, WB-6).
//
// The data of a page on disk is in one place: in the frame while it is cached, else in its block.

internal import KernelStorage

extension Kernel {
  // MARK: Dirty pages

  /// The data of a page is newer than what its disk or its swap slot has.
  ///
  /// Linux: `folio_mark_dirty`, mm/page-writeback.c.
  @inline(__always)
  mutating func markDirty(_ frame: FrameNumber) {
    if memory.frames[frame].flags.contains(.dirty) { return }
    memory.frames[frame].flags.insert(.dirty)
    if memory.frames[frame].flags.isDisjoint(with: [.swapBacked, .anonymous]) {
      countDirty(frame)
    }
  }

  /// A process is about to store in a page through its map.
  ///
  /// Linux: `fault_dirty_shared_page`, mm/memory.c.
  mutating func markStored(_ frame: FrameNumber) {
    let flags = memory.frames[frame].flags
    if flags.contains(.dirty) && flags.isDisjoint(with: [.swapBacked, .anonymous]) {
      clearReadaheadMark(frame)
    }
    markDirty(frame)
  }

  /// Linux: `folio_clear_reclaim` in `folio_mark_dirty`, mm/page-writeback.c.
  private mutating func clearReadaheadMark(_ frame: FrameNumber) {
    let page = memory.frames[frame]
    if virtual.objects.slot(page.index, of: page.object).isReadaheadMark {
      setReadaheadMark(page.index, of: page.object, false)
    }
  }

  /// Linux: `folio_account_dirtied`, mm/page-writeback.c.
  private mutating func countDirty(_ frame: FrameNumber) {
    clearReadaheadMark(frame)
    virtual.objects[memory.frames[frame].object].dirtyPages += 1
    gauges.nr_dirty += 1
    counters.nr_dirtied += 1
  }

  /// The page need not be written any more.
  ///
  /// Linux: `folio_cancel_dirty`, mm/page-writeback.c.
  mutating func markClean(_ frame: FrameNumber) {
    let page = memory.frames[frame]
    if !page.flags.contains(.dirty) { return }
    memory.frames[frame].flags.remove(.dirty)
    if page.flags.contains(.swapBacked) { return }
    virtual.objects[page.object].dirtyPages -= 1
    gauges.nr_dirty -= 1
  }

  // MARK: Writing

  /// Writes the dirty pages of a part of a file and says when the disk has them; memory without a
  /// disk has nothing to write.
  ///
  /// Linux: `filemap_write_and_wait_range`, mm/filemap.c.
  @discardableResult
  mutating func writeBack(
    _ object: MemoryObjectIndex, _ pages: Range<UInt64> = 0..<UInt64.max
  ) -> Nanoseconds {
    guard virtual.objects[object].flags.contains(.onDisk) else { return now }
    var written: UInt64 = 0
    var page = pages.lowerBound
    while virtual.objects[object].dirtyPages > 0,
      let found = virtual.objects.nextOccupied(from: page, of: object), found < pages.upperBound
    {
      let frame = virtual.objects.slot(found, of: object).frame
      if memory.frames[frame].flags.contains(.dirty) {
        cleanEntries(of: frame)
        markClean(frame)
        clearReadaheadMark(frame)
        zeroBehindEnd(frame)
        if virtual.objects.block(found, of: object).isHole {
          virtual.objects.setBlock(found, of: object, to: .zero)
        }
        written += 1
      }
      page = found + 1
    }
    if written == 0 { return now }
    counters.nr_written += written
    // /proc/vmstat counts transfers in KiB.
    counters.pgpgout += written * Page.size >> 10
    return virtual.objects.disk.transfer(written, now: now, costs)
  }

  /// What a process has stored in the last page behind the end of the file does not reach the disk.
  ///
  /// Linux: `ext4_bio_write_folio`, fs/ext4/page-io.c.
  private mutating func zeroBehindEnd(_ frame: FrameNumber) {
    let size = virtual.objects[memory.frames[frame].object].size
    if size & Page.offsetMask == 0 || memory.frames[frame].index != size >> Page.shift { return }
    for offset in Int(size & Page.offsetMask)..<Int(Page.size)
    where memory.byte(frame, offset) != 0 {
      memory.setByte(frame, offset, to: 0)
    }
  }

  /// Writes all dirty pages of all files and says when the disk has them.
  ///
  /// Linux: `wakeup_flusher_threads`, fs/fs-writeback.c.
  mutating func writeBackAll() -> Nanoseconds {
    var end = now
    for index in 1..<max(1, virtual.objects.records.limit)
    where virtual.objects.records.isLive(index) && virtual.objects.records[index].dirtyPages > 0 {
      end = max(end, writeBack(MemoryObjectIndex(index)))
    }
    return end
  }

  /// The next write to a page through a shared mapping will fault.
  ///
  /// Linux: `folio_mkclean`, mm/rmap.c.
  private mutating func cleanEntries(of frame: FrameNumber) {
    var left = memory.frames[frame].mapCount
    if left == 0 { return }
    let marks = PageTableEntry.writeBit | PageTableEntry.dirtyBit
    var walk = mappings(of: frame)
    while left > 0, var mapping = next(&walk) {
      left -= 1
      let area = virtual.regions[mapping.region]
      if !area.flags.contains(.shared) { continue }
      setEntry(of: &mapping, to: PageTableEntry(bits: mapping.entry.bits & ~marks))
      flushPage(mapping.address, of: area.space)
    }
  }

  // MARK: Coming and going

  /// Hangs a page in a file on disk, with the data that its disk has; true when there is some.
  ///
  /// Linux: `ext4_mpage_readpages`, fs/ext4/readpage.c.
  mutating func readPage(
    _ page: UInt64, of object: MemoryObjectIndex, _ gfp: GFPFlags, by task: TaskIndex
  ) throws(Errno) -> Bool {
    let frame = try addPage(page, to: object, gfp, by: task)
    let block = virtual.objects.block(page, of: object)
    if block.isHole { return false }
    memory.giveData(block.data, to: frame)
    virtual.objects.setBlock(page, of: object, to: .zero)
    return true
  }

  /// Reads one page of a file that is not cached and says when the disk has brought it.
  ///
  /// Linux: `filemap_create_folio`, mm/filemap.c.
  mutating func readAlone(
    _ page: UInt64, of object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) -> Nanoseconds {
    guard try readPage(page, of: object, .highUserMovable, by: task) else { return now }
    counters.pgpgin += Page.size >> 10
    return virtual.objects.disk.transfer(1, now: now, costs)
  }

  /// Hangs a page in a file on disk that nobody reads yet: its data stays where it is.
  ///
  /// Linux: `__filemap_get_folio` with FGP_CREAT, mm/filemap.c.
  mutating func cacheUnread(
    _ page: UInt64, of object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) {
    _ = try addPage(page, to: object, by: task)
    setUnread(page, of: object, true)
  }

  mutating func setUnread(_ page: UInt64, of object: MemoryObjectIndex, _ isUnread: Bool) {
    var slot = virtual.objects.slot(page, of: object)
    slot.isUnread = isUnread
    virtual.objects.setSlot(page, of: object, to: slot)
  }

  /// A page that was cached unread gets the data that the disk has, if it has any.
  ///
  /// Linux: `filemap_read_folio`, mm/filemap.c.
  mutating func finishReading(_ page: UInt64, of object: MemoryObjectIndex) {
    setUnread(page, of: object, false)
    let block = virtual.objects.block(page, of: object)
    if block.isHole || block.data == .zero { return }
    memory.giveData(block.data, to: virtual.objects.slot(page, of: object).frame)
    virtual.objects.setBlock(page, of: object, to: .zero)
    counters.pgpgin += Page.size >> 10
  }

  /// Has a page of an object in memory; the call waits for the disk where it must.
  ///
  /// - Throws: ENOMEM, ENOSPC when a new page may not be charged.
  /// Linux: `read_mapping_folio`, include/linux/pagemap.h.
  mutating func cachedPage(
    _ page: UInt64, of object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) -> FrameNumber {
    while true {
      let slot = virtual.objects.slot(page, of: object)
      if slot.isSwap {
        now = max(now, try readShared(page, of: object, by: task))
      } else if !slot.isNone {
        if slot.isUnread { finishReading(page, of: object) }
        return slot.frame
      } else if virtual.objects[object].flags.contains(.onDisk) {
        now = max(now, try readAlone(page, of: object, by: task))
      } else {
        return try sharedPage(page, of: object, in: tasks[task].space, by: task)
      }
    }
  }

  /// Brings a page of memory back from swap, or says until when the disk works for it.
  ///
  /// Linux: `shmem_swapin_folio`, mm/shmem.c.
  mutating func readShared(
    _ page: UInt64, of object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) -> Nanoseconds {
    finishTransfers()
    let entry = virtual.objects.slot(page, of: object).swap
    var frame = swap[entry].cached
    if frame.isNone { frame = try readCluster(entry, for: task) }
    if let end = transferEnd(of: frame) { return end }
    joinObject(frame, page, object, from: entry)
    return now
  }

  /// Takes a clean page that nobody maps out of its object; its data stays on the disk.
  ///
  /// Linux: `__remove_mapping`, mm/vmscan.c.
  mutating func evict(_ frame: FrameNumber) {
    let page = memory.frames[frame]
    let block = virtual.objects.block(page.index, of: page.object)
    // The data of a page that nobody has read never left the disk.
    if !block.isHole && block.data == .zero {
      let data = memory.takeData(frame)
      virtual.objects.setBlock(page.index, of: page.object, to: data)
    }
    clearSlot(page.index, of: page.object)
    leaveCache(frame)
  }

  /// Evicts what is clean, not mapped and not in use.
  ///
  /// Linux: `mapping_try_invalidate`, mm/truncate.c.
  mutating func invalidate(_ object: MemoryObjectIndex, _ pages: Range<UInt64>) {
    var page = pages.lowerBound
    while let found = virtual.objects.nextOccupied(from: page, of: object),
      found < pages.upperBound
    {
      let frame = virtual.objects.slot(found, of: object).frame
      if !frame.isNone {
        let record = memory.frames[frame]
        if record.referenceCount == 1 && record.flags.isDisjoint(with: [.dirty, .locked]) {
          evict(frame)
        } else {
          deactivatePage(frame)
        }
      }
      page = found + 1
    }
  }

  /// Evicts the clean pages of all files that nobody maps (`vm.drop_caches`, first bit).
  ///
  /// Linux: `drop_pagecache_sb`, fs/drop_caches.c.
  public mutating func dropCaches() {
    counters.drop_pagecache += 1
    for index in 1..<max(1, virtual.objects.records.limit)
    where virtual.objects.records.isLive(index)
      && virtual.objects.records[index].flags.contains(.onDisk)
    {
      invalidate(MemoryObjectIndex(index), 0..<UInt64.max)
    }
  }
}
