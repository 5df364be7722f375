// All swap areas: which come first, how much is left, and which page is cached for which slot.

internal import KernelStorage

/// What the swap cache knows of a frame. 16 bytes; one row for each frame of the machine.
///
/// Linux: `folio.swap` and `PG_writeback`, `PG_reclaim`, `PG_readahead`,
/// include/linux/page-flags.h.
struct SwapCacheRow: BitwiseCopyable {
  /// The slot the page is cached for (with `PageFlags.swapCache`).
  private var slot: UInt32 = 0
  private var area: UInt8 = 0
  var flags: Flags = []
  /// When the transfer is over that the page is locked or written back for.
  var transferEnd: Nanoseconds = 0

  init(_ entry: SwapEntry) {
    slot = entry.slot
    area = entry.area
  }

  var entry: SwapEntry { SwapEntry(area: area, slot: slot) }

  struct Flags: OptionSet, BitwiseCopyable {
    var rawValue: UInt8
    /// Being written to the disk.
    static let writeback = Flags(rawValue: 1 << 0)
    /// To be reclaimed first once the write is over.
    static let reclaim = Flags(rawValue: 1 << 1)
    /// Read ahead of need, and nobody has asked for it yet.
    static let readahead = Flags(rawValue: 1 << 2)
  }
}

/// The swap areas and the swap cache.
///
/// Linux: `swap_info`, `swap_active_head` and `swapper_spaces`, mm/swapfile.c and mm/swap_state.c.
package struct SwapAreas: ~Copyable {
  private let inPlace = InPlace()
  /// Active areas by their number.
  var areas = Slots<SwapArea>()
  /// Numbers of the active areas, highest priority first.
  private var order: [32 of UInt8] = .init(repeating: 0)
  private var orderCount = 0
  /// Row *frame*: its place in the swap cache; rows for all frames come with the first area.
  var cache = Table<SwapCacheRow>()
  /// Slots of all writable areas, and those of them that are free (SWAP-8).
  package internal(set) var totalPages = 0
  package internal(set) var freePages = 0
  /// Pages in the swap cache.
  package internal(set) var cachedPages = 0
  /// Slots that only a cached page keeps from being free.
  private(set) var cacheOnlySlots = 0
  /// What the read-ahead of shared objects remembers (SWAP-12).
  var clusterReadahead = SwapReadahead()

  init() {}

  /// Number of active areas.
  package var count: Int { orderCount }
  /// The number of the active area at a place of the order of priority.
  package func number(at place: Int) -> Int { Int(order[place]) }

  package func isActive(_ area: Int) -> Bool { areas.isOccupied(area) }

  /// Less than half of swap is free: cached copies are given up sooner.
  ///
  /// Linux: `vm_swap_full`, include/linux/swap.h.
  var isOverHalfFull: Bool { freePages * 2 < totalPages }

  // MARK: Areas

  /// The lowest number that no area has.
  var lowestUnusedNumber: Int {
    var number = 0
    while areas.isOccupied(number) { number += 1 }
    return number
  }

  /// Adds an area under the number `lowestUnusedNumber`.
  mutating func activate(_ area: consuming SwapArea) {
    let number = lowestUnusedNumber
    if number < areas.limit { areas.put(area, at: number) } else { areas.append(area) }
    enable(number)
  }

  /// Lets pages go to an area: behind those of its own priority and before those of less.
  ///
  /// Linux: `_enable_swap_info`, mm/swapfile.c.
  mutating func enable(_ number: Int) {
    areas[number].isWritable = true
    totalPages += areas[number].pages
    freePages += areas[number].free
    insert(number)
  }

  private mutating func insert(_ number: Int) {
    var place = orderCount
    while place > 0, areas[Int(order[place - 1])].priority < areas[number].priority {
      order[place] = order[place - 1]
      place -= 1
    }
    order[place] = UInt8(number)
    orderCount += 1
  }

  /// Keeps pages from going to an area: it is not counted as room any more.
  ///
  /// Automatic priorities below the area's move up by one (SWAP-13).
  mutating func disable(_ number: Int) {
    let priority = areas[number].priority
    remove(number)
    totalPages -= areas[number].pages
    freePages -= areas[number].free
    areas[number].isWritable = false
    guard priority < 0 else { return }
    for place in 0..<orderCount {
      let other = Int(order[place])
      if areas[other].priority < priority { areas[other].priority += 1 }
    }
  }

  private mutating func remove(_ number: Int) {
    var place = 0
    while Int(order[place]) != number { place += 1 }
    orderCount -= 1
    while place < orderCount {
      order[place] = order[place + 1]
      place += 1
    }
  }

  /// Forgets an empty area that has been disabled.
  mutating func deactivate(_ number: Int) {
    precondition(areas[number].inUse == 0, "SwapAreas: area \(number) still holds pages")
    areas.remove(number)
  }

  /// The priority of the next area without a wish: -2, -3, … (SWAP-5).
  ///
  /// Linux: `least_priority`, mm/swapfile.c.
  var nextAutomaticPriority: Int16 {
    var lowest: Int16 = -1
    for place in 0..<orderCount {
      lowest = min(lowest, areas[Int(order[place])].priority)
    }
    return lowest - 1
  }

  // MARK: Slots

  /// A free slot of the area whose turn it is: the highest priority that has room; equals take
  /// turns (SWAP-5).
  ///
  /// Linux: `get_swap_pages`, mm/swapfile.c.
  mutating func allocate() -> SwapEntry? {
    var place = 0
    while place < orderCount {
      let number = Int(order[place])
      if let slot = areas[number].allocate() {
        freePages -= 1
        rotate(from: place)
        return SwapEntry(area: UInt8(number), slot: UInt32(slot))
      }
      place += 1
    }
    return nil
  }

  /// Moves the area at `place` behind the others of its priority.
  private mutating func rotate(from place: Int) {
    var place = place
    let number = order[place]
    let priority = areas[Int(number)].priority
    while place + 1 < orderCount, areas[Int(order[place + 1])].priority == priority {
      order[place] = order[place + 1]
      place += 1
    }
    order[place] = number
  }

  subscript(entry: SwapEntry) -> SwapSlot {
    @inline(__always) get { areas[Int(entry.area)].slots[Int(entry.slot)] }
    @inline(__always) _modify { yield &areas[Int(entry.area)].slots[Int(entry.slot)] }
  }

  /// When all transfers that are on their way will be over; nil when none is.
  var lastTransferEnd: Nanoseconds? {
    var end: Nanoseconds?
    for number in 0..<areas.limit where areas.isOccupied(number) {
      if let last = areas[number].device.lastEnd { end = max(end ?? 0, last) }
    }
    return end
  }

  // MARK: Who holds a slot

  /// One more entry or place of an object names the slot.
  mutating func addUser(_ entry: SwapEntry) {
    if self[entry].users == 0, !self[entry].cached.isNone { cacheOnlySlots -= 1 }
    self[entry].users += 1
  }

  mutating func dropUser(_ entry: SwapEntry) {
    precondition(self[entry].users > 0, "SwapAreas: slot \(entry.slot) has no user")
    self[entry].users -= 1
    if self[entry].users == 0, !self[entry].cached.isNone { cacheOnlySlots += 1 }
  }

  /// A page is cached for the slot from now on.
  mutating func addToCache(_ frame: FrameNumber, _ entry: SwapEntry) {
    self[entry].cached = frame
    cache[frame.index] = SwapCacheRow(entry)
    cachedPages += 1
    if self[entry].users == 0 { cacheOnlySlots += 1 }
  }

  /// The page is not cached any more; the slot is free if nobody uses it.
  mutating func removeFromCache(_ frame: FrameNumber) {
    let entry = cache[frame.index].entry
    self[entry].cached = .none
    cache[frame.index] = SwapCacheRow(.none)
    cachedPages -= 1
    if self[entry].users == 0 { cacheOnlySlots -= 1 }
    releaseIfUnused(entry)
  }

  /// Frees the slot if nothing holds it any more.
  mutating func releaseIfUnused(_ entry: SwapEntry) {
    guard self[entry].isFree else { return }
    areas[Int(entry.area)].release(Int(entry.slot))
    if areas[Int(entry.area)].isWritable { freePages += 1 }
  }
}
