// How many pages swap-in reads ahead: as many as the last read-ahead turned out to be worth
// (SWAP-12).

/// What read-ahead remembers: one for each region, and one for all shared objects.
///
/// The address (or slot) of the last fault, the pages read then, and how many of them were asked
/// for.
/// Linux: `vm_area_struct.swap_readahead_info`, include/linux/mm_types.h; `swapin_readahead_hits`,
/// mm/swap_state.c.
package struct SwapReadahead: Hashable, Sendable, BitwiseCopyable {
  /// Page number of the last fault; 0 before the first.
  var lastPage: UInt64 = 0
  var window: UInt16 = 0
  /// Begins as if four pages had been worth it.
  var hits: UInt16 = 4

  package init() {}

  /// Linux: `SWAP_RA_HITS_MAX`, mm/swap_state.c.
  private static let mostHits: UInt16 = 63
  /// Linux: `SWAP_RA_ORDER_CEILING`, mm/swap_state.c.
  static let largestOrder = 5

  /// A page is read, with `window - 1` others.
  mutating func begin(at page: UInt64, window: UInt16) {
    lastPage = page
    self.window = window
    hits = 0
  }

  /// A fault found its page cached; `wasAhead` says that read-ahead had brought it.
  mutating func noteFault(at page: UInt64, wasAhead: Bool) {
    lastPage = page
    if wasAhead { noteHit() }
  }

  mutating func noteHit() { hits = min(hits + 1, Self.mostHits) }

  /// How many pages to read for a fault at `page`, itself included.
  ///
  /// Linux: `__swapin_nr_pages`, mm/swap_state.c.
  func nextWindow(at page: UInt64, most: UInt16) -> UInt16 {
    var pages = hits + 2
    if hits == 0 {
      let isNeighbour = page == lastPage &+ 1 || page &+ 1 == lastPage
      if !isNeighbour { pages = 1 }
    } else {
      var rounded: UInt16 = 4
      while rounded < pages { rounded *= 2 }
      pages = rounded
    }
    // It shrinks by half at most.
    return max(min(pages, most), window / 2)
  }
}
