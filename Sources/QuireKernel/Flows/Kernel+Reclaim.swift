// Direct reclaim: what a task that needs a page does to get one back from others.

extension Kernel {
  /// Tries to free pages for a request and says how many were freed.
  ///
  /// No page is on an LRU list yet, so there is nothing that could be reclaimed.
  /// Linux: `__alloc_pages_direct_reclaim`, mm/page_alloc.c.
  mutating func directReclaim(gfp: GFPFlags, order: Int, for task: TaskIndex) -> Int { 0 }

  /// Pages that reclaim could free at best.
  ///
  /// Linux: `zone_reclaimable_pages`, mm/vmscan.c.
  var reclaimablePages: Int { 0 }
}
