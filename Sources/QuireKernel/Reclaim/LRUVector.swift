// The LRU lists of a node: which pages were used lately, and which go first.
//
// The lists run through `PageFrame.next` and `previous`. Pages come in at the head and are
// reclaimed from the tail. Invariant (AUDIT-10): a frame has the flag `lru` if and only if it is on
// exactly one list, and its other flags say which.

/// The five lists (LRU-1).
///
/// Linux: `enum lru_list`, include/linux/mmzone.h.
public enum LRUList: Int, CaseIterable, Sendable, BitwiseCopyable {
  case inactiveAnon, activeAnon, inactiveFile, activeFile, unevictable

  /// The list on which a page with these flags belongs.
  ///
  /// Linux: `folio_lru_list`, include/linux/mm_inline.h.
  @inlinable
  public init(for flags: PageFlags) {
    if flags.contains(.unevictable) {
      self = .unevictable
    } else if flags.contains(.swapBacked) {
      self = flags.contains(.active) ? .activeAnon : .inactiveAnon
    } else {
      self = flags.contains(.active) ? .activeFile : .inactiveFile
    }
  }

  /// The name as in /proc/meminfo.
  public var name: String {
    switch self {
    case .inactiveAnon: "Inactive(anon)"
    case .activeAnon: "Active(anon)"
    case .inactiveFile: "Inactive(file)"
    case .activeFile: "Active(file)"
    case .unevictable: "Unevictable"
    }
  }
}

/// The ends and the length of one list.
struct LRUEnds: BitwiseCopyable {
  /// Used most lately.
  var head = FrameNumber.none
  /// Reclaimed first.
  var tail = FrameNumber.none
  var count = 0
}

/// The LRU lists of one node, with what reclaim remembers between its passes.
///
/// Linux: `struct lruvec`, include/linux/mmzone.h.
public struct LRUVector: BitwiseCopyable {
  private var lists: [5 of LRUEnds] = .init(repeating: LRUEnds())
  /// What reclaim of anonymous and of file pages has cost lately (SCAN-4).
  var anonCost: UInt64 = 0
  var fileCost: UInt64 = 0

  public init() {}

  /// Number of pages on a list.
  public func count(_ list: LRUList) -> Int { lists[list.rawValue].count }

  func count(at list: Int) -> Int { lists[list].count }

  /// Pages on a list that lie below a frame.
  ///
  /// They are counted when somebody asks for less than all: only a machine with high memory does,
  /// and only when low memory is short.
  /// Linux: `lruvec_lru_size`, mm/vmscan.c.
  func count(at list: Int, below limit: FrameNumber, in frames: borrowing FrameTable) -> Int {
    if limit.rawValue == .max { return lists[list].count }
    var count = 0
    var frame = lists[list].head
    while !frame.isNone {
      if frame < limit { count += 1 }
      frame = frames[frame].next
    }
    return count
  }

  func tail(_ list: LRUList) -> FrameNumber { lists[list.rawValue].tail }
  func head(_ list: LRUList) -> FrameNumber { lists[list.rawValue].head }

  /// Puts a page at the head of the list that its flags name.
  ///
  /// Linux: `lruvec_add_folio`, include/linux/mm_inline.h.
  mutating func add(_ frame: FrameNumber, in frames: inout FrameTable) {
    let list = begin(frame, in: &frames)
    let old = lists[list].head
    frames[frame].next = old
    frames[frame].previous = .none
    if old.isNone { lists[list].tail = frame } else { frames[old].previous = frame }
    lists[list].head = frame
    lists[list].count += 1
  }

  /// Puts pages side by side, whose flags name the same list, at its head one after another.
  mutating func add(_ run: FrameRange, in frames: inout FrameTable) {
    let list = LRUList(for: frames[run.first].flags).rawValue
    var below = lists[list].head
    if below.isNone { lists[list].tail = run.first } else { frames[below].previous = run.first }
    for place in 0..<run.count {
      let frame = run.first + place
      frames[frame].flags.insert(.lru)
      frames[frame].next = below
      frames[frame].previous = frame + 1
      below = frame
    }
    frames[below].previous = .none
    lists[list].head = below
    lists[list].count += run.count
  }

  /// Puts a page at the tail: it is the next to go.
  ///
  /// Linux: `lruvec_add_folio_tail`, include/linux/mm_inline.h.
  mutating func addToTail(_ frame: FrameNumber, in frames: inout FrameTable) {
    let list = begin(frame, in: &frames)
    let old = lists[list].tail
    frames[frame].previous = old
    frames[frame].next = .none
    if old.isNone { lists[list].head = frame } else { frames[old].next = frame }
    lists[list].tail = frame
    lists[list].count += 1
  }

  @inline(__always)
  private func begin(_ frame: FrameNumber, in frames: inout FrameTable) -> Int {
    precondition(!frames[frame].flags.contains(.lru), "LRU: frame \(frame.rawValue) is on a list")
    frames[frame].flags.insert(.lru)
    return LRUList(for: frames[frame].flags).rawValue
  }

  /// Takes a page off its list.
  ///
  /// Linux: `lruvec_del_folio`, include/linux/mm_inline.h.
  mutating func remove(_ frame: FrameNumber, in frames: inout FrameTable) {
    let page = frames[frame]
    precondition(page.flags.contains(.lru), "LRU: frame \(frame.rawValue) is on no list")
    let list = LRUList(for: page.flags).rawValue
    if page.previous.isNone {
      lists[list].head = page.next
    } else {
      frames[page.previous].next = page.next
    }
    if page.next.isNone {
      lists[list].tail = page.previous
    } else {
      frames[page.next].previous = page.previous
    }
    lists[list].count -= 1
    frames[frame].flags.remove(.lru)
    frames[frame].next = .none
    frames[frame].previous = .none
  }

  /// Takes pages side by side off their lists.
  ///
  /// Those that came together stand together, the later before the earlier: they go as one piece.
  mutating func remove(_ run: FrameRange, in frames: inout FrameTable) {
    var place = 0
    while place < run.count {
      let first = run.first + place
      var last = first
      place += 1
      while place < run.count, frames[last].previous == last + 1 {
        last = last + 1
        place += 1
      }
      removePiece(from: first, to: last, in: &frames)
    }
  }

  /// Takes a piece of one list off it, from its end `first` up to `last`.
  private mutating func removePiece(
    from first: FrameNumber, to last: FrameNumber, in frames: inout FrameTable
  ) {
    let list = LRUList(for: frames[first].flags).rawValue
    let (before, after) = (frames[last].previous, frames[first].next)
    if before.isNone { lists[list].head = after } else { frames[before].next = after }
    if after.isNone { lists[list].tail = before } else { frames[after].previous = before }
    lists[list].count -= last.index - first.index + 1
    var frame = first
    while frame <= last {
      frames[frame].flags.remove(.lru)
      frames[frame].next = .none
      frames[frame].previous = .none
      frame = frame + 1
    }
  }

  /// Pages that reclaim could free: file pages, and anonymous ones while swap has room.
  ///
  /// Linux: `zone_reclaimable_pages`, mm/vmscan.c.
  func reclaimableCount(swapHasRoom: Bool) -> Int {
    let file = count(.inactiveFile) + count(.activeFile)
    return swapHasRoom ? file + count(.inactiveAnon) + count(.activeAnon) : file
  }

  /// The inactive list is too short for its active one (LRU-4).
  ///
  /// Linux: `inactive_is_low`, mm/vmscan.c.
  func isInactiveLow(anon: Bool) -> Bool {
    let inactive = count(anon ? .inactiveAnon : .inactiveFile)
    let active = count(anon ? .activeAnon : .activeFile)
    let gibibytes = (inactive + active) >> (30 - Int(Page.shift))
    let ratio = gibibytes == 0 ? 1 : Self.squareRoot(10 * gibibytes)
    return inactive * ratio < active
  }

  /// Notes what a batch has cost: pages written count for a batch each, pages kept for one
  /// (SCAN-4).
  ///
  /// Linux: `lru_note_cost`, mm/swap.c.
  mutating func noteCost(anon: Bool, written: Int, kept: Int) {
    let cost = UInt64(written * ReclaimScan.batch + kept)
    if anon { anonCost += cost } else { fileCost += cost }
    var size = 0
    for list in 0..<ScanCounts.lists { size += lists[list].count }
    if anonCost + fileCost > UInt64(size / 4) {
      anonCost /= 2
      fileCost /= 2
    }
  }

  /// Largest integer whose square is at most `value`, for the few values that occur here.
  private static func squareRoot(_ value: Int) -> Int {
    var root = 0
    while (root + 1) * (root + 1) <= value { root += 1 }
    return root
  }
}
