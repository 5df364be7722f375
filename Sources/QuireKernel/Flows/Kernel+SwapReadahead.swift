// Reading from swap, and what to read along with the page that is asked for (SWAP-12).

internal import KernelStorage

extension Kernel {
  // MARK: One page

  /// Starts to read the page of a slot into a fresh frame of the swap cache.
  ///
  /// The frame is locked until the disk is done. A page that was all zeros is there at once.
  /// - Returns: none when the slot was freed, or filled by another, while a frame was looked for.
  /// - Throws: ENOMEM.
  /// Linux: `__read_swap_cache_async` and `swap_read_folio`, mm/swap_state.c and mm/page_io.c.
  @discardableResult
  mutating func readFromSwap(_ entry: SwapEntry, for task: TaskIndex) throws(Errno) -> FrameNumber {
    let frame = try allocatePages(.highUserMovable, order: 0, for: task)
    if swap[entry].users == 0 || !swap[entry].cached.isNone {
      put(frame)
      return .none
    }
    addToSwapCache(frame, entry)
    memory.giveData(swap[entry].data, to: frame)
    swap[entry].data = .zero
    startRead(entry, into: frame)
    joinLRU(frame)
    // The cache is the owner; whoever maps the page gets a reference of its own.
    put(frame)
    return frame
  }

  private mutating func startRead(_ entry: SwapEntry, into frame: FrameNumber) {
    if swap[entry].isZeroFilled {
      counters.swpin_zero += 1
      return
    }
    memory.frames[frame].flags.insert(.locked)
    swap.cache[frame.index].transferEnd = swap.areas[Int(entry.area)].device.submit(
      frame, isWrite: false, now: now, TransferCosts(costs))
    counters.pswpin += 1
    counters.pgpgin += Page.size >> 10
  }

  /// Reads a page that nobody has asked for yet, if it is only in its slot and a frame can be had.
  mutating func readAhead(_ entry: SwapEntry, for task: TaskIndex) {
    let slot = swap[entry]
    if !swap.isActive(Int(entry.area)) || slot.users == 0 || !slot.cached.isNone { return }
    guard let frame = try? readFromSwap(entry, for: task), !frame.isNone else { return }
    swap.cache[frame.index].flags.insert(.readahead)
    counters.swap_ra += 1
  }

  // MARK: Around an address

  /// Reads the page of a fault and those near it in the region.
  ///
  /// - Returns: the frame of the page that was asked for.
  /// Linux: `swap_vma_readahead`, mm/swap_state.c.
  mutating func readAround(
    _ fault: Fault, _ entry: SwapEntry, table: FrameNumber, index: Int
  ) throws(Errno) -> FrameNumber {
    let window = readaheadWindow(fault, index: index)
    // Noted before the first frame is taken: making room may end the process that is looked at.
    var near: [32 of PageTableEntry] = .init(repeating: .none)
    for place in window {
      near[place - window.lowerBound] = memory.entry(table: table, index: place)
    }
    beginRequests()
    for place in window {
      let other = near[place - window.lowerBound]
      if place == index {
        try readFromSwap(entry, for: fault.task)
      } else if other.isSwap {
        readAhead(other.swap, for: fault.task)
      }
    }
    closeRequests()
    return try cachedOrRead(entry, for: fault.task)
  }

  /// Begins a request of several pages.
  ///
  /// Linux: `blk_start_plug`, block/blk-core.c.
  private mutating func beginRequests() {
    for number in 0..<swap.areas.limit where swap.areas.isOccupied(number) {
      swap.areas[number].device.beginRequest()
    }
  }

  /// Ends a request of several pages: the disk reports them done together.
  ///
  /// Linux: `blk_finish_plug`, block/blk-core.c.
  private mutating func closeRequests() {
    for number in 0..<swap.areas.limit where swap.areas.isOccupied(number) {
      let count = swap.areas[number].device.openCount
      guard count > 0, let end = swap.areas[number].device.lastEnd else { continue }
      for place in 0..<count {
        let frame = swap.areas[number].device.openFrame(place)
        swap.cache[frame.index].transferEnd = end
      }
      swap.areas[number].device.close()
    }
  }

  /// The page of a slot that was read; making room for others may have cost it again.
  private mutating func cachedOrRead(
    _ entry: SwapEntry, for task: TaskIndex
  ) throws(Errno) -> FrameNumber {
    let frame = swap[entry].cached
    return frame.isNone ? try readFromSwap(entry, for: task) : frame
  }

  /// The entries of the page's own table to look at, never beyond the region.
  ///
  /// Linux: `swap_vma_ra_win`, mm/swap_state.c.
  private mutating func readaheadWindow(_ fault: Fault, index: Int) -> Range<Int> {
    let most = UInt16(1) << UInt16(min(tunables.pageCluster, SwapReadahead.largestOrder))
    if most == 1 { return index..<index + 1 }
    let page = fault.address >> Page.shift
    let state = virtual.regions.readahead[fault.region.index]
    let window = Int(state.nextWindow(at: page, most: most))
    virtual.regions.readahead[fault.region.index].begin(at: page, window: UInt16(window))
    if window == 1 { return index..<index + 1 }
    let before =
      page == state.lastPage &+ 1 ? 0 : page &+ 1 == state.lastPage ? window - 1 : (window - 1) / 2
    let area = virtual.regions[fault.region]
    let first = max(index - before, 0, index - Int((fault.address - area.start) >> Page.shift))
    let end = min(
      index - before + window, geometry.leafEntries,
      index + Int((area.end - fault.address) >> Page.shift))
    return first..<end
  }

  /// A fault found its page in the swap cache: what was read ahead of need was worth it.
  ///
  /// Linux: `swap_cache_get_folio`, mm/swap_state.c.
  mutating func noteReadaheadHit(
    _ frame: FrameNumber, in region: VMAIndex, at address: VirtualAddress
  ) {
    let wasAhead = takeReadaheadMark(frame)
    virtual.regions.readahead[region.index].noteFault(
      at: address >> Page.shift, wasAhead: wasAhead)
  }

  private mutating func takeReadaheadMark(_ frame: FrameNumber) -> Bool {
    guard swap.cache[frame.index].flags.contains(.readahead) else { return false }
    swap.cache[frame.index].flags.remove(.readahead)
    counters.swap_ra_hit += 1
    return true
  }

  // MARK: Around a slot

  /// Reads the page of a slot and those in the slots near it.
  ///
  /// Linux: `swap_cluster_readahead`, mm/swap_state.c.
  mutating func readCluster(_ entry: SwapEntry, for task: TaskIndex) throws(Errno) -> FrameNumber {
    let slot = UInt64(entry.slot)
    let window = UInt64(clusterWindow(at: slot))
    // The window is a power of two; slot 0 holds the header.
    let first = max(slot & ~(window - 1), 1)
    let end = min(slot | (window - 1), UInt64(swap.areas[Int(entry.area)].limit) - 1)
    beginRequests()
    for near in first...end {
      if near == slot {
        try readFromSwap(entry, for: task)
      } else {
        readAhead(SwapEntry(area: entry.area, slot: UInt32(near)), for: task)
      }
    }
    closeRequests()
    return try cachedOrRead(entry, for: task)
  }

  /// Linux: `swapin_nr_pages`, mm/swap_state.c.
  private mutating func clusterWindow(at slot: UInt64) -> UInt16 {
    let most = UInt16(1) << UInt16(tunables.pageCluster)
    if most == 1 { return 1 }
    let state = swap.clusterReadahead
    let window = state.nextWindow(at: slot, most: most)
    swap.clusterReadahead.begin(at: state.hits == 0 ? slot : state.lastPage, window: window)
    return window
  }

  mutating func noteClusterHit(_ frame: FrameNumber) {
    if takeReadaheadMark(frame) { swap.clusterReadahead.noteHit() }
  }
}
