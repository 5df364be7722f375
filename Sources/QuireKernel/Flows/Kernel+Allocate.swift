// Allocating and freeing pages: who gets a page, after which attempts, and who is turned away.
//
// The order of attempts is the kernel's (ALLOC-1 … ALLOC-7): leave the low mark standing, then
// the min mark with the reserves the caller may use, then reclaim, then the OOM gate. Per-CPU
// page lists are not there yet, so every page comes from and goes to the buddy lists.

import KernelStorage

extension Kernel {
  /// Takes 2^order frames that belong together, with one owner and holding zeros.
  ///
  /// - Throws: `ENOMEM` when nothing helped, or what the OOM killer did to the caller.
  /// Linux: `__alloc_pages`, mm/page_alloc.c.
  package mutating func allocatePages(
    _ gfp: GFPFlags, order: Int, for task: TaskIndex
  ) throws(Errno) -> FrameNumber {
    guard order >= 0, order <= BuddyOrder.maximum else { throw .ENOMEM }
    if memory.injection.strikes(for: task), !gfp.contains(.noFail) { throw .ENOMEM }
    if let block = attempt(gfp, order: order, level: .low, flags: []) { return block }
    return try allocateSlowly(gfp, order: order, for: task)
  }

  /// Walks the zones from the highest allowed one down and takes a block from the first that may
  /// give one.
  ///
  /// Linux: `get_page_from_freelist`, mm/page_alloc.c.
  private mutating func attempt(
    _ gfp: GFPFlags, order: Int, level: WatermarkLevel, flags: AllocationFlags
  ) -> FrameNumber? {
    let highest = gfp.highestZone
    let first = firstZone(allowing: order, level, flags, highest)
    if first < 0 { return nil }
    if memory.avoidsFragmentation(highest) {
      let strict = flags.union(.avoidFragmentation)
      if let block = walk(gfp, order, level, strict, from: first) { return block }
    }
    return walk(gfp, order, level, flags, from: first)
  }

  /// The highest zone whose marks let a request in; -1 when none does.
  private func firstZone(
    allowing order: Int, _ level: WatermarkLevel, _ flags: AllocationFlags, _ highest: ZoneKind
  ) -> Int {
    var index = memory.firstZone[highest.index]
    while index >= 0 {
      let allowed = memory.zones[index].allows(
        order: order, level: level, highest: highest, flags: flags)
      if allowed { return index }
      index -= 1
    }
    return index
  }

  /// Takes a block from zone `first`, which lets the request in, or from one under it that does.
  private mutating func walk(
    _ gfp: GFPFlags, _ order: Int, _ level: WatermarkLevel, _ flags: AllocationFlags,
    from first: Int
  ) -> FrameNumber? {
    let highest = gfp.highestZone
    let type = gfp.migrateType(grouping: memory.mobility.groupsByMobility)
    var index = first
    while index >= 0 {
      let allowed =
        index == first
        || memory.zones[index].allows(order: order, level: level, highest: highest, flags: flags)
      if allowed, let block = memory.takeBlock(order: order, from: index, type: type, flags: flags)
      {
        if flags.contains(.highAtomic) {
          memory.reserveHighAtomic(block, order: order, zone: index)
        }
        memory.prepare(block, order: order)
        counters.countAllocations(1, order: order, zone: index)
        return block
      }
      index -= 1
    }
    return nil
  }

  /// The attempts after the first one failed.
  ///
  /// Linux: `__alloc_pages_slowpath`, mm/page_alloc.c.
  private mutating func allocateSlowly(
    _ gfp: GFPFlags, order: Int, for task: TaskIndex
  ) throws(Errno) -> FrameNumber {
    var fruitless = 0
    while true {
      let flags = slowFlags(gfp, order: order, for: task)
      if let block = attempt(gfp, order: order, level: .min, flags: flags) { return block }
      guard gfp.contains(.directReclaim), !memory.isReclaiming else { throw .ENOMEM }
      let freed = reclaim(gfp, order: order, for: task)
      if let block = attemptAfterReclaim(gfp, order: order, flags) { return block }
      if gfp.contains(.noRetry) { throw .ENOMEM }
      if order > BuddyOrder.costly, !gfp.contains(.retryMayFail) { throw .ENOMEM }
      fruitless = freed > 0 && order <= BuddyOrder.costly ? 0 : fruitless + 1
      if mayRetry(gfp, order: order, flags, fruitless: fruitless) { continue }
      if let block = try passOOMGate(gfp, order: order, for: task) { return block }
      fruitless = 0
    }
  }

  private mutating func reclaim(_ gfp: GFPFlags, order: Int, for task: TaskIndex) -> Int {
    memory.isReclaiming = true
    defer { memory.isReclaiming = false }
    return directReclaim(gfp: gfp, order: order, for: task)
  }

  /// Linux: the end of `__alloc_pages_direct_reclaim`, mm/page_alloc.c.
  private mutating func attemptAfterReclaim(
    _ gfp: GFPFlags, order: Int, _ flags: AllocationFlags
  ) -> FrameNumber? {
    if let block = attempt(gfp, order: order, level: .min, flags: flags) { return block }
    guard memory.releaseHighAtomic(gfp, force: false) else { return nil }
    return attempt(gfp, order: order, level: .min, flags: flags)
  }

  /// Linux: `MAX_RECLAIM_RETRIES`, mm/internal.h.
  private static var reclaimRetries: Int { 16 }

  /// Whether it is worth reclaiming again: some zone would pass the min mark if all that can be
  /// reclaimed were free (ALLOC-6), or there is a last reserve to break.
  ///
  /// Linux: `should_reclaim_retry`, mm/page_alloc.c.
  private mutating func mayRetry(
    _ gfp: GFPFlags, order: Int, _ flags: AllocationFlags, fruitless: Int
  ) -> Bool {
    let highest = gfp.highestZone
    if fruitless <= Self.reclaimRetries {
      for index in 0...highest.index where memory.zones[index].managed > 0 {
        let wouldPass = memory.zones[index].allows(
          order: order, level: .min, highest: highest, flags: flags,
          reclaimable: reclaimablePages)
        if wouldPass { return true }
      }
    }
    return memory.releaseHighAtomic(gfp, force: true)
  }

  /// A last try at the high mark, then the OOM killer, if this request may call it (ALLOC-7).
  ///
  /// - Returns: a block, or nil to try again from the start.
  /// Linux: `__alloc_pages_may_oom`, mm/page_alloc.c.
  private mutating func passOOMGate(
    _ gfp: GFPFlags, order: Int, for task: TaskIndex
  ) throws(Errno) -> FrameNumber? {
    if let block = attempt(gfp, order: order, level: .high, flags: []) { return block }
    if order > BuddyOrder.costly || gfp.contains(.retryMayFail) { throw .ENOMEM }
    if gfp.highestZone.rawValue < ZoneKind.normal.rawValue { throw .ENOMEM }
    // The kernel would go round until others free something; here nobody else runs meanwhile.
    guard gfp.contains(.fs) else { throw .ENOMEM }
    do {
      try outOfMemory(gfp: gfp, for: task)
    } catch {
      // A request that must not fail gets the last reserves; beyond them the model gives up
      // where the kernel would spin for ever.
      guard gfp.contains(.noFail),
        let block = attempt(gfp, order: order, level: .min, flags: .noWatermarks)
      else { throw error }
      return block
    }
    return nil
  }

  // MARK: Freeing

  /// Gives a block back that has one owner, the caller.
  ///
  /// Linux: `__free_pages`, mm/page_alloc.c.
  package mutating func freePages(_ block: FrameNumber, order: Int) {
    precondition(
      Int(memory.frames[block].order) == order,
      "freePages: frame \(block.rawValue) was not handed out with order \(order)")
    if memory.dropOwner(block) { freeUnowned(block, order: order) }
  }

  /// Adds an owner to a page.
  package mutating func get(_ frame: FrameNumber) { memory.get(frame) }

  /// Removes an owner from a page, freeing it with the last one.
  ///
  /// Linux: `put_page`, include/linux/mm.h.
  package mutating func put(_ frame: FrameNumber) {
    if memory.dropOwner(frame) {
      freeUnowned(frame, order: Int(memory.frames[frame].order))
    }
  }

  private mutating func freeUnowned(_ block: FrameNumber, order: Int) {
    counters.pgfree += UInt64(1 << order)
    if memory.frames[block].flags.contains(.lru) { leaveLRU(block) }
    memory.freeBlock(block, order: order)
  }

  // MARK: Failure injection

  /// Makes the `count`-th allocation from now fail (1 is the next), pages and slab objects alike;
  /// 0 turns it off.
  package mutating func failAllocation(after count: Int) { memory.injection.arm(count) }

  /// Makes an allocation fail that a task asks for; 0 takes it back.
  ///
  /// - Returns: how many had still to come of what was asked for before.
  /// Linux: `proc_fail_nth_write`, fs/proc/base.c.
  public mutating func failAllocation(after count: Int, of task: TaskIndex) -> Int {
    let former = memory.injection.countdown
    memory.injection.arm(count, for: task)
    return former
  }
}

extension Kernel {
  /// What the attempts of the slow path may draw on (ALLOC-2, ALLOC-4).
  ///
  /// Linux: `gfp_to_alloc_flags` and `__gfp_pfmemalloc_flags`, mm/page_alloc.c.
  private func slowFlags(
    _ gfp: GFPFlags, order: Int, for task: TaskIndex
  ) -> AllocationFlags {
    let isVictim = !task.isNone && tasks[task].flags.contains(.oomVictim)
    if !gfp.contains(.noMemAlloc) {
      if gfp.contains(.memAlloc) || memory.isReclaiming { return .noWatermarks }
      if isVictim { return .outOfMemory }
    }
    var flags: AllocationFlags = []
    if gfp.contains(.high) { flags.insert(.minReserve) }
    if !gfp.contains(.directReclaim), !gfp.contains(.noMemAlloc) {
      flags.insert(.nonBlocking)
      if order > 0 { flags.insert(.highAtomic) }
    }
    return flags
  }
}

extension Counters {
  /// Linux: `PGALLOC_NORMAL` and its like, include/linux/vm_event_item.h.
  @inline(__always)
  mutating func countAllocations(_ count: Int, order: Int = 0, zone: Int) {
    numa_hit += UInt64(count)
    let pages = UInt64(count << order)
    switch zone {
    case ZoneKind.dma.index: pgalloc_dma += pages
    case ZoneKind.dma32.index: pgalloc_dma32 += pages
    case ZoneKind.highMem.index: pgalloc_high += pages
    default: pgalloc_normal += pages
    }
  }
}
