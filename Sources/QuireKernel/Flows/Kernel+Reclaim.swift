// Reclaim: when memory is short, pages that were not used lately are taken from whoever has them.
//
// The allocation path calls `directReclaim` (DR-1). It makes passes over the LRU lists, each
// looking at twice as much as the one before, until enough pages are free. A task that waits
// for the disk in here keeps its CPU: the clock moves on to the end of the write.

extension Kernel {
  /// Tries to free pages for a request and says how many were freed.
  ///
  /// Linux: `try_to_free_pages`, mm/vmscan.c.
  package mutating func directReclaim(gfp: GFPFlags, order: Int, for task: TaskIndex) -> Int {
    countStall(gfp)
    finishTransfers()
    var scan = ReclaimScan(gfp)
    scan.frameLimit = memory.frameLimit(of: gfp)
    makePasses(&scan)
    if scan.reclaimed == 0, scan.hasSkippedActive {
      scan.isForced = true
      makePasses(&scan)
    }
    if scan.reclaimed > 0 {
      let pid = task.isNone ? 0 : tasks[task].pid
      emit(.reclaim, pid, UInt64(scan.reclaimed), UInt64(scan.scanned))
    }
    return scan.reclaimed
  }

  /// Linux: `ALLOCSTALL_NORMAL` and its like, include/linux/vm_event_item.h.
  private mutating func countStall(_ gfp: GFPFlags) {
    switch gfp.highestZone {
    case .dma: counters.allocstall_dma += 1
    case .dma32: counters.allocstall_dma32 += 1
    default: counters.allocstall_normal += 1
    }
  }

  /// Linux: `do_try_to_free_pages`, mm/vmscan.c.
  private mutating func makePasses(_ scan: inout ReclaimScan) {
    scan.priority = ReclaimScan.firstPriority
    while scan.priority >= 0 {
      shrinkNode(&scan)
      if scan.hasEnough { return }
      waitForWrites(&scan)
      scan.priority -= 1
    }
    // What the last pass wrote can be freed now.
    if !scan.hasEnough, scan.reclaimed == 0 {
      scan.priority = 0
      shrinkNode(&scan)
    }
  }

  /// Lets the disks finish what this round has sent them, once that is a batch or nothing else is
  /// left to do.
  ///
  /// Linux: `reclaim_throttle`, mm/vmscan.c.
  private mutating func waitForWrites(_ scan: inout ReclaimScan) {
    guard scan.written >= ReclaimScan.batch || scan.priority == 0 else { return }
    if let end = swap.lastTransferEnd, end > now { charge(end - now) }
    finishTransfers()
    scan.written = 0
  }

  // MARK: One pass

  /// Linux: `shrink_node` and `shrink_lruvec`, mm/vmscan.c.
  private mutating func shrinkNode(_ scan: inout ReclaimScan) {
    prepare(&scan)
    var left = scanCounts(scan)
    let before = scan.reclaimed
    let keepsProportions = scan.priority == ReclaimScan.firstPriority
    while left.hasWork {
      for list in 0..<ScanCounts.lists where left[list] > 0 {
        let count = min(left[list], ReclaimScan.batch)
        left[list] -= count
        if ScanCounts.isActive(list) {
          shrinkActive(anon: ScanCounts.isAnon(list), count, &scan)
        } else {
          shrinkInactive(ScanCounts.isAnon(list) ? .inactiveAnon : .inactiveFile, count, &scan)
        }
      }
      if scan.reclaimed - before >= scan.target, !keepsProportions { break }
    }
    if swap.totalPages > 0, lru.isInactiveLow(anon: true) {
      deactivate(.activeAnon, ReclaimScan.batch, scan)
    }
  }

  /// Takes the next page off the tail of a list that the request could use; others go to the head.
  ///
  /// - Parameter left: how many pages of the list may be looked at.
  /// Linux: `isolate_lru_folios`, mm/vmscan.c.
  private mutating func isolate(
    _ list: LRUList, _ scan: ReclaimScan, _ left: inout Int
  ) -> FrameNumber? {
    while left > 0 {
      left -= 1
      let frame = lru.tail(list)
      lru.remove(frame, in: &memory.frames)
      if frame < scan.frameLimit { return frame }
      lru.add(frame, in: &memory.frames)
    }
    return nil
  }

  /// Which active lists are scanned at all (SCAN-5).
  ///
  /// Linux: `prepare_scan_control`, mm/vmscan.c.
  private func prepare(_ scan: inout ReclaimScan) {
    scan.deactivatesAnon = scan.isForced || lru.isInactiveLow(anon: true)
    scan.deactivatesFile = scan.isForced || lru.isInactiveLow(anon: false)
  }

  private mutating func shrinkActive(anon: Bool, _ count: Int, _ scan: inout ReclaimScan) {
    if anon ? scan.deactivatesAnon : scan.deactivatesFile {
      deactivate(anon ? .activeAnon : .activeFile, count, scan)
    } else {
      scan.hasSkippedActive = true
    }
  }

  /// Moves pages from the tail of an active list to the inactive one; being used lately does not
  /// save an anonymous page (LRU-5).
  ///
  /// Linux: `shrink_active_list`, mm/vmscan.c.
  private mutating func deactivate(_ list: LRUList, _ count: Int, _ scan: ReclaimScan) {
    var left = lru.count(list)
    var taken = 0
    while taken < count, let frame = isolate(list, scan, &left) {
      taken += 1
      charge(costs.pageScan)
      _ = takeReferences(of: frame)
      memory.frames[frame].flags.remove(.active)
      memory.frames[frame].flags.insert(.workingset)
      lru.add(frame, in: &memory.frames)
      counters.pgdeactivate += 1
    }
    counters.pgrefill += UInt64(taken)
  }

  /// Looks at pages from the tail of an inactive list and frees those it may (LRU-6).
  ///
  /// Linux: `shrink_inactive_list`, mm/vmscan.c.
  private mutating func shrinkInactive(
    _ list: LRUList, _ count: Int, _ scan: inout ReclaimScan
  ) {
    // What the disks have finished meanwhile is at the tail, to be freed first.
    finishTransfers()
    var left = lru.count(list)
    var batch = 0
    let freedBefore = scan.reclaimed
    let writtenBefore = scan.written
    while batch < count, let frame = isolate(list, scan, &left) {
      batch += 1
      memory.get(frame)
      charge(costs.pageScan)
      putBack(frame, reclaim(frame, &scan), &scan)
    }
    if scan.dirtyFilePages > 0 {
      now = max(now, writeBackAll())
      scan.dirtyFilePages = 0
    }
    scan.scanned += batch
    let freed = scan.reclaimed - freedBefore
    counters.pgscan_direct += UInt64(batch)
    counters.pgsteal_direct += UInt64(freed)
    if list == .inactiveAnon {
      counters.pgscan_anon += UInt64(batch)
      counters.pgsteal_anon += UInt64(freed)
    }
    lru.noteCost(
      anon: list == .inactiveAnon, written: scan.written - writtenBefore, kept: batch - freed)
  }

  /// Ends the isolation of a page.
  ///
  /// Linux: `move_folios_to_lru`, mm/vmscan.c.
  mutating func putBack(
    _ frame: FrameNumber, _ verdict: PageVerdict, _ scan: inout ReclaimScan
  ) {
    if verdict == .free { scan.reclaimed += 1 }
    if memory.frames[frame].referenceCount == 1 {
      memory.frames[frame].flags.subtract([.active, .unevictable])
    } else {
      if verdict == .activate, !memory.frames[frame].flags.contains(.unevictable) {
        memory.frames[frame].flags.insert(.active)
        counters.pgactivate += 1
      }
      lru.add(frame, in: &memory.frames)
    }
    put(frame)
  }

  // MARK: Pages on and off the lists

  /// The last owner of a page has let go: it is on no list any more.
  ///
  /// Linux: `__page_cache_release`, mm/swap.c.
  mutating func leaveLRU(_ frame: FrameNumber) {
    lru.remove(frame, in: &memory.frames)
    if memory.frames[frame].flags.contains(.unevictable) { gauges.nr_mlock -= 1 }
    memory.frames[frame].flags.subtract([.active, .unevictable])
  }

  /// A fresh page of a task or of a shared object goes on the list that its flags name.
  ///
  /// Linux: `folio_add_lru`, mm/swap.c.
  package mutating func joinLRU(_ frame: FrameNumber) {
    lru.add(frame, in: &memory.frames)
  }

  /// Pages that reclaim could free at best.
  ///
  /// Linux: `zone_reclaimable_pages`, mm/vmscan.c.
  var reclaimablePages: Int { lru.reclaimableCount(swapHasRoom: swap.freePages > 0) }
}
