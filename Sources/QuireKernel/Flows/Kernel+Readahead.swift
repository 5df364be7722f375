// Read-ahead: how much of a file is read when a page of it is missing (CACHE-5, CACHE-6).

internal import KernelStorage

extension Kernel {
  /// Reads the missing pages of a range and says when the disk has brought them; stops early when
  /// memory is short.
  ///
  /// - Parameter ahead: pages at the end that are read before anybody asks; the first of them is
  ///   marked.
  /// Linux: `do_page_cache_ra` and `page_cache_ra_unbounded`, mm/readahead.c.
  @discardableResult
  private mutating func readPages(
    from start: UInt64, _ count: UInt64, ahead: UInt64, of object: MemoryObjectIndex,
    by task: TaskIndex
  ) -> Nanoseconds {
    let limit = virtual.objects[object].pageCount
    if start >= limit { return now }
    let end = start + min(count, limit - start)
    let mark = (end - start) &- ahead &+ start
    var transferred: UInt64 = 0
    var page = start
    while page < end {
      if virtual.objects.slot(page, of: object).isNone {
        do {
          if try readPage(page, of: object, .readahead, by: task) { transferred += 1 }
        } catch { break }
        if page == mark { setReadaheadMark(page, of: object, true) }
      }
      page += 1
    }
    if transferred == 0 { return now }
    counters.pgpgin += transferred * Page.size >> 10
    return virtual.objects.disk.transfer(transferred, now: now, costs)
  }

  /// Linux: `folio_set_readahead`, include/linux/page-flags.h.
  mutating func setReadaheadMark(
    _ page: UInt64, of object: MemoryObjectIndex, _ isMark: Bool
  ) {
    var slot = virtual.objects.slot(page, of: object)
    slot.isReadaheadMark = isMark
    virtual.objects.setSlot(page, of: object, to: slot)
  }

  // MARK: Faults

  /// Reads around a page that a fault did not find.
  ///
  /// - Parameter end: the page after the last that the region maps.
  /// Linux: `do_sync_mmap_readahead`, mm/filemap.c.
  mutating func readAround(
    _ page: UInt64, to end: UInt64, of object: MemoryObjectIndex, _ flags: VMAFlags,
    by task: TaskIndex
  ) -> Nanoseconds {
    if flags.contains(.randomRead) { return now }
    if flags.contains(.sequentialRead) {
      let window = virtual.objects[object].readahead.window
      return readMissing(page, window, of: object, by: task)
    }
    var state = virtual.objects[object].readahead
    state.misses = min(state.misses + 1, ReadaheadState.manyMisses * 10)
    virtual.objects[object].readahead.misses = state.misses
    if state.misses > ReadaheadState.manyMisses { return now }
    if flags.contains(.execute) && rules.contains(.codeIsReadAhead) {
      state.start = page
      state.size = min(state.window, end - page)
      state.aheadSize = 0
    } else {
      state.start = page - min(page, state.window / 2)
      state.size = state.window
      state.aheadSize = state.window / 4
    }
    virtual.objects[object].readahead = state
    return readWindow(of: object, by: task)
  }

  /// A fault or a read found a page: if it is the marked one, more is read (CACHE-5).
  ///
  /// Linux: `do_async_mmap_readahead`, mm/filemap.c.
  mutating func noteHit(
    _ page: UInt64, of object: MemoryObjectIndex, _ flags: VMAFlags, by task: TaskIndex
  ) {
    if flags.contains(.randomRead) { return }
    if virtual.objects[object].readahead.misses > 0 {
      virtual.objects[object].readahead.misses -= 1
    }
    passMark(page, virtual.objects[object].readahead.window, of: object, by: task)
  }

  /// Pages that a fault mapped around its own: hits, as many as there are.
  ///
  /// Linux: `filemap_map_pages`, mm/filemap.c.
  mutating func noteHits(_ count: UInt64, of object: MemoryObjectIndex) {
    let misses = virtual.objects[object].readahead.misses
    virtual.objects[object].readahead.misses = misses - min(misses, count)
  }

  // MARK: Reads

  /// Reads for someone who wants `count` pages from a missing one on.
  ///
  /// Linux: `page_cache_sync_ra`, mm/readahead.c.
  mutating func readMissing(
    _ page: UInt64, _ count: UInt64, of object: MemoryObjectIndex, by task: TaskIndex
  ) -> Nanoseconds {
    var state = virtual.objects[object].readahead
    if state.isRandom {
      return readPages(
        from: page, min(count, Self.largestRequest), ahead: 0, of: object, by: task)
    }
    let most = Self.largestWindow(for: count, state)
    let isNext = page &- (state.previous >> Page.shift) <= 1
    if page == 0 || count > most || isNext {
      state.start = page
      state.size = Self.firstWindow(count, most)
      state.aheadSize = state.size > count ? state.size - count : state.size / 2
      virtual.objects[object].readahead = state
      return readWindow(of: object, by: task)
    }
    var before = cachedRun(before: page, atMost: most, of: object)
    if before <= count {
      return readPages(from: page, count, ahead: 0, of: object, by: task)
    }
    // Everything from the first page on is there: a long run it will be.
    if before == page { before *= 2 }
    state.start = page
    state.size = min(before + count, most)
    state.aheadSize = 1
    virtual.objects[object].readahead = state
    return readWindow(of: object, by: task)
  }

  /// Somebody who wants `count` pages has come to a page: if it is marked, the next window is read.
  ///
  /// Linux: `page_cache_async_ra`, mm/readahead.c.
  mutating func passMark(
    _ page: UInt64, _ count: UInt64, of object: MemoryObjectIndex, by task: TaskIndex
  ) {
    guard virtual.objects.slot(page, of: object).isReadaheadMark else { return }
    setReadaheadMark(page, of: object, false)
    var state = virtual.objects[object].readahead
    let most = Self.largestWindow(for: count, state)
    if page == state.start + state.size - state.aheadSize {
      state.start += state.size
      state.size = Self.nextWindow(state.size, most)
    } else {
      var end = page + 1
      while !virtual.objects.slot(end, of: object).frame.isNone {
        end += 1
        if end - page > most { return }
      }
      state.start = end
      state.size = Self.nextWindow(end - page + count, most)
    }
    state.aheadSize = state.size
    virtual.objects[object].readahead = state
    readWindow(of: object, by: task)
  }

  @discardableResult
  private mutating func readWindow(of object: MemoryObjectIndex, by task: TaskIndex) -> Nanoseconds
  {
    let state = virtual.objects[object].readahead
    return readPages(
      from: state.start, state.size, ahead: state.aheadSize, of: object, by: task)
  }

  /// Cached pages right before a page.
  ///
  /// Linux: `page_cache_prev_miss`, mm/filemap.c.
  private func cachedRun(
    before page: UInt64, atMost most: UInt64, of object: MemoryObjectIndex
  ) -> UInt64 {
    var count: UInt64 = 0
    while count < min(most, page), !virtual.objects.slot(page - count - 1, of: object).frame.isNone
    {
      count += 1
    }
    return count
  }

  /// Linux: `get_init_ra_size`, mm/readahead.c.
  private static func firstWindow(_ count: UInt64, _ most: UInt64) -> UInt64 {
    var size: UInt64 = 1
    while size < count, size < most { size *= 2 }
    if size <= most / 32 { return size * 4 }
    return size <= most / 4 ? size * 2 : most
  }

  /// A window that a large read has made larger than windows are stays so.
  ///
  /// Linux: `get_next_ra_size`, mm/readahead.c.
  private static func nextWindow(_ size: UInt64, _ most: UInt64) -> UInt64 {
    if size < most / 16 { return size * 4 }
    return size <= most / 2 ? size * 2 : max(size, most)
  }

  /// Who wants more than a window gets it at once, as far as the disk takes it in one request.
  ///
  /// Linux: `ractl_max_pages`, mm/readahead.c.
  private static func largestWindow(for count: UInt64, _ state: ReadaheadState) -> UInt64 {
    max(state.window, min(count, largestRequest))
  }

  // MARK: On request

  /// Reads what is missing of a range, as long as it is not longer than the disk likes
  /// (MADV_WILLNEED, POSIX_FADV_WILLNEED); memory without a disk has all it will ever have.
  ///
  /// Linux: `force_page_cache_ra`, mm/readahead.c.
  mutating func readAhead(
    _ pages: Range<UInt64>, of object: MemoryObjectIndex, by task: TaskIndex
  ) {
    guard virtual.objects[object].flags.contains(.onDisk) else { return }
    readPages(
      from: pages.lowerBound, min(pages.upperBound - pages.lowerBound, Self.largestRequest),
      ahead: 0, of: object,
      by: task)
  }

  /// Pages that a disk takes in one request: 1280 KiB.
  ///
  /// Linux: `BLK_DEF_MAX_SECTORS_CAP`, block/blk-settings.c.
  private static var largestRequest: UInt64 { 320 }
}

extension GFPFlags {
  /// Pages that nobody waits for: memory is not fought for.
  ///
  /// Linux: `readahead_gfp_mask`, include/linux/pagemap.h.
  static let readahead: GFPFlags = [.highUserMovable, .noRetry, .noWarn]
}
