// /proc/kpagecount and /proc/kpageflags: one word for each frame of the machine.

internal import KernelStorage

/// A bit of /proc/kpageflags; the numbers are the kernel's.
///
/// Linux: `KPF_LOCKED` and friends, include/uapi/linux/kernel-page-flags.h.
public enum KernelPageFlag: UInt64, CaseIterable, Sendable {
  case locked = 0
  case referenced = 2
  case uptodate = 3
  case dirty = 4
  case lru = 5
  case active = 6
  case slab = 7
  case writeback = 8
  case reclaim = 9
  case buddy = 10
  case mmap = 11
  case anonymous = 12
  case swapcache = 13
  case swapbacked = 14
  case compound_head = 15
  case compound_tail = 16
  case unevictable = 18
  case zero_page = 24
  case pgtable = 26
  case reserved = 32
  case mlocked = 33

  public var name: String { String(describing: self) }
  var bit: UInt64 { 1 << rawValue }

  /// The names of the bits of a word, in ascending order.
  public static func names(of word: UInt64) -> [String] {
    allCases.filter { word & $0.bit != 0 }.map(\.name)
  }
}

/// Frames one after the other that have the same word.
///
/// Linux: none (model only).
public struct FrameRun: Hashable, Sendable {
  public var first: FrameNumber
  public var count: Int
  public var word: UInt64
}

extension Kernel {
  /// The words of /proc/kpagecount, as runs: how many entries map a frame.
  ///
  /// Linux: `kpagecount_read`, fs/proc/page.c.
  public borrowing func pageCounts() -> [FrameRun] {
    var runs: [FrameRun] = []
    visitStretches { first, count, isUniform, _ in
      if isUniform { return Self.append(first, count, 0, to: &runs) }
      for index in first.index..<(first.index + count) {
        let frame = FrameNumber(index)
        Self.append(frame, 1, UInt64(memory.frames[frame].mapCount), to: &runs)
      }
    }
    return runs
  }

  /// The words of /proc/kpageflags, as runs.
  ///
  /// Linux: `kpageflags_read`, fs/proc/page.c.
  public borrowing func pageFlags() -> [FrameRun] {
    var runs: [FrameRun] = []
    visitStretches { first, count, isUniform, word in
      if isUniform { return Self.append(first, count, word, to: &runs) }
      let block = memory.frames[first]
      let isBlock = block.flags.contains(.head)
      if !isBlock { return Self.append(first, 1, pageFlagWord(ofHead: first), to: &runs) }
      let isCompound = isCompound(block)
      let word = pageFlagWord(ofHead: first)
      Self.append(
        first, 1, word | (isCompound ? KernelPageFlag.compound_head.bit : 0), to: &runs)
      Self.append(
        FrameNumber(first.index + 1), count - 1,
        isCompound ? word | KernelPageFlag.compound_tail.bit : 0, to: &runs)
    }
    return runs
  }

  /// The word of one frame in /proc/kpageflags.
  ///
  /// Linux: `stable_page_flags`, fs/proc/page.c.
  public borrowing func pageFlagWord(of frame: FrameNumber) -> UInt64 {
    if memory.isReserved(frame) { return reservedWord(of: frame) }
    if memory.isFree(frame) { return KernelPageFlag.buddy.bit }
    let head = memory.allocatedBlock(covering: frame) ?? frame
    if !memory.frames[head].flags.contains(.head) { return pageFlagWord(ofHead: frame) }
    guard isCompound(memory.frames[head]) else {
      return head == frame ? pageFlagWord(ofHead: head) : 0
    }
    let place: KernelPageFlag = head == frame ? .compound_head : .compound_tail
    return pageFlagWord(ofHead: head) | place.bit
  }

  // MARK: Stretches

  /// Visits all frames in ascending order: stretches that nobody uses at once, everything else by
  /// the blocks in which it was handed out.
  private borrowing func visitStretches(
    _ body: (_ first: FrameNumber, _ count: Int, _ isUniform: Bool, _ word: UInt64) -> Void
  ) {
    var frame = 0
    while frame < memory.frames.count {
      let (end, word) = uniformStretch(at: FrameNumber(frame))
      if end > frame {
        body(FrameNumber(frame), end - frame, true, word)
        frame = end
        continue
      }
      let record = memory.frames[FrameNumber(frame)]
      let count = record.flags.contains(.head) ? 1 << Int(record.order) : 1
      body(FrameNumber(frame), count, false, 0)
      frame += count
    }
  }

  /// Where the free or reserved stretch ends that begins at a frame, and its word; the frame itself
  /// when somebody uses it.
  private borrowing func uniformStretch(at frame: FrameNumber) -> (end: Int, word: UInt64) {
    for range in memory.reserved where range.frames.contains(frame) {
      let zero = virtual.zeroFrame
      if frame == zero { return (frame.index + 1, reservedWord(of: frame)) }
      let end = frame < zero ? min(range.frames.upperBound, zero) : range.frames.upperBound
      return (end.index, reservedWord(of: frame))
    }
    guard let kind = memory.zoneKind(of: frame) else { return (frame.index + 1, 0) }
    let free = KernelPageFlag.buddy.bit
    if frame == memory.zones[kind.index].untouchedStart, !memory.zones[kind.index].untouchedIsEmpty
    {
      return (memory.zones[kind.index].untouchedEnd.index, free)
    }
    let record = memory.frames[frame]
    if record.flags.contains(.buddy) { return (frame.index + 1 << Int(record.order), free) }
    return (frame.index, 0)
  }

  private static func append(
    _ first: FrameNumber, _ count: Int, _ word: UInt64, to runs: inout [FrameRun]
  ) {
    if let last = runs.last, last.word == word, last.first.index + last.count == first.index {
      runs[runs.count - 1].count += count
    } else {
      runs.append(FrameRun(first: first, count: count, word: word))
    }
  }

  // MARK: Words

  private borrowing func reservedWord(of frame: FrameNumber) -> UInt64 {
    KernelPageFlag.reserved.bit | (frame == virtual.zeroFrame ? KernelPageFlag.zero_page.bit : 0)
  }

  /// Whether the frames of a block know their head: slabs and large objects, not blocks by name.
  ///
  /// Linux: `__GFP_COMP`, include/linux/gfp_types.h.
  private borrowing func isCompound(_ head: PageFrame) -> Bool {
    head.flags.contains(.head) && (head.flags.contains(.slab) || head.use == .largeObject)
  }

  private borrowing func pageFlagWord(ofHead frame: FrameNumber) -> UInt64 {
    let record = memory.frames[frame]
    var word: UInt64 = 0
    for pair in Self.copiedFlags where record.flags.contains(pair.flag) { word |= pair.shown.bit }
    if record.mapCount > 0 { word |= KernelPageFlag.mmap.bit }
    // The top-level table is a page like any other to the kernel.
    if record.flags.contains(.table) && record.use != .topTable {
      word |= KernelPageFlag.pgtable.bit
    }
    if record.flags.contains(.unevictable) { word |= KernelPageFlag.mlocked.bit }
    let holdsData = record.flags.contains(.anonymous) || record.mapping != 0
    if holdsData && !record.flags.contains(.locked) { word |= KernelPageFlag.uptodate.bit }
    if record.flags.isSuperset(of: [.swapCache, .swapBacked]) {
      word |= KernelPageFlag.swapcache.bit
    }
    if isUnderWriteback(frame) { word |= KernelPageFlag.writeback.bit }
    if record.flags.contains(.swapCache), swap.cache[frame.index].flags.contains(.reclaim) {
      word |= KernelPageFlag.reclaim.bit
    }
    return word
  }

  private static let copiedFlags: [(flag: PageFlags, shown: KernelPageFlag)] = [
    (.locked, .locked), (.referenced, .referenced), (.dirty, .dirty), (.lru, .lru),
    (.active, .active), (.slab, .slab), (.anonymous, .anonymous), (.swapBacked, .swapbacked),
    (.unevictable, .unevictable),
  ]
}
