// Shared anonymous memory: an object is made by mmap, filled by faults, and goes with its last region.

extension Kernel {
  /// An object for `pages` of shared anonymous memory, charged whole unless it need not be.
  ///
  /// Linux: `shmem_zero_setup`, mm/shmem.c.
  mutating func makeSharedObject(
    pages: UInt64, _ flags: VMAFlags, in space: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) -> MemoryObjectIndex {
    let reserves = !flags.contains(.noReserve)
    if reserves { try charge(pages: pages, in: space, by: task) }
    return virtual.objects.make(
      MemoryObject(
        pageCount: pages, chargedPages: reserves ? pages : 0,
        flags: reserves ? [.faultAround] : [.faultAround, .noReserve]))
  }

  /// The page of an object, made of zeros when it does not exist yet; it is not in swap.
  ///
  /// - Throws: ENOMEM without a frame, ENOSPC when the page may not be charged.
  /// Linux: `shmem_get_folio_gfp`, mm/shmem.c.
  mutating func sharedPage(
    _ page: UInt64, of object: MemoryObjectIndex, in space: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) -> FrameNumber {
    let slot = virtual.objects.slot(page, of: object)
    if !slot.isNone { return slot.frame }
    let charges = virtual.objects[object].flags.contains(.noReserve)
    if charges {
      do { try charge(pages: 1, in: space, by: task) } catch { throw .ENOSPC }
    }
    let frame: FrameNumber
    do { frame = try allocatePages(.highUserMovable, order: 0, for: task) } catch {
      if charges { uncharge(pages: 1) }
      throw error
    }
    if charges { virtual.objects[object].chargedPages += 1 }
    memory.frames[frame].flags.insert(.swapBacked)
    memory.frames[frame].mapping = object.rawValue
    memory.frames[frame].index = page
    virtual.objects.setSlot(page, of: object, to: ObjectSlot(frame))
    gauges.nr_file_pages += 1
    gauges.nr_shmem += 1
    lru.add(frame, in: &memory.frames)
    return frame
  }

  /// Frees an object that nobody maps any more, and its pages.
  ///
  /// Linux: `shmem_evict_inode`, mm/shmem.c.
  mutating func releaseObject(_ object: MemoryObjectIndex) {
    var page: UInt64 = 0
    while let found = virtual.objects.nextOccupied(from: page, of: object) {
      let slot = virtual.objects.slot(found, of: object)
      virtual.objects.setSlot(found, of: object, to: .none)
      if slot.isSwap { swapFree(slot.swap) } else { dropSharedPage(slot.frame) }
      page = found + 1
    }
    uncharge(pages: virtual.objects[object].chargedPages)
    virtual.objects.release(object)
  }

  /// Linux: `delete_from_page_cache`, mm/filemap.c.
  private mutating func dropSharedPage(_ frame: FrameNumber) {
    memory.frames[frame].mapping = 0
    memory.frames[frame].flags.remove(.dirty)
    gauges.nr_file_pages -= 1
    gauges.nr_shmem -= 1
    release(frame)
  }
}
