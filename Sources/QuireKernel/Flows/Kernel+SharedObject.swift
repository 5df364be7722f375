// Shared anonymous memory: an object is made by mmap, filled by faults, and goes with its last
// region.

internal import KernelStorage

extension Kernel {
  /// An object for `pages` of shared anonymous memory, charged whole unless it need not be.
  ///
  /// Linux: `shmem_zero_setup`, mm/shmem.c.
  mutating func makeSharedObject(
    pages: UInt64, _ flags: VMAFlags, _ kind: MemoryObjectFlags, in space: AddressSpaceIndex,
    by task: TaskIndex
  ) throws(Errno) -> MemoryObjectIndex {
    let reserves = !flags.contains(.noReserve)
    if reserves { try charge(pages: pages, in: space, by: task) }
    var objects: [3 of SlabObject] = .init(repeating: .none)
    do throws(Errno) {
      for place in 0..<objects.count {
        objects[place] = try allocateObject(MemoryObject.caches[place], for: task)
      }
    } catch {
      free(objects)
      if reserves { uncharge(pages: pages) }
      throw error
    }
    return virtual.objects.make(
      MemoryObject(
        pageCount: pages, chargedPages: reserves ? pages : 0,
        flags: reserves ? kind : kind.union(.noReserve), kernelObjects: objects))
  }

  private mutating func free(_ objects: [3 of SlabObject]) {
    for place in 0..<objects.count where !objects[place].isNone { freeObject(objects[place]) }
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
    do { frame = try allocateSharedPage(page, of: object, by: task) } catch {
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

  /// Takes a frame, and the memory for the nodes that lead to it.
  ///
  /// - Throws: ENOMEM, and nothing is taken.
  private mutating func allocateSharedPage(
    _ page: UInt64, of object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) -> FrameNumber {
    let frame = try allocatePages(.highUserMovable, order: 0, for: task)
    do throws(Errno) {
      for _ in 0..<virtual.objects.missingNodes(for: page, of: object) {
        virtual.objects.spareNodes.push(try allocateObject(.radixTreeNode, for: task))
      }
    } catch {
      returnSpareNodes()
      put(frame)
      throw error
    }
    return frame
  }

  /// Empties a place of an object.
  ///
  /// Linux: `xas_store` of nothing, lib/xarray.c.
  mutating func clearSlot(_ page: UInt64, of object: MemoryObjectIndex) {
    virtual.objects.setSlot(page, of: object, to: .none)
    while virtual.objects.freedNodes.count > 0 { freeObject(virtual.objects.freedNodes.pop()) }
  }

  private mutating func returnSpareNodes() {
    while virtual.objects.spareNodes.count > 0 { freeObject(virtual.objects.spareNodes.pop()) }
  }

  /// Frees an object that nobody maps any more, and its pages.
  ///
  /// Linux: `shmem_evict_inode`, mm/shmem.c.
  mutating func releaseObject(_ object: MemoryObjectIndex) {
    dropPages(0..<UInt64.max, of: object)
    uncharge(pages: virtual.objects[object].chargedPages)
    free(virtual.objects[object].kernelObjects)
    virtual.objects.release(object)
  }

  /// Takes pages away from an object, and from every process that maps them.
  ///
  /// Linux: `shmem_undo_range`, mm/shmem.c.
  mutating func punch(_ object: MemoryObjectIndex, _ pages: Range<UInt64>) {
    var region = virtual.objects[object].firstRegion
    while !region.isNone {
      let area = virtual.regions[region]
      let first = virtual.regions.links[region.index].pageOffset
      let low = max(first, pages.lowerBound)
      let high = min(first + area.pageCount, pages.upperBound)
      if low < high {
        zap(
          area.start + (low - first) << Page.shift, area.start + (high - first) << Page.shift,
          of: area.flags, in: area.space)
      }
      region = virtual.regions.links[region.index].nextInObject
    }
    dropPages(pages, of: object)
  }

  private mutating func dropPages(_ pages: Range<UInt64>, of object: MemoryObjectIndex) {
    var page = pages.lowerBound
    while let found = virtual.objects.nextOccupied(from: page, of: object),
      found < pages.upperBound
    {
      let slot = virtual.objects.slot(found, of: object)
      clearSlot(found, of: object)
      if slot.isSwap { swapFree(slot.swap) } else { dropSharedPage(slot.frame) }
      if virtual.objects[object].flags.contains(.noReserve) {
        virtual.objects[object].chargedPages -= 1
        uncharge(pages: 1)
      }
      page = found + 1
    }
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
