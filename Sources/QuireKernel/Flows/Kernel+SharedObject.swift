// Memory objects: shared anonymous memory is made by mmap, a file by its creation; faults fill it,
// and it goes with the last who has it.

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
    do throws(Errno) {
      let object = try makeObject(
        size: pages << Page.shift, reserves ? kind : kind.union(.noReserve), by: task)
      virtual.objects[object].chargedPages = reserves ? pages : 0
      return object
    } catch {
      if reserves { uncharge(pages: pages) }
      throw error
    }
  }

  /// What maps the new region has its say, and shared memory gets its object. The kernel asks when
  /// what lay there is already gone: a refusal leaves a hole.
  ///
  /// Linux: `mmap_file` and `shmem_zero_setup` in `__mmap_region`, mm/vma.c.
  mutating func attachMemory(
    to area: inout VirtualMemoryArea, _ source: MapSource, by task: TaskIndex
  ) -> Errno? {
    if source.isLost { return .EINVAL }
    if area.object.isNone {
      if !area.flags.contains(.shared) { return nil }
      do throws(Errno) {
        area.object = try makeSharedObject(
          pages: area.pageCount, area.flags, .faultAround, in: area.space, by: task)
      } catch {
        return error
      }
    }
    // A disk behind a page cache cannot promise what MAP_SYNC asks for.
    let isRefused =
      area.flags.contains(.sync) && virtual.objects[area.object].flags.contains(.onDisk)
    return isRefused ? .EOPNOTSUPP : nil
  }

  /// An object without pages, with the kernel memory of its inode, entry and open file.
  ///
  /// - Throws: ENOMEM, and nothing is taken.
  mutating func makeObject(
    size: UInt64, _ flags: MemoryObjectFlags, by task: TaskIndex
  ) throws(Errno) -> MemoryObjectIndex {
    let caches = MemoryObject.caches(flags)
    var objects: [3 of SlabObject] = .init(repeating: .none)
    do throws(Errno) {
      for place in 0..<objects.count {
        objects[place] = try allocateObject(caches[place], for: task)
      }
    } catch {
      free(objects)
      throw error
    }
    return virtual.objects.make(
      MemoryObject(size: size, chargedPages: 0, flags: flags, kernelObjects: objects))
  }

  private mutating func free(_ objects: [3 of SlabObject]) {
    for place in 0..<objects.count where !objects[place].isNone { freeObject(objects[place]) }
  }

  /// The page of an object without a disk, made of zeros when it does not exist yet; it is not in
  /// swap.
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
    do throws(Errno) {
      try chargeBlock(of: object)
      do throws(Errno) {
        let frame = try addPage(page, to: object, by: task)
        if charges { virtual.objects[object].chargedPages += 1 }
        return frame
      } catch {
        unchargeBlock(of: object)
        throw error
      }
    } catch {
      if charges { uncharge(pages: 1) }
      throw error
    }
  }

  /// Hangs a page of zeros in an empty place of an object.
  ///
  /// - Throws: ENOMEM, and nothing is taken.
  /// Linux: `filemap_add_folio` and `shmem_add_to_page_cache`, mm/filemap.c and mm/shmem.c.
  mutating func addPage(
    _ page: UInt64, to object: MemoryObjectIndex, _ gfp: GFPFlags = .highUserMovable,
    by task: TaskIndex
  ) throws(Errno) -> FrameNumber {
    let frame = try allocatePages(gfp, order: 0, for: task)
    do throws(Errno) {
      // Making room may take nodes away, so that more are missing than before.
      while virtual.objects.pages.spareNodes.count
        < virtual.objects.missingNodes(for: page, of: object)
      {
        virtual.objects.pages.spareNodes.push(try allocateObject(.radixTreeNode, for: task))
      }
    } catch {
      returnSpareNodes()
      put(frame)
      throw error
    }
    let isOnDisk = virtual.objects[object].flags.contains(.onDisk)
    if !isOnDisk { memory.frames[frame].flags.insert(.swapBacked) }
    memory.frames[frame].mapping = object.rawValue
    memory.frames[frame].index = page
    virtual.objects.setSlot(page, of: object, to: ObjectSlot(frame))
    returnSpareNodes()
    gauges.nr_file_pages += 1
    if !isOnDisk { gauges.nr_shmem += 1 }
    lru.add(frame, in: &memory.frames)
    return frame
  }

  /// Empties a place of an object.
  ///
  /// Linux: `xas_store` of nothing, lib/xarray.c.
  mutating func clearSlot(_ page: UInt64, of object: MemoryObjectIndex) {
    virtual.objects.setSlot(page, of: object, to: .none)
    while virtual.objects.pages.freedNodes.count > 0 {
      freeObject(virtual.objects.pages.freedNodes.pop())
    }
  }

  private mutating func returnSpareNodes() {
    while virtual.objects.pages.spareNodes.count > 0 {
      freeObject(virtual.objects.pages.spareNodes.pop())
    }
  }

  /// Somebody let go of an object: with the last one it goes, and its pages go with it.
  ///
  /// Linux: `iput`, fs/inode.c.
  mutating func releaseIfUnused(_ object: MemoryObjectIndex) {
    if virtual.objects[object].isUnused { releaseObject(object) }
  }

  /// Linux: `evict`, fs/inode.c.
  mutating func releaseObject(_ object: MemoryObjectIndex) {
    if virtual.objects[object].flags.contains(.device) { removeRegisters(of: object) }
    dropPages(0..<UInt64.max, of: object)
    uncharge(pages: virtual.objects[object].chargedPages)
    let mount = virtual.objects[object].mount
    if !mount.isNone { virtual.objects[mount].files -= 1 }
    free(virtual.objects[object].kernelObjects)
    virtual.objects.release(object)
  }

  // MARK: Taking pages away

  /// Takes pages out of every process that maps them.
  ///
  /// - Parameter withCopies: the copies too that a process has made of them for itself.
  /// Linux: `unmap_mapping_range`, mm/memory.c.
  mutating func unmapPages(
    _ pages: Range<UInt64>, of object: MemoryObjectIndex, withCopies: Bool
  ) {
    var region = virtual.objects[object].linear.first
    while !region.isNone {
      let area = virtual.regions[region]
      let first = virtual.regions.links[region.index].pageOffset
      let low = max(first, pages.lowerBound)
      let high = min(first + area.pageCount, pages.upperBound)
      if low < high {
        let start = area.start + (low - first) << Page.shift
        let end = area.start + (high - first) << Page.shift
        if withCopies || area.anonVMA.isNone {
          zap(start, end, of: area.flags, in: area.space)
        } else {
          zapCached(start, end, of: area)
        }
      }
      region = virtual.regions.links[region.index].nextInObject
    }
    region = virtual.objects[object].nonlinear.first
    while !region.isNone {
      let area = virtual.regions[region]
      zapArranged(region, area.start, area.end, pages)
      region = virtual.regions.links[region.index].nextInObject
    }
  }

  /// Clears the entries that map pages of the object itself.
  ///
  /// Linux: `should_zap_folio`, mm/memory.c.
  private mutating func zapCached(
    _ start: VirtualAddress, _ end: VirtualAddress, of area: VirtualMemoryArea
  ) {
    spaces[area.space].recordPeaks()
    var isCleared = false
    forEachEntry(start, end, in: area.space) { kernel, table, index, entry in
      if !entry.isPresent || entry.isSpecial { return }
      if kernel.memory.frames[entry.frame].flags.contains(.anonymous) { return }
      kernel.memory.setEntry(table: table, index: index, to: .none)
      kernel.unmap(entry, of: area.flags, in: area.space)
      isCleared = true
    }
    if isCleared { flush(FlushRange(start: start, end: end), of: area.space) }
  }

  /// Takes pages that no process maps away from an object, and from its disk.
  ///
  /// Linux: `shmem_undo_range` and `truncate_inode_pages_range`, mm/shmem.c and mm/truncate.c.
  mutating func dropPages(_ pages: Range<UInt64>, of object: MemoryObjectIndex) {
    var page = pages.lowerBound
    while let found = virtual.objects.nextOccupied(from: page, of: object),
      found < pages.upperBound
    {
      let slot = virtual.objects.slot(found, of: object)
      clearSlot(found, of: object)
      if slot.isSwap { swapFree(slot.swap) } else { dropCached(slot.frame) }
      if virtual.objects[object].flags.contains(.noReserve) {
        virtual.objects[object].chargedPages -= 1
        uncharge(pages: 1)
      }
      unchargeBlock(of: object)
      page = found + 1
    }
    page = pages.lowerBound
    while let found = virtual.objects.nextBlock(from: page, of: object), found < pages.upperBound {
      memory.store.release(virtual.objects.block(found, of: object).data)
      virtual.objects.clearBlock(found, of: object)
      page = found + 1
    }
  }

  /// Linux: `delete_from_page_cache`, mm/filemap.c.
  private mutating func dropCached(_ frame: FrameNumber) {
    markClean(frame)
    leaveCache(frame)
  }

  /// A page is of no object any more; the object's reference of it goes.
  ///
  /// Linux: `__filemap_remove_folio`, mm/filemap.c.
  mutating func leaveCache(_ frame: FrameNumber) {
    gauges.nr_file_pages -= 1
    if memory.frames[frame].flags.contains(.swapBacked) { gauges.nr_shmem -= 1 }
    memory.frames[frame].mapping = 0
    release(frame)
  }
}
