// Swap-out and the life of swap slots: pages get a slot, are written, and give the slot up.

internal import KernelStorage

extension Kernel {
  // MARK: Users of slots

  /// One more page-table entry (or place of a shared object) names the slot, as after fork.
  ///
  /// Linux: `swap_duplicate`, mm/swapfile.c.
  package mutating func swapDuplicate(_ entry: SwapEntry) {
    precondition(!swap[entry].isFree, "swapDuplicate: slot \(entry.slot) is free")
    swap.addUser(entry)
  }

  /// An entry that named the slot is gone, as after munmap; with the last one goes the data, and
  /// the cached page too unless it is mapped or on its way to the disk (SWAP-11).
  ///
  /// Linux: `free_swap_and_cache`, mm/swapfile.c.
  package mutating func swapFree(_ entry: SwapEntry) {
    dropSwapUser(entry)
    let slot = swap[entry]
    if slot.users > 0 || slot.cached.isNone { return }
    if memory.frames[slot.cached].mapCount == 0 { freeSwap(of: slot.cached) }
  }

  /// Linux: `swap_free`, mm/swapfile.c.
  mutating func dropSwapUser(_ entry: SwapEntry) {
    swap.dropUser(entry)
    let slot = swap[entry]
    if slot.users > 0 || !slot.cached.isNone { return }
    memory.store.release(slot.data)
    swap[entry].data = .zero
    swap.releaseIfUnused(entry)
  }

  // MARK: The swap cache

  /// Gives an anonymous page a slot; it is to be written there.
  ///
  /// - Returns: false when swap is full.
  /// Linux: `add_to_swap`, mm/swap_state.c.
  mutating func addToSwap(_ frame: FrameNumber) -> Bool {
    guard let entry = allocateSlot() else { return false }
    addToSwapCache(frame, entry)
    memory.frames[frame].flags.insert(.dirty)
    return true
  }

  /// A free slot; when there is none, one that only a clean copy in memory keeps from being free.
  ///
  /// Linux: `folio_alloc_swap` and `swap_reclaim_full_clusters`, mm/swap_slots.c and mm/swapfile.c.
  mutating func allocateSlot() -> SwapEntry? {
    if let entry = swap.allocate() { return entry }
    if swap.cacheOnlySlots == 0 { return nil }
    for place in 0..<swap.count {
      let number = swap.number(at: place)
      var slot = swap.areas[number].slotToVisit(from: 1)
      while slot < swap.areas[number].limit {
        let row = swap.areas[number].slots[slot]
        if row.users == 0, !row.cached.isNone, freeSwap(of: row.cached) { return swap.allocate() }
        slot = swap.areas[number].slotToVisit(from: slot + 1)
      }
    }
    return nil
  }

  mutating func addToSwapCache(_ frame: FrameNumber, _ entry: SwapEntry) {
    swap.addToCache(frame, entry)
    memory.frames[frame].flags.formUnion([.swapCache, .swapBacked])
    memory.get(frame)
    gauges.nr_swapcached += 1
    gauges.nr_file_pages += 1
  }

  /// Parts a page and its slot; the cache's reference is the caller's now.
  ///
  /// Linux: `__delete_from_swap_cache`, mm/swap_state.c.
  mutating func removeFromSwapCache(_ frame: FrameNumber) {
    swap.removeFromCache(frame)
    memory.frames[frame].flags.remove(.swapCache)
    gauges.nr_swapcached -= 1
    gauges.nr_file_pages -= 1
  }

  /// Gives the slot of a cached page up, if nobody else uses it and the disk is done with it; the
  /// page is then the only copy.
  ///
  /// Linux: `folio_free_swap`, mm/swapfile.c.
  @discardableResult
  mutating func freeSwap(of frame: FrameNumber) -> Bool {
    let row = swap.cache[frame.index]
    if row.flags.contains(.writeback) || swap[row.entry].users > 0 { return false }
    if memory.frames[frame].flags.contains(.locked) { return false }
    removeFromSwapCache(frame)
    memory.frames[frame].flags.insert(.dirty)
    put(frame)
    return true
  }

  // MARK: Writing

  /// Starts to write a page of the swap cache to its slot.
  ///
  /// A page of zeros is noted in the slot and needs no write. Otherwise the page is under
  /// write-back until the disk is done; the data stays in the page as long as it is cached.
  /// Linux: `swap_writepage`, mm/page_io.c.
  mutating func writeToSwap(_ frame: FrameNumber) {
    memory.frames[frame].flags.remove(.dirty)
    let entry = swap.cache[frame.index].entry
    if memory.isZeroFilled(frame) {
      swap[entry].isZeroFilled = true
      counters.swpout_zero += 1
      return
    }
    swap[entry].isZeroFilled = false
    swap.cache[frame.index].flags.insert(.writeback)
    swap.cache[frame.index].transferEnd = swap.areas[Int(entry.area)].device.submit(
      frame, isWrite: true, now: now, TransferCosts(costs))
    gauges.nr_writeback += 1
    counters.pswpout += 1
    // /proc/vmstat counts transfers in KiB.
    counters.pgpgout += Page.size >> 10
    emit(.swapOut, 0, UInt64(frame.rawValue), UInt64(entry.slot))
  }

  /// Ends the transfers that the disks have finished by now.
  ///
  /// Linux: `end_swap_bio_read` and `end_swap_bio_write`, mm/page_io.c.
  package mutating func finishTransfers() {
    for number in 0..<swap.areas.limit where swap.areas.isOccupied(number) {
      while let transfer = swap.areas[number].device.nextTransfer, transfer.end <= now {
        swap.areas[number].device.dropFirst()
        if transfer.isWrite {
          endWriteback(of: transfer.frame)
        } else {
          memory.frames[transfer.frame].flags.remove(.locked)
        }
      }
    }
  }

  /// What was being reclaimed goes to the tail of its list, to be freed next.
  ///
  /// Linux: `folio_end_writeback` and `folio_rotate_reclaimable`, mm/filemap.c and mm/swap.c.
  private mutating func endWriteback(of frame: FrameNumber) {
    let wasReclaimed = swap.cache[frame.index].flags.contains(.reclaim)
    swap.cache[frame.index].flags.subtract([.writeback, .reclaim])
    gauges.nr_writeback -= 1
    let page = memory.frames[frame]
    guard wasReclaimed, page.flags.contains(.lru), !page.flags.contains(.dirty),
      !page.flags.contains(.unevictable)
    else { return }
    lru.remove(frame, in: &memory.frames)
    memory.frames[frame].flags.remove(.active)
    lru.addToTail(frame, in: &memory.frames)
    counters.pgrotated += 1
  }
}
