// Slabs and their pages: a block becomes a slab of a cache and stops being one.

import KernelStorage

extension SlabAllocator {
  /// Makes a block of pages the slab that a CPU allocates from.
  ///
  /// Linux: `allocate_slab`, mm/slub.c.
  mutating func adopt(
    _ block: FrameNumber, order: Int, cache: CacheIndex, cpu: Int,
    marking frames: inout FrameTable
  ) {
    let objects = caches[cache.index].geometry.objects(order: order)
    let slab = takeRow(objects: objects)
    slabs[slab].block = block
    slabs[slab].cache = cache
    slabs[slab].objects = UInt16(objects)
    slabs[slab].live = 0
    slabs[slab].head = SlabLink.end
    slabs[slab].fresh = 0
    slabs[slab].order = UInt8(order)
    slabs[slab].place = .active
    slabs[slab].next = 0
    slabs[slab].previous = 0
    let row = cache.index * cpuCount + cpu
    // Whatever ran while the pages were sought may have given the CPU a slab.
    deactivate(row)
    cpuSlabs[row].slab = UInt32(slab)
    cpuSlabs[row].head = SlabLink.end
    for page in 0..<(1 << order) {
      frames[block + page].flags.insert(.slab)
      frames[block + page].mapping = UInt32(slab)
    }
    count(cache, slabs: 1, objects: objects, frames: 1 << order)
  }

  /// A block that is no slab any more, to be freed by the caller; nil when there is none.
  ///
  /// Linux: `__free_slab`, mm/slub.c.
  mutating func popDiscarded(
    marking frames: inout FrameTable
  ) -> (block: FrameNumber, order: Int)? {
    let slab = Int(discarded)
    if slab == 0 { return nil }
    discarded = slabs[slab].next
    let (block, order) = (slabs[slab].block, Int(slabs[slab].order))
    for page in 0..<(1 << order) {
      frames[block + page].flags.remove(.slab)
      frames[block + page].mapping = 0
    }
    let log = Int(slabs[slab].capacityLog)
    slabs[slab].place = .spare
    slabs[slab].next = spares[log]
    spares[log] = UInt32(slab)
    return (block, order)
  }

  /// Marks an empty slab, which is on no list, as one whose pages are to be freed.
  mutating func discard(_ slab: Int) {
    assert(slabs[slab].live == 0, "SlabAllocator: a slab with live objects is discarded")
    slabs[slab].place = .discarded
    slabs[slab].previous = 0
    slabs[slab].next = discarded
    discarded = UInt32(slab)
    count(
      slabs[slab].cache, slabs: -1, objects: -Int(slabs[slab].objects),
      frames: -(1 << Int(slabs[slab].order)))
  }

  private mutating func count(_ cache: CacheIndex, slabs: Int, objects: Int, frames: Int) {
    caches[cache.index].slabCount += slabs
    caches[cache.index].objectCount += objects
    caches[cache.index].frameCount += frames
    countFrames(frames, reclaimable: caches[cache.index].flags.contains(.reclaimable))
  }

  /// Linux: `account_slab`, mm/slab.h.
  mutating func countFrames(_ frames: Int, reclaimable: Bool) {
    if reclaimable { reclaimableFrames += frames } else { unreclaimableFrames += frames }
  }

  /// A slab row with links for `objects`, a spare one if there is one.
  private mutating func takeRow(objects: Int) -> Int {
    let log = Int.bitWidth - (objects - 1).leadingZeroBitCount
    let spare = Int(spares[log])
    if spare != 0 {
      spares[log] = slabs[spare].next
      return spare
    }
    let row = slabs.append(Slab())
    slabs[row].chain = UInt32(links.count)
    slabs[row].capacityLog = UInt8(log)
    links.extend(to: links.count + 1 << log)
    return row
  }

  // MARK: Shrinking

  /// Takes all slabs away from all CPUs.
  ///
  /// Linux: `flush_all`, mm/slub.c.
  mutating func flush(_ cache: CacheIndex) {
    for cpu in 0..<cpuCount {
      let row = cache.index * cpuCount + cpu
      deactivate(row)
      drainCPUPartial(row)
    }
  }

  /// Discards the empty slabs and puts the fullest of the others first; says whether any remain.
  ///
  /// Linux: `__kmem_cache_do_shrink`, mm/slub.c.
  mutating func shrink(_ cache: CacheIndex) -> Bool {
    flush(cache)
    var kept: [Int] = []
    while caches[cache.index].partialHead != 0 {
      let slab = Int(caches[cache.index].partialHead)
      removeNodePartial(slab)
      if slabs[slab].live == 0 { discard(slab) } else { kept.append(slab) }
    }
    for free in 1...Self.shrinkPromotions {
      for slab in kept where freeObjects(of: slab) == free { appendNodePartial(slab) }
    }
    for slab in kept where freeObjects(of: slab) > Self.shrinkPromotions {
      appendNodePartial(slab)
    }
    return caches[cache.index].slabCount > 0
  }

  /// Slabs with more free objects than this keep their order behind the others.
  ///
  /// Linux: `SHRINK_PROMOTE_MAX`, mm/slub.c.
  private static var shrinkPromotions: Int { 32 }

  /// Forgets a cache without slabs.
  mutating func removeCache(_ cache: CacheIndex) {
    precondition(caches[cache.index].slabCount == 0, "SlabAllocator: removal of a cache with slabs")
    order.removeAll { $0 == cache }
    caches.release(cache.index)
  }

  func freeObjects(of slab: Int) -> Int { Int(slabs[slab].objects) - Int(slabs[slab].live) }
}
